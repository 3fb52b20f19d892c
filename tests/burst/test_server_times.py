"""What servers tell of a request's time in their queue and at work."""

from __future__ import annotations

from pathlib import Path

import pytest

from burstview_engines.burst import chunk
from tests.burst import captures

STREAM = Path(__file__).parents[1] / "data" / "metrics" / "vllm-0.32-request-metrics.sse"


def test_a_real_vllm_with_request_metrics_tells_queue_prefill_and_decode() -> None:
    """In the chunk with the usage, after the last text."""
    lines = [line for line in STREAM.read_bytes().split(b"\n") if line.startswith(b"data: {")]
    read = [chunk.read(line.removeprefix(b"data: ")) for line in lines]
    times = [chunk.server_times(one) for one in read if one is not None]
    assert times[:-1] == [{}] * (len(lines) - 1)
    assert times[-1] == {
        "queue": pytest.approx(0.000162124),
        "prefill": pytest.approx(0.017825304),
        "decode": pytest.approx(0.009509493),
    }


def test_damaged_text_beside_them_loses_no_times() -> None:
    """A chunk that is no valid UTF-8 is read in another way."""
    damaged = (
        b'{"choices":[],"system_fingerprint":"\xff","usage":{"completion_tokens":2},'
        b'"metrics":{"queue_time_ms":1500,"time_to_first_token_ms":20,"generation_time_ms":"x"}}'
    )
    found = chunk.read(damaged)
    assert found is not None
    assert chunk.server_times(found) == {"queue": 1.5, "prefill": 0.02}


def test_a_real_llamacpp_tells_prefill_and_decode() -> None:
    """Its timings know nothing of the queue: the headers come with the slot."""
    body = captures.response("llamacpp/stream_full_usage.txt").body
    lines = [line for line in body.split(b"\n") if b'"timings"' in line]
    found = chunk.read(lines[-1].removeprefix(b"data: "))
    assert found is not None
    assert set(chunk.server_times(found)) == {"prefill", "decode"}
