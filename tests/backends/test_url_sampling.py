"""A server that somebody else runs, as the session looks at its gauges."""

from __future__ import annotations

from pathlib import Path

from burstview_engines.core.events import AnyEvent, EngineSampled, decode
from burstview_engines.core.recording import Recorder
from burstview_engines.places.server import Server
from burstview_engines.places.url import UrlSource
from burstview_engines.stream import EventStream
from tests.backends.replayed import VLLM, serving

LOADING = (503, "application/json", b'{"error":{"message":"Loading model","code":503}}')


def told(file: Path) -> list[EngineSampled]:
    """The looks in a recording."""
    events: list[AnyEvent] = [decode(line) for line in file.read_bytes().splitlines()]
    return [event for event in events if isinstance(event, EngineSampled)]


async def test_looks_come_into_the_stream_and_the_recording(tmp_path: Path) -> None:
    """With the source's key; what was recognised is asked no more than its own path."""
    stream = EventStream(Recorder(tmp_path / "s.jsonl"))
    async with serving(VLLM) as server:
        source = UrlSource(Server(url=server.url), "mine")
        await source.start(stream)
        server.seen.clear()
        for _ in range(3):
            await source.sample()
        assert server.seen == ["GET /metrics"] * 3
        await source.close()
    stream.close()
    looks = told(tmp_path / "s.jsonl")
    assert [(look.backend, look.running, look.waiting) for look in looks] == [("mine", 1, 5)] * 3
    assert stream.fold.history.engine("mine").newest == looks[-1]


async def test_one_that_is_not_ready_is_not_asked(tmp_path: Path) -> None:
    """Nor one that was never started, nor one that is closed."""
    stream = EventStream(Recorder(tmp_path / "s.jsonl"))
    async with serving({"/v1/models": LOADING, "/": LOADING, "/props": LOADING}) as server:
        source = UrlSource(Server(url=server.url))
        await source.sample()
        await source.start(stream)
        server.seen.clear()
        await source.sample()
        assert server.seen == []
        await source.close()
        await source.close()
        await source.sample()
        assert server.seen == []
    stream.close()
    assert told(tmp_path / "s.jsonl") == []


async def test_the_key_is_sent_and_without_it_nothing_is_asked(tmp_path: Path) -> None:
    """It is in no event."""
    stream = EventStream(Recorder(tmp_path / "s.jsonl"))
    environ = {"MY_KEY": "sk-very-secret"}
    async with serving(VLLM) as server:
        source = UrlSource(Server(url=server.url, api_key_env="MY_KEY"), environ=environ)
        await source.start(stream)
        server.keys.clear()
        await source.sample()
        assert server.keys == {"Bearer sk-very-secret"}
        environ.clear()
        server.seen.clear()
        await source.sample()
        assert server.seen == []
        await source.close()
    stream.close()
    assert b"sk-very-secret" not in (tmp_path / "s.jsonl").read_bytes()


async def test_another_source_may_add_what_it_knows(tmp_path: Path) -> None:
    """Before the look is recorded."""
    stream = EventStream(Recorder(tmp_path / "s.jsonl"))

    def complete(sample: EngineSampled) -> EngineSampled:
        return EngineSampled(at=sample.at, backend=sample.backend, running=99)

    async with serving(VLLM) as server:
        source = UrlSource(Server(url=server.url), complete=complete)
        await source.start(stream)
        await source.sample()
        await source.close()
    stream.close()
    assert [look.running for look in told(tmp_path / "s.jsonl")] == [99]
