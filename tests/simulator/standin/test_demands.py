"""What a stand-in is asked to do by variables."""

from __future__ import annotations

import math

import pytest

from burstview_engines.simulator.presets import SpecError
from burstview_engines.simulator.standin.demands import DemandError, Demands, demands


def test_nothing_is_demanded_where_nothing_is_set() -> None:
    assert demands("vllm", {"PATH": "/bin"}) == Demands()


def test_all_demands_are_read() -> None:
    told = {
        "START_SECONDS": "0",
        "FAIL": "kv-cache-too-small",
        "STALL_DOWNLOAD": "inf",
        "CRASH_AFTER": "1.5",
        "CRASH_ON_REQUEST": "3",
        "IGNORE_TERM": "1",
        "ALLOCATE_MB": "64",
        "GPU": "H200",
        "MODEL": "qwen3-8b",
        "ON_GPU": "0.5",
        "HOST_FACTOR": "2",
    }
    asked = {f"BURSTVIEW_STANDIN_{name}": value for name, value in told.items()}
    assert demands("vllm", asked) == Demands(
        start_seconds=0.0,
        fail="kv-cache-too-small",
        stall_download=math.inf,
        crash_after=1.5,
        crash_on_request=3,
        ignore_term=True,
        allocate_mb=64,
        gpu="H200",
        model="qwen3-8b",
        on_gpu=0.5,
        host_factor=2.0,
    )


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("START_SECONDS", "soon", "takes a number of at least 0"),
        ("CRASH_AFTER", "-1", "takes a number of at least 0"),
        ("ALLOCATE_MB", "1.5", "takes a whole number"),
        ("FAIL", "runner-died", "takes one of no-gpu, unknown-model"),
        ("SPEED", "9", "Nothing is known of BURSTVIEW_STANDIN_SPEED"),
    ],
)
def test_what_makes_no_sense_is_refused(name: str, value: str, words: str) -> None:
    with pytest.raises(DemandError, match=words):
        demands("vllm", {f"BURSTVIEW_STANDIN_{name}": value})


def test_an_unknown_gpu_is_refused_with_those_that_exist() -> None:
    with pytest.raises(SpecError, match="H200"):
        demands("ollama", {"BURSTVIEW_STANDIN_GPU": "abacus"})
