"""What a change costs, and where a loaded model lies."""

from __future__ import annotations

import msgspec
import pytest

from burstview_engines.fit.change import change_cost
from burstview_engines.fit.share import on_gpu_share
from burstview_engines.fit.words import decimal, signed, size
from burstview_engines.launch.spec import LaunchSpec
from tests.fit.cases import GIB, H200, MIB, RTX3060, shape, spec

Q4 = shape("qwen3-0.6b")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (spec("ollama"), spec("ollama", num_parallel="4"), "4 slots: +13.1 GiB KV, reload"),
        (spec("ollama", num_parallel="4"), spec("ollama"), "1 slot: −13.1 GiB KV, reload"),
        (
            spec("ollama", num_parallel="4"),
            spec("ollama", num_parallel="4", context_length="4096"),
            "4,096 tokens of context: −15.8 GiB KV, −204 MiB buffers, reload",
        ),
        (
            spec("ollama", context_length="4096"),
            spec("ollama", context_length="4096", kv_cache_type="q8_0"),
            "q8_0 KV cache: −210 MiB KV, reload",
        ),
        (
            spec("ollama"),
            spec("ollama", num_parallel="64"),
            "64 slots: +276 GiB KV, −198 MiB buffers, would not fit (281 GiB of 140 GiB free),"
            " reload",
        ),
        (spec("ollama"), spec("ollama", keep_alive="-1"), "other options: same KV, reload"),
        (
            spec("llamacpp", parallel="1", context="4096"),
            spec("llamacpp", parallel="2", context="4096"),
            "2 slots: +448 MiB KV, restart",
        ),
    ],
)
def test_phrases(old: LaunchSpec, new: LaunchSpec, said: str) -> None:
    """What changes, by how much, and what it takes."""
    assert change_cost(old, new, Q4, [H200]) == said


def test_vllms_share() -> None:
    """The pool changes with the share; the engine is started anew."""
    old = spec("vllm", gpu_memory_utilization="0.7", max_num_seqs="128")
    new = spec("vllm", gpu_memory_utilization="0.5", max_num_seqs="128")
    said = change_cost(old, new, shape("qwen3-0.6b", "bf16"), [H200])
    assert said == "0.5 of the card: −28.1 GiB KV, restart"


def test_another_model() -> None:
    """Weights too; unknown where the new one's are not known."""
    old = spec("ollama", "qwen3:0.6b", context_length="4096")
    new = msgspec.structs.replace(old, model="qwen3:8b")
    said = change_cost(old, new, Q4, [H200], shape("qwen3-8b"))
    assert said.startswith("qwen3:8b: +128 MiB KV, +4.0 GiB weights")
    unknown = change_cost(old, new, Q4, [H200])
    assert unknown == "qwen3:8b: KV not known, weights not known, reload"


def test_unknown_and_nothing() -> None:
    """A shape that is not known costs nothing that could be said; no change is no phrase."""
    more = spec("ollama", num_parallel="4")
    assert change_cost(spec("ollama"), more, None, [H200]) == "4 slots: KV not known, reload"
    assert change_cost(more, more, Q4, [H200]) == ""


def test_a_change_that_makes_it_fit() -> None:
    """Said as well as its opposite."""
    old = spec("ollama", num_parallel="16")
    new = spec("ollama", num_parallel="4")
    assert "would fit" in change_cost(old, new, shape("qwen3-8b"), [RTX3060])
    assert "would not fit" in change_cost(new, old, shape("qwen3-8b"), [RTX3060])


@pytest.mark.parametrize(
    ("bytes_", "vram", "share", "mark"),
    [
        (100, 100, 1.0, ""),
        (100, 71, 0.71, "71 % GPU"),
        (1000, 999, 0.999, "99 % GPU"),
        (1000, 1, 0.001, "1 % GPU"),
        (100, 0, 0.0, "CPU"),
        (100, 120, 1.0, ""),
    ],
)
def test_a_model_partly_on_the_cpu(bytes_: int, vram: int, share: float, mark: str) -> None:
    """Marked, and never rounded to all or nothing."""
    found = on_gpu_share(bytes_, vram)
    assert found is not None
    assert (found.share, found.mark) == (share, mark)
    assert bool(found.sentence) == bool(mark)


def test_a_server_that_does_not_tell() -> None:
    """Unknown is not zero."""
    assert on_gpu_share(None, 5) is on_gpu_share(5, None) is on_gpu_share(0, 0) is None


def test_sizes_in_words() -> None:
    """Three digits or so; a minus that is one."""
    assert [size(n) for n in (448 * MIB, GIB, 140 * GIB, 1500 * GIB)] == [
        "448 MiB",
        "1.0 GiB",
        "140 GiB",
        "1,500 GiB",
    ]
    assert signed(-GIB) == "−1.0 GiB"
    assert [decimal(n) for n in (5_200, 523_000_000, 4_900_000_000, 404_000_000_000)] == [
        "5 kB",
        "523 MB",
        "4.9 GB",
        "404 GB",
    ]
