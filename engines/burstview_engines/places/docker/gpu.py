"""How a daemon can hand GPUs to containers, as far as it can be told before trying."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass

from burstview_engines.control import Finding
from burstview_engines.launch.spec import ALL_GPUS, ContainerPlan, GpuWay
from burstview_engines.places.docker.create import CDI_GPU
from burstview_engines.places.docker.engine_port import DockerEngine, Info

HOOK = "nvidia-container-runtime-hook"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""dockerd's own, as service managers set it; ours may be another."""
_TOOLKIT = (
    "Install the NVIDIA Container Toolkit, run `sudo nvidia-ctk runtime configure --runtime=docker`"
    " and restart Docker; or start without a GPU."
)


@dataclass(frozen=True, slots=True)
class GpuSupport:
    """What is known of one daemon."""

    has_runtime: bool
    """NVIDIA's runtime is configured; `--gpus` then works too, where the toolkit is whole."""
    has_hook: bool | None
    """NVIDIA's hook is on this machine, which is all that `--gpus` needs. None: the daemon is on
    another machine."""
    cdi: tuple[str, ...]
    """GPUs that the daemon found by CDI (engines from 28 on tell)."""
    is_podman: bool

    @property
    def is_known(self) -> bool:
        """Something says that GPUs can be had."""
        return self.has_runtime or bool(self.has_hook) or bool(self.cdi)


def support(engine: DockerEngine) -> GpuSupport:
    """Asked now. Raises DockerFailed."""
    is_here = engine.endpoint.is_here
    return support_of(engine.info(), has_hook() if is_here else None, engine.is_podman)


def support_of(info: Info, hook: bool | None, is_podman: bool) -> GpuSupport:
    """Of what `docker info` tells."""
    found = [device.id for device in info.discovered_devices or () if device.source == "cdi"]
    cdi = tuple(one.removeprefix(CDI_GPU) for one in found if one.startswith(CDI_GPU))
    return GpuSupport("nvidia" in (info.runtimes or {}), hook, cdi, is_podman)


def has_hook() -> bool:
    """Whether NVIDIA's hook is where a daemon of this machine looks for it."""
    return shutil.which(HOOK, path=_PATH) is not None


def way(engine: DockerEngine, gpus: Sequence[str]) -> GpuWay:
    """How that daemon is asked for these GPUs. Raises DockerFailed."""
    return way_of(support(engine), gpus) if gpus else "none"


def way_of(known: GpuSupport, gpus: Sequence[str]) -> GpuWay:
    """`all` of a daemon that knows of none is none at all; GPUs that were chosen by name are asked
    for all the same, so that the daemon says why not."""
    if not gpus:
        return "none"
    if known.has_runtime or known.has_hook:
        return "device-request"
    if known.cdi:
        return "cdi"
    return "none" if tuple(gpus) == ALL_GPUS else "device-request"


def finding(known: GpuSupport, plan: ContainerPlan, cpu_image: str | None = None) -> Finding | None:
    """None for a container without GPUs. Whether the driver works shows at the start only."""
    if not plan.gpus and plan.runtime is None:
        return None
    if known.is_podman:
        return Finding(
            "gpu",
            "warning",
            "Podman may start the container without the GPUs that were asked for, and say nothing.",
            "Look at the engine's log for its GPUs once it runs.",
        )
    if plan.gpu_way == "cdi":
        return _by_cdi(known, plan)
    if plan.runtime == "nvidia" and not known.has_runtime:
        return Finding("gpu", "problem", "This Docker has no runtime nvidia.", _TOOLKIT)
    if known.has_runtime or known.has_hook:
        return Finding("gpu", "ok", "This Docker hands GPUs to containers.")
    step = f"{_TOOLKIT[:-1]}, with the image {cpu_image}." if cpu_image else _TOOLKIT
    return Finding("gpu", "warning", _nothing(known), step)


def overall(known: GpuSupport) -> Finding:
    """Of the daemon alone, for `doctor`."""
    if known.has_runtime or known.has_hook:
        return Finding("gpu", "ok", "Docker hands GPUs to containers by NVIDIA's runtime or hook.")
    if known.cdi:
        return Finding("gpu", "ok", f"Docker knows GPUs by CDI: {', '.join(known.cdi)}.")
    return Finding("gpu", "note", _nothing(known), _TOOLKIT)


def _by_cdi(known: GpuSupport, plan: ContainerPlan) -> Finding:
    missing = [gpu for gpu in plan.gpus if gpu not in known.cdi]
    if not missing:
        return Finding("gpu", "ok", "Docker knows these GPUs by CDI.")
    return Finding(
        "gpu",
        "problem" if known.cdi else "warning",
        f"Docker does not tell of a GPU {' or '.join(missing)} by CDI.",
        "Make the list with `sudo nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml`.",
    )


def _nothing(known: GpuSupport) -> str:
    place = "" if known.has_hook is False else " (its machine may have more than it tells)"
    return f"Nothing says that this Docker can hand GPUs to containers{place}."
