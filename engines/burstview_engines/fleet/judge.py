"""What can be said of a start beforehand: memory, weights, network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from burstview_engines.control import LaunchPreview
from burstview_engines.launch.spec import LaunchSpec


@dataclass(frozen=True, slots=True)
class WeightsHere:
    """Where a model's weights lie on this machine; None: nowhere that is known."""

    hub_folder: str | None = None
    model_file: str | None = None


class Judge:
    """Looks at files only; the GPUs are told by whoever has looked at them."""

    def __init__(self, environ: Mapping[str, str], home: Path) -> None:
        self._environ, self._home = environ, home

    def named(self, spec: LaunchSpec) -> LaunchSpec:
        """With the engine's own name of a model that was named by its pair."""
        return spec

    async def judged(self, seen: LaunchPreview) -> LaunchPreview:
        """With memory and weights."""
        return seen

    async def ready_to_start(self, spec: LaunchSpec) -> LaunchSpec:
        """Without the network where all is here."""
        return spec

    async def weights_here(self, spec: LaunchSpec) -> WeightsHere:
        """Where they lie."""
        return WeightsHere()

    async def needs_download(self, spec: LaunchSpec) -> bool:
        """Whether they will have to come by the network."""
        return False

    async def cost(self, old: LaunchSpec, new: LaunchSpec) -> str:
        """What a change costs; empty where nothing is known."""
        return ""
