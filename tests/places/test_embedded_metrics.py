"""An embedded engine's own /metrics and /slots say what it tells exactly beside them."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import httpx
import msgspec
import pytest
from tests.simulator.server.served import burst

from burstview_engines.backends import llamacpp_gauges, vllm_gauges
from burstview_engines.core.backend import Backend
from burstview_engines.places.embedded import EmbeddedEngines
from burstview_engines.simulator.server.messages import Gauges
from burstview_engines.simulator.spec import EngineSpec

REAL = Path(__file__).parents[1] / "data" / "metrics"
_NAME = re.compile(r"^([\w:]+)", re.MULTILINE)


def names(text: str) -> set[str]:
    """Of all samples."""
    return set(_NAME.findall(re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)))


async def fetched(backend: Backend, path: str) -> str:
    """The body."""
    async with httpx.AsyncClient(trust_env=False) as client:
        return (await client.get(backend.url + path)).text


async def test_vllms_metrics_have_real_names_and_true_figures() -> None:
    """After a burst that preempts; every figure that both tell is the same."""
    engines = EmbeddedEngines()
    spec = EngineSpec(engine="vllm", gpu="H200", model="qwen3-0.6b", kv_blocks=41)
    try:
        [backend] = await engines.start([spec])
        await burst(backend, 16, 48)
        [exact] = (await engines.sample()).engines
        text = await fetched(backend, "/metrics")
    finally:
        await engines.close()
    real = gzip.decompress((REAL / "vllm-0.32-cpu-4-running-12-waiting.txt.gz").read_bytes())
    assert names(text) <= names(real.decode())
    told = vllm_gauges.read(text)
    assert told.preemptions
    for name in (
        *("running", "waiting", "preemptions", "prompt_tokens", "output_tokens"),
        *("kv_capacity_tokens", "kv_block_tokens", "queue_count", "prefill_count", "decode_count"),
    ):
        assert getattr(told, name) == getattr(exact, name), name
    assert told.queue_seconds == pytest.approx(exact.queue_seconds)
    assert told.steps == exact.steps
    assert exact.step_tokens is not None
    assert told.step_tokens == (told.prompt_tokens or 0) + (told.output_tokens or 0)
    recomputed = exact.step_tokens - (told.step_tokens - 16)  # a first token needs no pass
    assert recomputed > 0
    assert told.prefix_queries is None  # a prefix cache is not simulated


async def test_llamacpps_metrics_and_slots_say_the_same() -> None:
    """Steps, tokens, and how many slots were busy on average."""
    engines = EmbeddedEngines()
    spec = EngineSpec(engine="llamacpp", gpu="H200", model="qwen3-0.6b", slots=4)
    try:
        [backend] = await engines.start([spec])
        await burst(backend, 8, 32)
        [exact] = (await engines.sample()).engines
        metrics = llamacpp_gauges.read_metrics(await fetched(backend, "/metrics"))
        slots = llamacpp_gauges.read_slots(await fetched(backend, "/slots"))
    finally:
        await engines.close()
    assert (metrics.running, metrics.waiting) == (exact.running, exact.waiting) == (0, 0)
    assert metrics.steps == exact.steps == len(exact.step_log)
    assert metrics.rows_per_step == pytest.approx(
        sum(step.rows for step in exact.step_log) / len(exact.step_log), rel=1e-4
    )
    assert (slots.seats, slots.context_tokens) == (exact.seats, exact.context_tokens)


@pytest.mark.parametrize("asked", ["", "?since=", "?since=x", "?since=-1", "?since=²"])
async def test_steps_are_told_to_those_who_ask(asked: str) -> None:
    """Everybody else gets the gauges alone."""
    engines = EmbeddedEngines()
    spec = EngineSpec(engine="vllm", gpu="H200", model="qwen3-0.6b")
    try:
        [backend] = await engines.start([spec])
        await burst(backend, 2, 8)
        without = msgspec.json.decode(await fetched(backend, f"/simulated{asked}"), type=Gauges)
        told = msgspec.json.decode(await fetched(backend, "/simulated?since=3"), type=Gauges)
    finally:
        await engines.close()
    assert without.steps == ()
    assert without.last_step == told.last_step == len(told.steps) + 3
