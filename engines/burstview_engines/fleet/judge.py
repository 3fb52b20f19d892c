"""What can be said of a start beforehand: memory, weights, network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import msgspec

from burstview_engines.control import Finding, LaunchPreview
from burstview_engines.core.events import GpuProcessesSeen
from burstview_engines.core.managed import ManagedEngine
from burstview_engines.fit.change import change_cost
from burstview_engines.fit.engine_fit import fit
from burstview_engines.fit.gpus import GpuMemory
from burstview_engines.fit.result import Fit
from burstview_engines.fleet.instead import models_here
from burstview_engines.fleet.released import NOTHING, UP, Released, reckoned, seen_on
from burstview_engines.launch.spec import LaunchSpec
from burstview_engines.models.at_hand import AtHand, Places, at_hand
from burstview_engines.models.local import Download, download_needed, free_disk
from burstview_engines.models.pairs import ModelPair, find, for_engine
from burstview_engines.places.docker.threads import DaemonThreads

HUB_ENGINES = ("vllm", "sglang")
"""They read a Hugging Face cache, by a model's id."""


@dataclass(frozen=True, slots=True)
class WeightsHere:
    """Where a model's weights lie on this machine; None: nowhere that a container could use."""

    hub_folder: str | None = None
    model_file: str | None = None


class Judge:
    """Reads folders and asks NVML, on threads of its own."""

    def __init__(
        self,
        pairs: Sequence[ModelPair],
        places: Places,
        gpus: Callable[[], tuple[GpuMemory, ...]],
    ) -> None:
        self.pairs, self._places, self._gpus = tuple(pairs), places, gpus
        self._threads = DaemonThreads("judge", 2)

    def close(self) -> None:
        """Nobody is waited for."""
        self._threads.close()

    def named(self, spec: LaunchSpec) -> LaunchSpec:
        """With the engine's own name of a model that was named by its pair, or as another engine
        calls it."""
        pair = find(spec.model, self.pairs) if spec.model else None
        own = for_engine(pair, spec.engine) if pair is not None else None
        return spec if own is None else msgspec.structs.replace(spec, model=own)

    async def judged(self, seen: LaunchPreview, released: Released = NOTHING) -> LaunchPreview:
        """With what is known of memory and weights; what is released counts as free."""
        return await self._threads.run(self._judged, seen, released)

    async def released(
        self, engine: ManagedEngine, old: LaunchSpec, told: GpuProcessesSeen | None
    ) -> Released:
        """What that engine, started so, gives back when it is replaced."""
        return await self._threads.run(self._released, engine, old, told)

    async def ready_to_start(self, spec: LaunchSpec) -> LaunchSpec:
        """Without the network where all the weights are here: the hub is not even asked."""
        return await self._threads.run(self._offline, spec)

    async def weights_here(self, spec: LaunchSpec) -> WeightsHere:
        """Where they lie, if they are whole."""
        return await self._threads.run(self._here, spec)

    async def needs_download(self, spec: LaunchSpec) -> bool:
        """Whether weights will come by the network before it is ready."""
        return await self._threads.run(self._is_due, spec)

    async def cost(self, old: LaunchSpec, new: LaunchSpec, released: Released = NOTHING) -> str:
        """What a change costs; empty where nothing changes."""
        return await self._threads.run(self._cost, old, new, released)

    async def models_here(self, engine: ManagedEngine) -> tuple[str, ...]:
        """Models that such an engine could start with now."""
        return await self._threads.run(models_here, engine, self._places, self.pairs)

    async def gpus(self) -> tuple[GpuMemory, ...]:
        """As they are now."""
        return await self._threads.run(self._gpus)

    async def at_hand(self, spec: LaunchSpec) -> AtHand:
        """Weights and shape of its model."""
        return await self._threads.run(self._at_hand, spec)

    # on threads

    def _at_hand(self, spec: LaunchSpec) -> AtHand:
        """An Ollama's volume cannot be looked into: only a local process's store is."""
        places = self._places
        if spec.place == "container":
            places = Places(hub=places.hub, ollama=None)
        return at_hand(spec, places, self.pairs)

    def _judged(self, seen: LaunchPreview, released: Released) -> LaunchPreview:
        spec = seen.spec
        hand = self._at_hand(spec)
        fits = fit(spec, hand.shape, released.off(self._gpus())) if spec.model else None
        found = (*seen.findings, *self._weights(spec, hand), *_memory(fits))
        memory: tuple[str, ...] = ()
        if fits is not None and fits.sentence:
            notes = (*fits.notes, *((released.note,) if released.note else ()))
            memory = (fits.sentence, *notes)
        parts = fits.parts if fits is not None else ()
        return replace(seen, findings=found, memory=memory, memory_parts=parts)

    def _weights(self, spec: LaunchSpec, hand: AtHand) -> tuple[Finding, ...]:
        """Ollama is started without a model: pulling one comes later."""
        if spec.model is None or spec.engine == "ollama":
            return ()
        due = self._download(spec, hand)
        if not due.is_needed:
            return (Finding("weights", "ok", due.sentence),)
        if spec.offline:
            return (Finding("weights", "problem", due.sentence),)
        level = "warning" if due.fits_on_disk is False else "note"
        return (Finding("weights", level, due.sentence),)

    def _download(self, spec: LaunchSpec, hand: AtHand) -> Download:
        return download_needed(
            spec.model or "",
            hand.weights,
            shape=hand.shape,
            free_disk=free_disk(self._places.hub) if spec.place == "process" else None,
            offline=spec.offline,
        )

    def _offline(self, spec: LaunchSpec) -> LaunchSpec:
        if spec.engine not in HUB_ENGINES or spec.offline:
            return spec
        hand = self._at_hand(spec)
        is_whole = hand.weights is not None and hand.weights.complete
        return msgspec.structs.replace(spec, offline=is_whole)

    def _here(self, spec: LaunchSpec) -> WeightsHere:
        if spec.engine not in HUB_ENGINES or spec.weights is not None:
            return WeightsHere()
        found = self._at_hand(spec).weights
        is_cached = (
            found is not None and found.complete and found.path.is_relative_to(self._places.hub)
        )
        return WeightsHere(hub_folder=str(self._places.hub) if is_cached else None)

    def _is_due(self, spec: LaunchSpec) -> bool:
        if spec.model is None or spec.engine == "ollama" or spec.offline:
            return False
        return self._download(spec, self._at_hand(spec)).is_needed

    def _released(
        self, engine: ManagedEngine, old: LaunchSpec, told: GpuProcessesSeen | None
    ) -> Released:
        if engine.status not in UP:
            return NOTHING
        by_sight = seen_on(engine, told)
        is_empty = engine.simulated or (engine.engine == "ollama" and engine.on_gpu is None)
        if by_sight is not None or is_empty:
            return by_sight or NOTHING
        gpus = self._gpus()
        alone = fit(old, self._at_hand(old).shape, [replace(gpu, used_bytes=0) for gpu in gpus])
        return reckoned(engine.name, alone, gpus)

    def _cost(self, old: LaunchSpec, new: LaunchSpec, released: Released) -> str:
        before, after = self._at_hand(old), self._at_hand(new)
        if before.shape is None and after.shape is None:
            return ""
        gpus = released.off(self._gpus())
        return change_cost(old, new, before.shape, gpus, after.shape)


def _memory(fits: Fit | None) -> tuple[Finding, ...]:
    """A reckoning, so that nothing is kept from starting by it."""
    if fits is None or fits.fits is not False:
        return ()
    return (Finding("memory", "warning", fits.sentence),)
