"""Which engines are warm: a warm-up is for after a start and, where kernels are compiled per shape,
for a new shape."""

from __future__ import annotations

from dataclasses import dataclass, field

from burstview_engines.core.backend import Backend, Engine
from burstview_engines.core.plan import BurstPlan

SLOT_ENGINES: frozenset[Engine] = frozenset({"ollama", "llamacpp"})
"""Nothing is compiled per shape there: one wave through the slots is enough."""

STAYS_LOADED = 240.0
"""Seconds after which a slot engine may have unloaded the model (Ollama's keep-alive is 300 s)."""

Shape = tuple[Engine, str | None, int, int]
"""Engine, model, and for engines that compile per shape: concurrency and max tokens."""


def shape_of(backend: Backend, plan: BurstPlan) -> Shape:
    """What has to be the same for an earlier warm-up to count."""
    if backend.engine in SLOT_ENGINES:
        return (backend.engine, backend.model, 0, 0)
    return (backend.engine, backend.model, plan.concurrency, plan.max_tokens)


@dataclass(slots=True)
class Warmth:
    """Remembers, by backend key, the shapes that were run and when last."""

    _warm: dict[str, dict[Shape, float]] = field(default_factory=dict)

    def needs_warm_up(self, backend: Backend, plan: BurstPlan, now: float) -> bool:
        """True after a start, for a new shape, and when the model may have been unloaded since."""
        last = self._warm.get(backend.key, {}).get(shape_of(backend, plan))
        if last is None or backend.loaded is False:
            return True
        return backend.engine == "ollama" and now - last > STAYS_LOADED

    def warmed(self, backend: Backend, plan: BurstPlan, now: float) -> None:
        """A run of this shape was answered at second `now`."""
        self._warm.setdefault(backend.key, {})[shape_of(backend, plan)] = now

    def forget(self, key: str) -> None:
        """The backend restarted, or cannot be reached: whatever it is next, it is cold."""
        self._warm.pop(key, None)
