"""What a person chose to start; and what is handed to Docker or to the system for it."""

from __future__ import annotations

from typing import Literal

import msgspec

from burstview_engines.core.backend import Engine
from burstview_engines.core.managed import ManagedPlace
from burstview_engines.core.prepared import prepare

ALL_GPUS = ("all",)
NO_GPU: tuple[str, ...] = ()

GpuWay = Literal["device-request", "cdi", "none"]
"""How a container gets GPUs: `--gpus` (NVIDIA's hook), a CDI device, or not at all."""


class LaunchSpec(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One engine to be started. None: as the profile has it, or found out at the start."""

    engine: Engine
    place: ManagedPlace = "container"
    name: str | None = None
    """Of the container or process; None: `burstview-USER-ENGINE`, with a number if taken."""
    image: str | None = None
    model: str | None = None
    """In the engine's own words: a Hugging Face id or path for vLLM, a tag for Ollama."""
    options: dict[str, str] = {}
    """By option name; checked by `Option.check`."""
    arguments: tuple[str, ...] = ()
    """More arguments, as they are."""
    environment: dict[str, str] = {}
    """More variables; never a token or key: those have ways of their own."""
    gpus: tuple[str, ...] = ALL_GPUS
    """`("all",)`, indices or UUIDs, or none."""
    port: int | None = None
    """On this machine; None: the engine's usual one, or a free one."""
    lan: bool = False
    """Published on all addresses instead of loopback."""
    offline: bool = False
    """The engine may not reach the network: its weights are here."""
    token_file: str | None = None
    """A file that holds a Hugging Face token; it is mounted, never read into the spec."""
    api_key_env: str | None = None
    """The variable of *our* environment that holds the key the engine shall ask for."""
    weights: str | None = None
    """A folder of this machine that holds models, mounted read-only; None: a volume of ours."""


prepare(LaunchSpec)


class PortBinding(msgspec.Struct, frozen=True, kw_only=True):
    """One published TCP port."""

    container: int
    host: int | None
    """None: any free one."""
    ip: str = "127.0.0.1"


class MountPlan(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One mount."""

    kind: Literal["volume", "bind"]
    source: str
    target: str
    read_only: bool = False


class ContainerPlan(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What Docker is asked to create: the arguments of `docker run`, no more and no less."""

    name: str
    image: str
    command: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] | None = None
    environment: dict[str, str] = {}
    ports: tuple[PortBinding, ...] = ()
    mounts: tuple[MountPlan, ...] = ()
    gpus: tuple[str, ...] = ()
    gpu_way: GpuWay = "none"
    runtime: str | None = None
    """`nvidia` where it was asked for by name."""
    shm_bytes: int | None = None
    ipc: str | None = None
    network: str | None = None
    labels: dict[str, str] = {}
    cap_drop: tuple[str, ...] = ()
    cap_add: tuple[str, ...] = ()
    security: tuple[str, ...] = ()
    pids_limit: int | None = None
    init: bool = False
    log_options: dict[str, str] = {}
    restart: str | None = None
    """`always` and the like; None: no."""
    stop_seconds: int | None = None


class ProcessPlan(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the system is asked to run."""

    name: str
    argv: tuple[str, ...]
    environment: dict[str, str] = {}
    """Beside our own environment."""
    url: str
    """Where it will listen."""
