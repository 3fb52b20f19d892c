"""A run from its start to its end, with real workers and real sockets."""

from __future__ import annotations

import asyncio
import os
import signal
from time import monotonic

import pytest

from burstview_engines.burst.endpoint import EndpointError
from burstview_engines.burst.run import Run
from burstview_engines.burst.start_line import StartLine
from burstview_engines.core.events import (
    AnyEvent,
    ClientHealth,
    PhaseFailed,
    PhaseStarted,
    RunStarted,
    TokensReceived,
)
from burstview_engines.core.plan import BurstPlan
from tests.burst.firing import backend, bare, endings, events_of, fire, run_end, run_of, sends
from tests.burst.servers import (
    SSE_HEAD,
    Asked,
    closed_port,
    good,
    http_chunk,
    one_token_then_nothing,
    serving,
    token,
)


def is_gone(pid: int) -> bool:
    """Whether no process has that id."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


async def test_a_burst_is_told_from_its_start_to_its_end() -> None:
    """Run, phase, requests with their tokens, the client's health, and the end, in this order."""
    async with serving(good) as server:
        events = await fire(server.url, bare(3))
    assert isinstance(events[0], RunStarted)
    assert isinstance(events[1], PhaseStarted)
    assert [ended.id for ended in endings(events)] == [1, 2, 3]
    assert all(ended.error is None and ended.status == 200 for ended in endings(events))
    assert all(ended.output_tokens == 2 for ended in endings(events))
    texts = [e for e in events if isinstance(e, TokensReceived) and e.id == 2]
    assert "".join(text for event in texts for _, text in event.chunks) == "one two"
    health = events[-2]
    assert isinstance(health, ClientHealth)
    assert (health.transport, health.workers, health.connections) == ("own", 1, 3)
    assert (health.chunks, health.launch_skew >= 0) == (6, True)
    assert run_end(events).outcome == "done"


async def test_stamps_are_in_order() -> None:
    """Intended, written, first token and end of a request follow one another."""
    async with serving(good) as server:
        events = await fire(server.url, bare(1))
    (sent,), (ended,) = sends(events), endings(events)
    first = next(e for e in events if isinstance(e, TokensReceived)).chunks[0][0]
    assert sent.intended <= sent.at <= first <= ended.at


async def test_phases_share_warm_sockets_and_no_prompt_prefix() -> None:
    """Warm-up, three alone and the burst come over the same connections, each with its own tag."""
    plan = BurstPlan(concurrency=4, max_tokens=2, equal_lengths=False, tag="b3")
    async with serving(good) as server:
        events = await events_of(run_of(backend(server.url), plan))
    phases = [(e.phase, e.requests) for e in events if isinstance(e, PhaseStarted)]
    assert phases == [("warm_up", 4), ("alone", 3), ("burst", 4)]
    assert server.connections == 4
    assert [s.prompt.partition(":")[0] for s in sends(events, "alone")] == ["a3-1", "a3-2", "a3-3"]
    assert sends(events, "warm_up")[0].prompt.startswith("w3-1: ")
    assert sends(events)[3].prompt.startswith("b3-4: ")
    for request, ended in zip(sends(events, "alone")[1:], endings(events, "alone"), strict=False):
        assert request.at >= ended.at


@pytest.mark.parametrize(("seats", "size"), [(None, 1), (2, 2), (8, 4)])
async def test_slot_engines_are_warmed_by_one_wave(seats: int | None, size: int) -> None:
    """Nobody sits through the staircase twice: one wave through the seats that are known."""
    plan = BurstPlan(concurrency=4, max_tokens=2, alone=0)
    async with serving(good) as server:
        events = await events_of(run_of(backend(server.url, "ollama", seats), plan))
    assert len(sends(events, "warm_up")) == size


async def test_without_warm_up_nothing_is_sent_alone() -> None:
    """`--no-warm-up` leaves the burst alone."""
    async with serving(good) as server:
        events = await fire(server.url, bare(2))
        assert len(server.asked) == 2
    assert not sends(events, "alone")


