"""Named groups become facts."""

from __future__ import annotations

import pytest

from burstview_engines.core.managed import EngineFacts
from burstview_engines.launch.log_facts import facts_of, of_engine, with_facts


@pytest.mark.parametrize(
    ("groups", "facts"),
    [
        ({"kv_tokens": "890,624"}, {"kv_tokens": 890_624}),
        ({"cells": "4096", "streams": "4"}, {"kv_tokens": 16_384}),
        ({"kv_gib": "1.5"}, {"kv_bytes": 3 << 29}),
        ({"weights_mib": "372.65", "weights_gib": ""}, {"weights_bytes": 390_751_846}),
        ({"gpu_layers": "20", "layers": "29"}, {"gpu_layers": (20, 29)}),
        ({"gpu": "CUDA"}, {"has_gpu": True}),
        ({"cpu": "cpu", "gpu": ""}, {"has_gpu": False}),
        ({"max_concurrency": "219.87"}, {"max_concurrency": 219.87}),
        ({"percent": "50", "done": "1"}, {}),
    ],
)
def test_groups_are_read_in_their_units(groups: dict[str, str], facts: dict[str, object]) -> None:
    """Others are no facts."""
    assert facts_of(groups) == facts


@pytest.mark.parametrize("text", ["1.2.3", "..", "9" * 40, "²", "-1"])
def test_what_is_no_number_is_no_fact(text: str) -> None:
    """Engines print odd things when they are broken."""
    assert facts_of({"seats": text, "kv_tokens": text}) == {}


def test_facts_add_up_and_an_unreadable_one_leaves_the_last() -> None:
    """Lines come one after the other."""
    facts = with_facts(EngineFacts(), {"version": "0.26.0"})
    facts = with_facts(facts, {"seats": "128"})
    assert with_facts(facts, {"seats": "many"}) == EngineFacts(version="0.26.0", seats=128)


def test_another_model_has_the_same_engine() -> None:
    """Its memory is its own."""
    facts = EngineFacts(version="1", seats=4, has_gpu=True, kv_bytes=5, context_tokens=4096)
    assert of_engine(facts) == EngineFacts(version="1", seats=4, has_gpu=True)
