"""Both engines on one GPU, planned together."""

from __future__ import annotations

from dataclasses import replace

from burstview_engines.fit.gpus import GpuMemory
from burstview_engines.fit.pair import PairPlan, plan_pair
from burstview_engines.fit.shape import ModelShape
from tests.fit.cases import GIB, H200, MIB, RTX4090, shape, spec

T4 = GpuMemory(0, "Tesla T4", 15_360 * MIB, 400 * MIB)
RTX4060 = GpuMemory(0, "NVIDIA GeForce RTX 4060", 8188 * MIB, 0)


def planned(
    gpu: GpuMemory,
    key: str = "qwen3-0.6b",
    quant: str = "bf16",
    vllm: dict[str, str] | None = None,
    ollama: dict[str, str] | None = None,
) -> PairPlan:
    """A model on both sides of that GPU."""
    shapes: dict[str, ModelShape] = {"vllm": shape(key, quant), "ollama": shape(key)}
    wishes = (spec("vllm", key, **(vllm or {})), spec("ollama", key, **(ollama or {})))
    return plan_pair(*wishes, {"vllm": shapes["vllm"], "ollama": shapes["ollama"]}, gpu)


def test_the_workshops_pair() -> None:
    """The recorded duel: 101,164 and 1,442 MiB side by side, both contexts 4,096."""
    plan = planned(H200, vllm={"gpu_memory_utilization": "0.7", "max_num_seqs": "128"})
    assert plan.fits
    assert plan.utilisation == 0.7
    assert (plan.vllm.options["max-model-len"], plan.ollama.options["context-length"]) == (
        "4096",
        "4096",
    )
    assert plan.ollama.options["keep-alive"] == "-1"
    assert plan.order == ("ollama", "vllm")
    assert plan.notes[0].startswith("Ollama first: vLLM measures the free memory while it starts")
    taken = (plan.vllm_fit.needed_bytes or 0) + (plan.ollama_fit.needed_bytes or 0)
    assert abs(taken - 102_606 * MIB) < 50 * MIB
    assert plan.sentence == (
        "The pair fits with 4,096 tokens of context each: Ollama takes 1.4 GiB, vLLM 0.7 of the"
        " card (98.8 GiB)."
    )


def test_vllm_gets_what_ollama_leaves() -> None:
    """In hundredths, rounded down, with a gigabyte to spare; a bar for both."""
    plan = planned(RTX4090)
    assert plan.fits
    assert plan.utilisation == 0.86
    assert plan.vllm.options["gpu-memory-utilization"] == "0.86"
    assert sum(size for _, size in plan.parts) == RTX4090.total_bytes
    free = dict(plan.parts)["free"]
    assert GIB <= free < GIB + RTX4090.total_bytes // 100
    assert [name for name, _ in plan.parts] == [
        "Ollama's weights",
        "Ollama's KV cache",
        "Ollama's buffers",
        "vLLM's weights",
        "vLLM's KV cache",
        "vLLM's buffers",
        "other programs",
        "free",
    ]


def test_vllm_never_gets_more_than_it_would_take_by_itself() -> None:
    """Its own default, 0.92, on a large card."""
    assert planned(H200).utilisation == 0.92


def test_the_smaller_context_is_taken_for_both() -> None:
    """And none beyond the training."""
    plan = planned(H200, vllm={"max_model_len": "16384"}, ollama={"context_length": "8192"})
    assert plan.context_tokens == 8192
    long = planned(H200, vllm={"max_model_len": "99999"})
    assert long.context_tokens == 40_960


def test_a_shorter_context_makes_room() -> None:
    """It is named, tried before it is said."""
    plan = planned(RTX4060, vllm={"max_model_len": "40960"})
    assert plan.fits is False
    assert plan.sentence.endswith("set the context of both to 8192.")
    assert planned(RTX4060, vllm={"max_model_len": "8192"}).fits


def test_fewer_slots_make_room() -> None:
    """Where the context is short already."""
    many = {"num_parallel": "64", "context_length": "1024"}
    plan = planned(RTX4060, ollama=many)
    assert plan.fits is False
    assert plan.sentence.endswith("set num-parallel to 1.")
    assert planned(RTX4060, ollama={"context_length": "1024"}).fits


def test_a_share_that_was_chosen_too_small() -> None:
    """The plan's own would do."""
    plan = planned(RTX4090, "qwen3-4b", vllm={"gpu_memory_utilization": "0.2"})
    assert plan.fits is False
    assert plan.sentence.endswith("leave gpu-memory-utilization to the plan.")


def test_a_pair_that_no_setting_helps() -> None:
    """A smaller model is all that is left to say."""
    plan = planned(T4, "qwen3-8b")
    assert plan.fits is False
    assert plan.sentence.endswith("choose a smaller or quantised model, or a GPU for each.")


def test_no_room_for_vllm_at_all() -> None:
    """No share is written where none is left."""
    plan = planned(replace(T4, used_bytes=13 * GIB))
    assert (plan.fits, plan.utilisation) == (False, None)
    assert "gpu-memory-utilization" not in plan.vllm.options


def test_unknown_models_are_unknown() -> None:
    """On either side."""
    wishes = (spec("vllm", "a/b"), spec("ollama", "b"))
    known = shape("qwen3-0.6b")
    one = plan_pair(*wishes, {"ollama": known}, H200)
    other = plan_pair(*wishes, {"vllm": known}, H200)
    assert (one.fits, other.fits) == (None, None)
    assert one.sentence.startswith("Not known whether the pair fits. vLLM: a/b's layers")
    assert other.sentence.startswith("Not known whether the pair fits. Ollama: b's layers")
    assert one.parts == ()


def test_both_on_the_same_gpu() -> None:
    """The one that was asked about, by its index."""
    plan = planned(replace(H200, index=3))
    assert plan.vllm.gpus == plan.ollama.gpus == ("3",)
    assert plan.fits
