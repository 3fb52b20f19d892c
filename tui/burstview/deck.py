"""Which backend stands on which side, and which of its runs is shown there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from burstview_engines.core.plan import BurstPlan
from burstview_engines.core.views import BackendView, RunView, Snapshot

Sides = tuple[str | None, str | None]
"""Backend keys of the left and the right side."""


@dataclass(frozen=True, slots=True)
class SideView:
    """One side of the screen: a backend and its newest run, either of which may be missing."""

    backend: BackendView | None = None
    run: RunView | None = None

    @property
    def is_ready(self) -> bool:
        """Whether a burst can be fired at it."""
        return self.backend is not None and self.backend.state == "ready"


def fill(sides: Sides, snapshot: Snapshot) -> Sides:
    """Keep the sides that are taken; give free ones to backends, ready ones first."""
    known = {view.backend.key for view in snapshot.backends}
    left, right = (key if key in known else None for key in sides)
    for key in _by_readiness(snapshot.backends):
        if key in (left, right):
            continue
        if left is None:
            left = key
        elif right is None:
            right = key
    return _in_order(left, right, snapshot) if sides == (None, None) else (left, right)


def take(sides: Sides, side: int, key: str) -> Sides:
    """Put a backend on a side; when it stood on the other, the two change places."""
    left, right = sides
    if key in sides:
        return sides if sides[side] == key else (right, left)
    return (key, right) if side == 0 else (left, key)


def view(key: str | None, snapshot: Snapshot) -> SideView:
    """A side's backend and its newest run."""
    backend = next((b for b in snapshot.backends if b.backend.key == key), None)
    run = next((r for r in reversed(snapshot.runs) if r.backend.key == key), None)
    return SideView(backend, run)


def span(run: RunView | None, now: float) -> float:
    """Seconds of the burst so far; 0 before it began."""
    if run is None or run.burst_started is None:
        return 0.0
    ends = [request.ended for request in run.requests]
    known = [end for end in ends if end is not None]
    if run.outcome is not None or (ends and len(known) == len(ends)):
        return max(known, default=run.burst_started) - run.burst_started
    return max(0.0, now - run.burst_started)


def expected(key: str | None, plan: BurstPlan, snapshot: Snapshot) -> float | None:
    """Seconds that the same burst took on this backend before; None if there was none."""
    for run in reversed(snapshot.runs):
        same = run.plan.concurrency == plan.concurrency and run.plan.max_tokens == plan.max_tokens
        if run.backend.key == key and run.outcome == "done" and same:
            from burstview_engines.core.metrics import makespan  # after the first paint

            return makespan(run)
    return None


def is_firing(snapshot: Snapshot) -> bool:
    """Whether any run is in progress."""
    return any(run.outcome is None for run in snapshot.runs)


def unchanged(old: Snapshot, new: Snapshot) -> bool:
    """Whether two snapshots show the same picture; time alone draws only while a run is on."""
    if is_firing(new) and old.now != new.now:
        return False
    pairs = (
        (old.backends, new.backends),
        (old.runs, new.runs),
        (old.engines, new.engines),
    )
    return (
        all(_same(one, other) for one, other in pairs)
        and old.gpu is new.gpu
        and old.simulated_gpu is new.simulated_gpu
        and old.host is new.host
        and old.docker is new.docker
        and old.notices is new.notices
    )


def _same(one: Sequence[object], other: Sequence[object]) -> bool:
    return len(one) == len(other) and all(a is b for a, b in zip(one, other, strict=True))


def _by_readiness(backends: Sequence[BackendView]) -> list[str]:
    return [b.backend.key for b in sorted(backends, key=lambda view: view.state != "ready")]


def _in_order(left: str | None, right: str | None, snapshot: Snapshot) -> Sides:
    """As the backends are listed."""
    order = [view.backend.key for view in snapshot.backends]
    if left is not None and right is not None and order.index(left) > order.index(right):
        return right, left
    return left, right
