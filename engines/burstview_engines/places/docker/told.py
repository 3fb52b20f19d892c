"""The daemon's JSON of a container and of an image, as far as it is read here."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from burstview_engines.core.prepared import prepare
from burstview_engines.places.docker.create import CDI_GPU, Raw


class Health(msgspec.Struct, frozen=True, rename="pascal"):
    """Of the image's own check."""

    status: str = ""


class State(msgspec.Struct, frozen=True, rename="pascal"):
    """How it is."""

    status: str = ""
    running: bool = False
    paused: bool = False
    restarting: bool = False
    oom_killed: bool = msgspec.field(name="OOMKilled", default=False)
    exit_code: int = 0
    error: str = ""
    started_at: str = ""
    finished_at: str = ""
    health: Health | None = None


class Config(msgspec.Struct, frozen=True, rename="pascal"):
    """Of a container or an image."""

    image: str = ""
    hostname: str = ""
    env: list[str] | None = None
    cmd: list[str] | None = None
    entrypoint: list[str] | str | None = None
    labels: dict[str, str] | None = None
    stop_timeout: int | None = None

    @property
    def entry_words(self) -> tuple[str, ...]:
        """Podman gives one text."""
        words = self.entrypoint or ()
        return (words,) if isinstance(words, str) else tuple(words)


class Binding(msgspec.Struct, frozen=True):
    """Where one port is published."""

    ip: str = msgspec.field(name="HostIp", default="")
    port: str = msgspec.field(name="HostPort", default="")


Bindings = dict[str, list[Binding] | None]
"""By container port, such as `8000/tcp`."""


class DeviceRequest(msgspec.Struct, frozen=True, rename="pascal"):
    """One of a container's wishes for devices."""

    driver: str = ""
    count: int = 0
    ids: list[str] | None = msgspec.field(name="DeviceIDs", default=None)
    capabilities: list[list[str]] | None = None

    @property
    def is_gpu(self) -> bool:
        """By `--gpus`, or by CDI."""
        is_cdi = self.driver == "cdi" and all(one.startswith(CDI_GPU) for one in self.ids or ())
        return is_cdi or any("gpu" in words for words in self.capabilities or ())


class LogConfig(msgspec.Struct, frozen=True, rename="pascal"):
    """Where its log goes."""

    type: str = ""
    config: dict[str, str] | None = None


class Restart(msgspec.Struct, frozen=True, rename="pascal"):
    """When the daemon starts it again by itself."""

    name: str = ""
    maximum_retry_count: int = 0


class HostConfig(msgspec.Struct, frozen=True, rename="pascal"):
    """What of the host a container was given."""

    port_bindings: Bindings | None = None
    device_requests: list[DeviceRequest] | None = None
    runtime: str | None = None
    ipc_mode: str = ""
    shm_size: int | None = None
    network_mode: str = ""
    cap_drop: list[str] | None = None
    cap_add: list[str] | None = None
    security_opt: list[str] | None = None
    pids_limit: int | None = None
    init: bool | None = None
    log_config: LogConfig = LogConfig()
    restart_policy: Restart = Restart()
    auto_remove: bool = False


class Mounted(msgspec.Struct, frozen=True, rename="pascal"):
    """A mount as it came to be; anonymous volumes have names here."""

    type: str = ""
    name: str = ""
    source: str = ""
    destination: str = ""
    is_writable: bool = msgspec.field(name="RW", default=True)


class Networks(msgspec.Struct, frozen=True, rename="pascal"):
    """What is published now."""

    ports: Bindings | None = None


class Told(msgspec.Struct, frozen=True, rename="pascal"):
    """`docker inspect`, as far as it is read here; Podman sends null for empty lists."""

    id: str
    name: str
    image: str = ""
    restart_count: int = 0
    state: State = State()
    config: Config = Config()
    host_config: HostConfig = HostConfig()
    mounts: list[Mounted] | None = None
    network_settings: Networks = Networks()


class ImageTold(msgspec.Struct, frozen=True, rename="pascal"):
    """`docker image inspect`."""

    id: str
    size: int | None = None
    config: Raw | None = None


prepare(Told, ImageTold)


@dataclass(frozen=True, slots=True)
class Image:
    """An image that the daemon has."""

    id: str
    size_bytes: int | None
    """Unpacked."""
    config: Config
    raw_config: Raw
