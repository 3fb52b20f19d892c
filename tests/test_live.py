"""A live session against real sockets, with real worker processes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from burstview_engines.core.events import AnyEvent, SessionStarted
from burstview_engines.core.plan import BurstPlan
from burstview_engines.core.recording import read
from burstview_engines.core.session import SessionFold
from burstview_engines.live import LiveSession
from burstview_engines.places.found import FoundSource
from burstview_engines.places.server import Server
from burstview_engines.places.url import UrlSource
from burstview_engines.probes.host import host_look
from burstview_engines.probes.probe import Deliver
from burstview_engines.probes.sampler import Look, Sampler
from burstview_engines.source import SessionError
from tests.cli.servers import Server as Listening
from tests.cli.servers import refusal, serving, sse

PLAN = BurstPlan(concurrency=2, max_tokens=2, alone=1)
ANSWER = sse("So", ".")


@asynccontextmanager
async def session_on(*servers: Server, record: Path | None = None) -> AsyncIterator[LiveSession]:
    """A settled session on those servers, closed at the end."""
    sources = [UrlSource(server, f"side{n}") for n, server in enumerate(servers, 1)]
    session = LiveSession(sources, program="burstview test", record=record, wall=lambda: 12_345.0)
    await session.open()
    await session.settled()
    try:
        yield session
    finally:
        await session.close()


async def test_warm_up_only_for_a_new_shape() -> None:
    """The second burst of a shape has no warm-up; another shape has one again."""
    async with (
        serving(Listening(answer=ANSWER)) as server,
        session_on(Server(server.url, engine="vllm")) as session,
    ):
        assert await session.fire(["side1"], PLAN) == (1,)
        assert await session.fire(["side1"], PLAN) == (2,)
        wider = BurstPlan(concurrency=3, max_tokens=2, alone=1)
        assert await session.fire(["side1"], wider) == (3,)
        runs = session.snapshot().runs
    assert [bool(run.warm_up) for run in runs] == [True, False, True]
    assert [len(run.alone) for run in runs] == [1, 1, 1]
    assert all(request.state == "done" for run in runs for request in run.requests)
    assert [run.plan.tag for run in runs] == ["b22345", "b22346", "b22347"]


async def test_everything_is_recorded(tmp_path: Path) -> None:
    """A file read back folds to the very snapshot of the session."""
    path = tmp_path / "r.jsonl"
    async with (
        serving(Listening(answer=ANSWER)) as server,
        session_on(Server(server.url), record=path) as session,
    ):
        await session.fire(["side1"], PLAN)
        seen = session.fold.snapshot()
    events = list(read(path))
    fold = SessionFold()
    for event in events:
        fold.apply(event)
    assert fold.snapshot() == seen
    assert isinstance(events[0], SessionStarted)


async def test_cancel_in_mid_burst() -> None:
    """Cancelling ends the run; the other side of a duel in turns is not begun."""
    async with (
        serving(Listening()) as one,
        serving(Listening(answer=ANSWER)) as other,
        session_on(Server(one.url), Server(other.url)) as session,
    ):
        plan = BurstPlan(concurrency=2, warm_up=False, alone=0)
        firing = asyncio.create_task(session.fire(["side1", "side2"], plan))
        await asyncio.wait_for(one.asked.wait(), 20)
        assert session.is_firing
        with pytest.raises(SessionError, match="in progress"):
            await session.fire(["side1"], plan)
        session.cancel()
        assert await firing == (1,)
        run = session.snapshot().runs[0]
    assert run.outcome == "cancelled"
    assert {request.state for request in run.requests} == {"cancelled"}


async def test_close_in_mid_burst() -> None:
    """Closing takes half a second at most and leaves no process."""
    before = set(psutil.Process().children())
    async with serving(Listening()) as server:
        session = LiveSession([UrlSource(Server(server.url))], program="burstview test")
        await session.open()
        await session.settled()
        plan = BurstPlan(concurrency=2, warm_up=False, alone=0)
        firing = asyncio.create_task(session.fire([server.url], plan))
        await asyncio.wait_for(server.asked.wait(), 20)
        began = time.monotonic()
        await session.close()
        assert time.monotonic() - began < 0.6
        await asyncio.wait([firing], timeout=5)
    left = set(psutil.Process().children()) - before
    assert not any(process.is_running() for process in left)


async def test_server_that_comes_and_goes() -> None:
    """`refresh` sees a server go; then nothing can be fired and the sentence says why."""
    async with serving(Listening(answer=ANSWER)) as server:
        source = UrlSource(Server(server.url, name="mine"), "a")
        session = LiveSession([source], program="burstview test")
        await session.open()
        await session.settled()
        assert session.snapshot().backends[0].state == "ready"
    await source.refresh()
    view = session.snapshot().backends[0]
    assert (view.backend.name, view.state) == ("mine", "unreachable")
    with pytest.raises(SessionError, match="Nothing listens"):
        await session.fire(["a"], PLAN)
    with pytest.raises(SessionError, match="no backend b"):
        await session.fire(["b"], PLAN)
    with pytest.raises(SessionError, match="No backend was found"):
        await session.fire([], PLAN)
    await session.close()


async def test_another_model() -> None:
    """Another of the listed models is used from then on."""
    async with (
        serving(Listening(models=("m", "n"), answer=ANSWER)) as server,
        session_on(Server(server.url)) as session,
    ):
        await session.choose_model("side1", "n")
        await session.fire(["side1"], PLAN)
        assert session.snapshot().runs[0].backend.model == "n"
        assert all(b'"n"' in heard for heard in server.heard if heard.startswith(b"POST"))


async def test_nothing_found_falls_back() -> None:
    """Where nothing runs on the usual ports the fallback is started, and a notice says so."""
    async with serving(Listening()) as closed:
        port = int(closed.url.rpartition(":")[2])
    async with serving(Listening(answer=ANSWER)) as server:
        fallback = UrlSource(Server(server.url), "fallback")
        session = LiveSession([FoundSource(fallback, (port,))], program="burstview test")
        await session.open()
        await session.settled()
        snapshot = session.snapshot()
        await session.fire(["fallback"], PLAN)
        await session.close()
    assert [view.backend.key for view in snapshot.backends] == ["fallback"]
    assert "No running engine was found" in snapshot.notices[0]


async def test_found_once() -> None:
    """A server that was named is not found a second time; one that was not is found and sampled."""
    version = refusal("200 OK", b'{"version": "0.33.0", "data": [{"id": "m"}]}')
    async with serving(Listening(everything=version)) as server:
        port = int(server.url.rpartition(":")[2])
        for named, expected in (((), [server.url]), ((f"http://localhost:{port}/v1",), [])):
            source = FoundSource(None, (port,), named)
            session = LiveSession([source], program="burstview test")
            await session.open()
            await session.settled()
            await source.refresh()
            await source.sample()
            found = [view.backend.url for view in session.snapshot().backends]
            await session.close()
            assert found == expected


async def test_probes_reach_the_snapshot() -> None:
    """What a probe's thread sees is folded on the loop."""
    looked = asyncio.Event()
    loop = asyncio.get_running_loop()

    def looking(now: Callable[[], float], deliver: Deliver) -> Sampler:
        def make() -> Look:
            look = host_look(now)

            def once() -> tuple[AnyEvent, ...]:
                loop.call_soon_threadsafe(loop.call_soon, looked.set)
                return (look(),)

            return once

        return Sampler("host", make, deliver, period=0.01)

    session = LiveSession([], program="burstview test", probes=[looking])
    await session.open()
    await asyncio.wait_for(looked.wait(), 5)
    looked.clear()
    await asyncio.wait_for(looked.wait(), 5)
    await session.close()
    assert session.snapshot().host is not None


def test_recording_that_cannot_be_written(tmp_path: Path) -> None:
    """A place that cannot be written is one sentence."""
    with pytest.raises(SessionError, match="cannot record"):
        LiveSession([], program="burstview test", record=tmp_path / "none" / "r.jsonl")
