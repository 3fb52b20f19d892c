"""Fires a real run with real worker processes and collects its events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import aclosing
from time import monotonic

from burstview_engines.burst.run import Run
from burstview_engines.core.backend import Backend, Engine
from burstview_engines.core.events import AnyEvent, RequestEnded, RequestSent, RunEnded
from burstview_engines.core.plan import BurstPlan

Seen = Callable[[Run, AnyEvent], None]


def backend(url: str, engine: Engine = "openai", seats: int | None = None) -> Backend:
    """A backend of that URL."""
    return Backend(
        key="k", name="test", engine=engine, place="url", url=url, model="m", seats=seats
    )


def bare(concurrency: int, give_up_after: float = 120.0) -> BurstPlan:
    """A plan of a burst alone."""
    return BurstPlan(
        concurrency=concurrency,
        max_tokens=2,
        warm_up=False,
        equal_lengths=False,
        give_up_after=give_up_after,
    )


def run_of(
    target: Backend,
    plan: BurstPlan,
    environ: Mapping[str, str] | None = None,
    api_key_env: str | None = None,
) -> Run:
    """A run whose session begins now; proxies only as `environ` says."""
    return Run(
        run=1,
        backend=target,
        plan=plan,
        epoch=monotonic(),
        environ=environ or {},
        api_key_env=api_key_env,
    )


async def events_of(run: Run, seen: Seen | None = None) -> list[AnyEvent]:
    """All events of the run; `seen` gets each as it comes."""
    events: list[AnyEvent] = []
    async with aclosing(run.events()) as batches:
        async for batch in batches:
            for event in batch:
                events.append(event)
                if seen:
                    seen(run, event)
    return events


async def fire(url: str, plan: BurstPlan) -> list[AnyEvent]:
    """All events of one run against that URL."""
    return await events_of(run_of(backend(url), plan))


def endings(events: list[AnyEvent], phase: str = "burst") -> list[RequestEnded]:
    """The ends of a phase's requests, by number."""
    found = [e for e in events if isinstance(e, RequestEnded) and e.phase == phase]
    return sorted(found, key=lambda ended: ended.id)


def sends(events: list[AnyEvent], phase: str = "burst") -> list[RequestSent]:
    """What was sent in a phase, in order."""
    return [e for e in events if isinstance(e, RequestSent) and e.phase == phase]


def run_end(events: list[AnyEvent]) -> RunEnded:
    """The run's end, which is its last event."""
    last = events[-1]
    assert isinstance(last, RunEnded)
    return last