async def test_a_failed_warm_up_is_told_and_the_burst_is_fired() -> None:
    """The warm-up's failure is an event with the server's words; the burst follows."""

    async def refuse_warm_up(asked: Asked, writer: asyncio.StreamWriter) -> None:
        if b"w1-" in asked.body:
            body = b'{"error":{"message":"kernels are not compiled","code":500}}'
            writer.write(b"HTTP/1.1 500 No\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))
        else:
            await good(asked, writer)

    plan = BurstPlan(concurrency=2, max_tokens=2, alone=0, equal_lengths=False)
    async with serving(refuse_warm_up) as server:
        events = await events_of(run_of(backend(server.url), plan))
    (failed,) = [event for event in events if isinstance(event, PhaseFailed)]
    assert failed.phase == "warm_up"
    assert failed.reason.startswith("2 of 2 requests failed: ")
    assert "kernels are not compiled" in failed.reason
    assert all(ended.error is None for ended in endings(events))
    assert run_end(events).outcome == "done"


async def test_a_refused_connection_is_a_sentence_for_every_request() -> None:
    """Nothing listens: every request fails with a next step, and the run itself is done."""
    port = closed_port()
    events = await fire(f"http://127.0.0.1:{port}", bare(3))
    assert [ended.status for ended in endings(events)] == [None] * 3
    assert len(sends(events)) == 3
    for ended in endings(events):
        assert ended.error
        assert "refused" in ended.error
        assert str(port) in ended.error
    assert run_end(events).outcome == "done"


async def test_a_host_name_that_does_not_exist_is_a_sentence() -> None:
    """`.invalid` never resolves."""
    events = await fire("http://nowhere.invalid:8000", bare(1))
    error = endings(events)[0].error
    assert error
    assert "nowhere.invalid cannot be resolved" in error


async def test_cancelling_keeps_what_was_seen_and_leaves_no_process() -> None:
    """The tokens stay, every open request ends as cancelled, and it takes no half second."""
    cancelled_at: list[float] = []

    def cancel_at_token(run: Run, event: AnyEvent) -> None:
        if isinstance(event, TokensReceived) and not cancelled_at:
            cancelled_at.append(monotonic())
            run.cancel()

    async with serving(one_token_then_nothing) as server:
        run = run_of(backend(server.url), bare(3))
        events = await events_of(run, cancel_at_token)
    assert monotonic() - cancelled_at[0] < 0.5
    assert all(ended.cancelled and ended.error for ended in endings(events))
    assert len(endings(events)) == 3
    assert run_end(events).outcome == "cancelled"
    assert all(map(is_gone, run.worker_pids))


async def test_a_killed_worker_ends_its_requests_with_a_sentence() -> None:
    """SIGKILL in mid-burst: what was seen stays, the rest is told."""

    killed: list[int] = []

    def kill_at_token(run: Run, event: AnyEvent) -> None:
        if isinstance(event, TokensReceived) and not killed:
            killed.extend(run.worker_pids)
            os.kill(killed[0], signal.SIGKILL)

    async with serving(one_token_then_nothing) as server:
        events = await events_of(run_of(backend(server.url), bare(2)), kill_at_token)
    assert [ended.error for ended in endings(events)] == [
        "A client process was ended by SIGKILL; fire again."
    ] * 2
    assert run_end(events).outcome == "client-died"


async def test_silence_ends_the_run_although_the_server_pings() -> None:
    """Bytes are no tokens: comments do not keep a run alive."""

    async def ping(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(SSE_HEAD + http_chunk(token("one ")))
        while not writer.is_closing():
            writer.write(http_chunk(b": ping\n\n"))
            await writer.drain()
            await asyncio.sleep(0.02)

    async with serving(ping) as server:
        events = await fire(server.url, bare(2, give_up_after=0.3))
    assert run_end(events).outcome == "gave-up"
    for ended in endings(events):
        assert ended.error
        assert ended.error.startswith("Given up in mid-answer: no request got a token for 0.3 s")


async def test_closing_the_events_early_reaps_the_workers() -> None:
    """A consumer that leaves in mid-burst leaves no process behind."""
    async with serving(one_token_then_nothing) as server:
        run = run_of(backend(server.url), bare(1))
        batches = run.events()
        async for batch in batches:
            if any(isinstance(event, TokensReceived) for event in batch):
                break
        await batches.aclose()
    assert run.worker_pids
    assert all(map(is_gone, run.worker_pids))


async def test_two_bursts_start_at_the_same_instant() -> None:
    """A common start line gives both the same intended send, whoever was ready first."""
    line = StartLine(2)

    def starting(url: str) -> Run:
        return Run(run=1, backend=backend(url), plan=bare(2), epoch=0.0, start_line=line)

    async with serving(good) as one, serving(good) as other:
        first, second = await asyncio.gather(
            events_of(starting(one.url)), events_of(starting(other.url))
        )
    assert {s.intended for s in sends(first)} == {s.intended for s in sends(second)}


async def test_a_run_that_fails_early_keeps_nobody_waiting_at_the_start_line() -> None:
    """One side is cancelled before its burst; the other is fired all the same."""
    line = StartLine(2)
    async with serving(good) as server:
        lone = Run(run=1, backend=backend(server.url), plan=bare(1), epoch=0.0, start_line=line)
        left = Run(run=2, backend=backend(server.url), plan=bare(1), epoch=0.0, start_line=line)
        left.cancel()
        events, cancelled = await asyncio.gather(events_of(lone), events_of(left))
    assert run_end(cancelled).outcome == "cancelled"
    assert run_end(events).outcome == "done"
    assert endings(events)[0].error is None


def test_a_url_that_is_none_is_refused() -> None:
    """Nothing is started for it."""
    with pytest.raises(EndpointError, match="is not an http URL"):
        run_of(backend("ftp://host"), bare(1))
