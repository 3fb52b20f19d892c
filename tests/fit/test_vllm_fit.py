"""vLLM before a start: its share of the card, its KV pool, and what to do where it is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from burstview_engines.core.backend import Engine
from burstview_engines.fit.engine_fit import fit
from burstview_engines.fit.gpus import GpuMemory
from burstview_engines.launch.spec import ALL_GPUS, NO_GPU, LaunchSpec
from tests.fit.cases import GIB, H200, MIB, RTX3060, RTX4090, shape, spec


def test_a_neighbour_on_the_card() -> None:
    """It is refused as vLLM itself refuses, with a share that would do; and that one does."""
    busy = replace(H200, used_bytes=60 * GIB)
    model = shape("qwen3-8b", "bf16")
    found = fit(spec("vllm", gpu_memory_utilization="0.7"), model, [busy])
    assert found.fits is False
    assert found.sentence == (
        "Does not fit: 0.7 of all of GPU 0 is 98.3 GiB, and 80.4 GiB are free; set"
        " gpu-memory-utilization to 0.56."
    )
    assert fit(spec("vllm", gpu_memory_utilization="0.56"), model, [busy]).fits


def test_a_context_that_the_pool_cannot_hold() -> None:
    """The largest that it can is told, and it can."""
    model = shape("qwen3-4b", "bf16")
    found = fit(spec("vllm"), model, [RTX3060])
    assert found.fits is False
    assert "set max-model-len to 15616 or" in found.sentence
    assert fit(spec("vllm", max_model_len="15616"), model, [RTX3060]).fits


def test_auto_takes_the_context_that_fits() -> None:
    """`--max-model-len auto` is never refused for its length."""
    found = fit(spec("vllm", max_model_len="auto"), shape("qwen3-4b", "bf16"), [RTX3060])
    assert found.fits
    assert found.context_tokens is not None
    assert 15_000 < found.context_tokens < 16_400


def test_weights_beyond_the_card() -> None:
    """No setting helps, so none is named."""
    found = fit(spec("vllm"), shape("qwen3-14b", "bf16"), [RTX4090])
    assert found.fits is False
    assert found.sentence.endswith("choose a smaller or quantised model, or more GPUs.")
    assert found.seats == 0


def test_a_share_that_is_too_small() -> None:
    """A larger one is named, and it does."""
    model = shape("qwen3-8b", "bf16")
    small = fit(spec("vllm", max_model_len="4096", gpu_memory_utilization="0.05"), model, [H200])
    assert small.fits is False
    assert "set gpu-memory-utilization to 0.15 or more" in small.sentence
    enough = spec("vllm", max_model_len="4096", gpu_memory_utilization="0.15")
    assert fit(enough, model, [H200]).fits


def test_tensor_parallelism_counts_all_gpus() -> None:
    """Two GPUs carry what one cannot; one is not enough for two."""
    two = [RTX4090, replace(RTX4090, index=1)]
    model = shape("qwen3-14b", "bf16")
    split = spec("vllm", max_model_len="4096", tensor_parallel_size="2")
    found = fit(split, model, two)
    assert found.fits
    assert found.gpus == (0, 1)
    assert found.weights_bytes is not None
    assert found.weights_bytes >= (model.stored_bytes or 0)
    assert sum(size for _, size in found.parts) == 2 * RTX4090.total_bytes
    lonely = fit(split, model, two[:1])
    assert lonely.fits is False
    assert "needs as many GPUs, and 1 GPU can be used" in lonely.sentence


def test_the_fullest_gpu_decides() -> None:
    """All get equal parts, so a neighbour on the second stops the whole."""
    two = [RTX4090, replace(RTX4090, index=1, used_bytes=16 * GIB)]
    found = fit(spec("vllm", tensor_parallel_size="2"), shape("qwen3-8b", "bf16"), two)
    assert found.fits is False


def test_typical_requests_are_counted_by_blocks() -> None:
    """56 tokens take four blocks of 16; no more are let in than max-num-seqs."""
    model = shape("qwen3-4b", "bf16")
    wide = spec("vllm", max_model_len="4096", max_num_seqs="4096")
    found = fit(wide, model, [RTX3060], typical_tokens=56)
    assert found.kv_total_bytes is not None
    most = found.kv_total_bytes // (64 * 147_456)
    assert found.typical_seats in (most, most - 1)
    few = replace_option(wide, "max-num-seqs", "8")
    assert fit(few, model, [RTX3060], typical_tokens=56).typical_seats == 8


def test_chosen_gpus_only() -> None:
    """By index or UUID; a GPU that is not chosen does not count."""
    gpus = [
        replace(H200, used_bytes=140 * GIB),
        GpuMemory(1, "NVIDIA H200", 140 * GIB, 0, "GPU-ab"),
    ]
    model = shape("qwen3-8b", "bf16")
    for chosen in ("1", "GPU-ab"):
        found = fit(LaunchSpec(engine="vllm", gpus=(chosen,)), model, gpus)
        assert found.fits
        assert found.gpus == (1,)
    assert fit(LaunchSpec(engine="vllm", gpus=("0",)), model, gpus).fits is False


def test_without_a_gpu() -> None:
    """Neither yes nor no: a CPU build may be meant."""
    found = fit(LaunchSpec(engine="vllm", gpus=NO_GPU), shape("qwen3-0.6b", "bf16"), [H200])
    assert found.fits is None
    assert found.sentence.startswith("No GPU is chosen")
    assert found.parts == ()


@pytest.mark.parametrize("engine", ["vllm", "sglang"])
@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (NO_GPU, "No GPU is chosen: "),
        (ALL_GPUS, "No GPU is seen from here: "),
        (("3",), "GPU 3 is not seen here: "),
        (("2", "GPU-ab"), "GPUs 2, GPU-ab are not seen here: "),
    ],
)
def test_why_no_gpu_is_used(engine: Engine, wanted: tuple[str, ...], said: str) -> None:
    """Whoever asked for all of them did choose."""
    found = fit(LaunchSpec(engine=engine, gpus=wanted), shape("qwen3-0.6b", "bf16"), [])
    assert found.sentence.startswith(said)


def test_an_unknown_model_is_unknown() -> None:
    """Its share of the card is known all the same, and that it is too much."""
    found = fit(spec("vllm", "foo/bar"), None, [H200])
    assert (found.fits, found.seats, found.weights_bytes) == (None, None, None)
    assert found.sentence.startswith("foo/bar's layers and heads are not known here")
    assert found.needed_bytes is not None
    assert fit(spec("vllm", "foo/bar"), None, [replace(H200, used_bytes=100 * GIB)]).fits is False


def test_free_arguments_count() -> None:
    """They stand last on the command line and win."""
    wish = LaunchSpec(
        engine="vllm",
        options={"gpu-memory-utilization": "0.9"},
        arguments=("--gpu_memory_utilization=0.5", "--max-model-len", "8K"),
    )
    found = fit(wish, shape("qwen3-0.6b", "bf16"), [H200])
    assert found.context_tokens == 8192
    assert found.needed_bytes is not None
    assert found.needed_bytes < 71 * GIB


def test_a_window_makes_a_no_uncertain() -> None:
    """Some layers may keep less than is reckoned, so a refusal is no promise."""
    model = replace(shape("qwen3-4b", "bf16"), has_window=True)
    found = fit(spec("vllm"), model, [RTX3060])
    assert found.fits is None
    assert found.sentence.startswith("Perhaps not: ")


def test_the_bar_is_the_card() -> None:
    """Its parts add up to the memory, others' included; nothing is missing where it fits."""
    found = fit(spec("vllm", max_model_len="4096"), shape("qwen3-0.6b", "bf16"), [RTX4090])
    assert sum(size for _, size in found.parts) == RTX4090.total_bytes
    assert ("other programs", 400 * MIB) in found.parts
    assert all(size >= 0 for _, size in found.parts)


def test_what_the_driver_keeps_is_not_free() -> None:
    """Where NVML tells it."""
    card = replace(RTX4090, reserved_bytes=500 * MIB)
    assert card.free_bytes == RTX4090.free_bytes - 500 * MIB
    found = fit(spec("vllm", max_model_len="4096"), shape("qwen3-0.6b", "bf16"), [card])
    assert sum(size for _, size in found.parts) == card.usable_bytes


def replace_option(wish: LaunchSpec, name: str, value: str) -> LaunchSpec:
    """The same wish with another value."""
    return LaunchSpec(engine=wish.engine, model=wish.model, options=wish.options | {name: value})
