"""The embedded engines as the session sees them: started, sampled, gone."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from contextlib import suppress

import httpx
import pytest

from burstview_engines.places.embedded import EmbeddedEngines, EmbeddedError, demo_specs
from burstview_engines.simulator.spec import EngineSpec

CHAT = {"messages": [{"role": "user", "content": "b1-01: hello"}], "max_tokens": 40}


async def test_the_demos_pair_is_two_simulated_backends_on_gpus_of_their_own() -> None:
    """What a backend must tell before anything was asked of it."""
    embedded = EmbeddedEngines()
    try:
        vllm, ollama = await embedded.start(demo_specs())
    finally:
        await embedded.close()
    assert (vllm.engine, vllm.model, vllm.seats) == ("vllm", "Qwen/Qwen3-8B-AWQ", 256)
    assert (ollama.engine, ollama.model, ollama.seats) == ("ollama", "qwen3:8b", 1)
    assert vllm.hardware != ollama.hardware
    for backend in (vllm, ollama):
        assert (backend.place, backend.simulated, backend.gpu) == ("embedded", True, "L4")
        assert backend.url.startswith("http://127.0.0.1:")


async def test_two_of_an_engine_have_keys_of_their_own() -> None:
    """So a duel of one engine with itself can be fired."""
    embedded = EmbeddedEngines()
    specs = [EngineSpec(engine="ollama"), EngineSpec(engine="ollama", slots=4)]
    try:
        one, four = await embedded.start(specs)
    finally:
        await embedded.close()
    assert (one.key, four.key) == ("ollama", "ollama-2")
    assert (one.seats, four.seats) == (1, 4)


async def test_a_sample_shows_the_simulated_gpu_at_work() -> None:
    """Running, waiting, cache and utilisation of the engine under load; nothing of the idle one."""
    embedded = EmbeddedEngines(now=lambda: 7.0)
    try:
        backends = await embedded.start(demo_specs())
        async with httpx.AsyncClient(trust_env=False) as client:
            url = f"{backends[1].url}/v1/chat/completions"
            asked = CHAT | {"model": "qwen3:8b"}
            posts = [asyncio.create_task(client.post(url, json=asked)) for _ in range(2)]
            sample = await embedded.sample()
            while not (sample.engines[1].waiting and sample.gpu.gpus[1].utilisation):
                sample = await embedded.sample()
            for post in posts:
                post.cancel()
            await asyncio.gather(*posts, return_exceptions=True)
    finally:
        await embedded.close()
    idle, busy = sample.engines
    assert (busy.backend, busy.running, busy.waiting) == ("ollama", 1, 1)
    assert (idle.backend, idle.running, idle.waiting, idle.kv_usage) == ("vllm", 0, 0, 0.0)
    assert sample.gpu.simulated
    assert sample.gpu.at == 7.0
    assert [gpu.backend for gpu in sample.gpu.gpus] == ["vllm", "ollama"]
    assert sample.gpu.gpus[0].power_watts is None


async def test_closing_is_quick_and_can_be_repeated() -> None:
    """The process is gone within half a second."""
    embedded = EmbeddedEngines()
    await embedded.start(demo_specs())
    pid = embedded.pid
    assert pid is not None
    began = time.monotonic()
    await embedded.close()
    await embedded.close()
    assert time.monotonic() - began < 0.5
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_a_process_that_hangs_is_killed() -> None:
    """Stopped by a signal it cannot hear its stdin end."""
    embedded = EmbeddedEngines()
    await embedded.start(demo_specs())
    pid = embedded.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    await embedded.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_a_killed_process_is_a_sentence() -> None:
    """With the next step."""
    embedded = EmbeddedEngines()
    try:
        await embedded.start(demo_specs())
        assert embedded.pid is not None
        os.kill(embedded.pid, signal.SIGKILL)
        with pytest.raises(EmbeddedError, match="start burstview again"):
            await _sample_on(embedded)
    finally:
        with suppress(EmbeddedError):
            await embedded.close()


async def test_a_spec_that_does_not_fit_is_a_sentence() -> None:
    """The simulator's own words, and no process is left."""
    embedded = EmbeddedEngines()
    with pytest.raises(EmbeddedError, match="choose a smaller model"):
        await embedded.start([EngineSpec(engine="vllm", model="llama-3.1-70b")])
    assert embedded.pid is None


async def _sample_on(embedded: EmbeddedEngines) -> None:
    while True:
        await embedded.sample()
