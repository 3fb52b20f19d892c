"""The steps of an engine's start: what is done, what goes on, what is left. Pure."""

from __future__ import annotations

from burstview.draw.steps import Step
from burstview.engine_words import clock, duration
from burstview_engines.core.backend import Engine
from burstview_engines.core.managed import LaunchPhase, ManagedEngine

_BEFORE: tuple[LaunchPhase, ...] = ("checking", "pulling image", "creating", "booting")
_DOCKER_ONLY: tuple[LaunchPhase, ...] = ("pulling image", "creating")
_WEIGHTS: tuple[LaunchPhase, ...] = ("downloading weights", "loading weights")
_AFTER: dict[Engine, tuple[LaunchPhase, ...]] = {
    "vllm": (
        *_WEIGHTS,
        "compiling",
        "profiling memory",
        "capturing CUDA graphs",
        "warming up",
        "opening HTTP",
    ),
    "sglang": (*_WEIGHTS, "capturing CUDA graphs", "opening HTTP", "warming up"),
    "llamacpp": ("opening HTTP", *_WEIGHTS, "warming up"),
    "ollama": ("opening HTTP", *_WEIGHTS),
    "openai": (*_WEIGHTS, "opening HTTP"),
}
"""As each engine goes through them; what one turns out not to do is passed quickly."""
_EAGER: tuple[LaunchPhase, ...] = ("compiling", "capturing CUDA graphs")
"""What vLLM leaves out with `enforce-eager`."""


def phases_of(engine: ManagedEngine) -> tuple[LaunchPhase, ...]:
    """The phases of this start, `ready` last; the present one is always among them."""
    left_out: set[LaunchPhase] = set()
    if engine.place == "process":
        left_out.update(_DOCKER_ONLY)
    if engine.engine == "ollama" and engine.model is None:
        left_out.update(_WEIGHTS)
    if engine.options.get("enforce-eager") == "on":
        left_out.update(_EAGER)
    now = _phase(engine)
    planned: tuple[LaunchPhase, ...] = (*_BEFORE, *_AFTER[engine.engine], "ready")
    if now is not None and now not in planned:
        planned = (*planned[:-1], now, "ready")
    return tuple(phase for phase in planned if phase == now or phase not in left_out)


def steps_of(engine: ManagedEngine, moment: float) -> tuple[Step, ...]:
    """A step for each phase of a start that is under way or failed; none of any other.

    The present one tells for how long it goes on.
    """
    now = _phase(engine)
    if engine.status not in ("pulling", "starting", "failed") or now in (None, "ready"):
        return ()
    phases = phases_of(engine)
    at = phases.index(now) if now in phases else 0
    done = (Step(phase, "done") for phase in phases[:at])
    left = (Step(phase, "left") for phase in phases[at + 1 :])
    return (*done, _present(engine, phases[at], moment), *left)


def _present(engine: ManagedEngine, phase: LaunchPhase, moment: float) -> Step:
    if engine.status == "failed":
        return Step(phase, "failed")
    since = clock(engine, moment).in_phase
    so_far = "" if since is None else f" {duration(since)}"
    if engine.phase == "download stalled":
        return Step(f"download stalled{so_far}", "stalled")
    return Step(f"{phase}{so_far}", "now")


def _phase(engine: ManagedEngine) -> LaunchPhase | None:
    """A stalled download is still the step of downloading."""
    return "downloading weights" if engine.phase == "download stalled" else engine.phase
