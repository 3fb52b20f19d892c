"""What may be asked of an engine in its present state, and what is asked back first. Pure."""

from __future__ import annotations

from typing import Literal

from burstview_engines.core.managed import ManagedEngine, Status
from burstview_engines.core.views import Snapshot

Wish = Literal["start", "stop", "cancel", "kill", "restart", "remove", "adopt"]
"""`cancel` ends a pull that is under way."""

_FROM: dict[Wish, frozenset[Status]] = {
    "start": frozenset({"stopped", "failed"}),
    "stop": frozenset({"starting", "ready", "running", "paused"}),
    "cancel": frozenset({"pulling"}),
    "kill": frozenset({"starting", "ready", "running", "paused", "stopping"}),
    "restart": frozenset({"starting", "ready", "running", "paused"}),
    "remove": frozenset({"starting", "ready", "running", "paused", "stopped", "failed"}),
    "adopt": frozenset({"starting", "ready", "running", "paused", "stopping", "stopped", "failed"}),
}
"""The states in which each wish makes sense."""
_EDITED: frozenset[Status] = _FROM["remove"]


def may(wish: Wish, engine: ManagedEngine, is_read_only: bool) -> bool:
    """Whether the wish can be fulfilled now."""
    if is_read_only or engine.status not in _FROM[wish]:
        return False
    if wish == "adopt":
        return not engine.may_change and engine.id is not None
    return engine.may_change


def may_edit(engine: ManagedEngine, is_read_only: bool) -> bool:
    """Whether it can be replaced by one with other options."""
    return not is_read_only and engine.may_change and engine.status in _EDITED


def has_models(engine: ManagedEngine) -> bool:
    """Whether its models can be listed: Ollama keeps a store, and tells of it while it answers."""
    return engine.engine == "ollama" and engine.status == "ready"


def meant_by_stop(engine: ManagedEngine) -> Wish:
    """The stop key ends what is under way: a pull is cancelled, a slow stop becomes a kill."""
    match engine.status:
        case "pulling":
            return "cancel"
        case "stopping":
            return "kill"
        case _:
            return "stop"


def asks_first(wish: Wish, engine: ManagedEngine, in_flight: int) -> bool:
    """Whether a dialog comes before it: never for a start, always before anything is lost."""
    match wish:
        case "start" | "cancel":
            return False
        case "stop" | "restart":
            return engine.owner != "ours" or in_flight > 0
        case "kill" | "remove" | "adopt":
            return True


def requests_in_flight(key: str, snapshot: Snapshot) -> int:
    """Requests that an end of this engine would break off: ours, or as many as it tells of.

    A burst between two of its phases counts as one.
    """
    runs = [run for run in snapshot.runs if run.backend.key == key and run.outcome is None]
    requests = [one for run in runs for one in (*run.warm_up, *run.alone, *run.requests)]
    ours = max(sum(request.ended is None for request in requests), len(runs))
    sample = next((view.sample for view in snapshot.backends if view.backend.key == key), None)
    told = (sample.running or 0) + (sample.waiting or 0) if sample is not None else 0
    return max(ours, told)
