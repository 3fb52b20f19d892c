"""Ollama and llama.cpp before a start: slots, contexts, and the CPU where memory ends."""

from __future__ import annotations

from dataclasses import replace

import pytest

from burstview_engines.fit.engine_fit import fit
from burstview_engines.fit.llamacpp import llamacpp_plan
from burstview_engines.fit.ollama import ollama_plan
from burstview_engines.launch.spec import NO_GPU, LaunchSpec
from tests.fit.cases import GIB, H200, MIB, RTX3060, RTX4090, shape, spec


@pytest.mark.parametrize(
    ("gib", "context"), [(8, 4096), (22.9, 4096), (23, 32_768), (46, 32_768), (47, 131_072)]
)
def test_ollamas_context_goes_by_the_card(gib: float, context: int) -> None:
    """4,096, 32,768 or 262,144 tokens, capped at what the model was trained for."""
    card = replace(H200, total_bytes=int(gib * GIB))
    plan = ollama_plan(spec("ollama"), shape("llama-3.2-1b"), [card])
    assert plan.context == context


def test_ollamas_cards_are_counted_together() -> None:
    """Two of 24 GB are a big machine."""
    two = [RTX4090, replace(RTX4090, index=1)]
    assert ollama_plan(spec("ollama"), shape("llama-3.2-1b"), two).context == 131_072
    assert ollama_plan(spec("ollama"), shape("llama-3.2-1b"), two[:1]).context == 32_768


def test_a_context_beyond_the_training_is_cut() -> None:
    """And it is said."""
    found = fit(spec("ollama", context_length="100000"), shape("qwen3-0.6b"), [H200])
    assert found.context_tokens == 40_960
    assert "Ollama cuts the context to the 40,960 tokens it was trained for." in found.notes


def test_sixteen_slots_of_the_whole_context() -> None:
    """The workshop's surprise: 70 GiB of KV for a 0.6B model."""
    found = fit(spec("ollama", num_parallel="16"), shape("qwen3-0.6b"), [H200])
    assert found.kv_total_bytes == 16 * 4480 * MIB
    assert found.seats == found.slots == 16


def test_what_does_not_fit_goes_to_the_cpu() -> None:
    """It starts all the same; a context that fits is named, and it does."""
    model = shape("qwen3-8b")
    found = fit(spec("ollama", num_parallel="16"), model, [RTX3060])
    assert (found.fits, found.partly_on_cpu) == (False, True)
    assert found.sentence == (
        "Only about 27 of 37 layers fit on GPU 0 (14.1 GiB needed, 11.7 GiB free): the CPU computes"
        " the rest, slowly; set context-length to 2560 or less."
    )
    shorter = fit(spec("ollama", num_parallel="16", context_length="2560"), model, [RTX3060])
    assert (shorter.fits, shorter.partly_on_cpu) == (True, False)


def test_a_model_beyond_the_card() -> None:
    """Where weights alone are too much, no context helps."""
    found = fit(spec("ollama"), shape("qwen3-32b"), [RTX3060])
    assert found.partly_on_cpu
    assert found.sentence.endswith("choose a smaller model, or make room on the GPU.")


def test_a_quantised_cache_is_smaller() -> None:
    """q8_0 takes 34 of 64 bytes, q4_0 18."""
    sizes = {
        kind: fit(spec("ollama", kv_cache_type=kind), shape("qwen3-0.6b"), [H200]).kv_total_bytes
        for kind in ("f16", "q8_0", "q4_0")
    }
    assert sizes["f16"] == 4480 * MIB
    assert sizes["q8_0"] == 4480 * MIB * 34 // 64
    assert sizes["q4_0"] == 4480 * MIB * 18 // 64


def test_families_with_one_slot() -> None:
    """Ollama ignores NUM_PARALLEL for some architectures."""
    model = replace(shape("qwen3-8b"), architecture="qwen35moe")
    found = fit(spec("ollama", num_parallel="8"), model, [H200])
    assert found.slots == 1
    assert "Ollama serves qwen35moe one at a time." in found.notes


def test_ollama_takes_one_of_two_gpus() -> None:
    """The freest, if four fifths of it are enough; else both."""
    two = [RTX4090, replace(RTX4090, index=1, used_bytes=0)]
    small = fit(spec("ollama", context_length="4096"), shape("qwen3-8b"), two)
    assert small.gpus == (1,)
    large = fit(spec("ollama", context_length="4096"), shape("qwen3-32b"), two)
    assert large.gpus == (0, 1)
    assert large.fits
    spread = spec("ollama", context_length="4096", sched_spread="on")
    assert fit(spread, shape("qwen3-8b"), two).gpus == (0, 1)


def test_ollamas_batch_steps_down_where_memory_is_short() -> None:
    """2,048 tokens for large contexts, less where the forecast leaves too little."""
    model = shape("qwen3-0.6b")
    assert ollama_plan(spec("ollama"), model, [H200]).micro_batch == 2048
    nearly = replace(H200, used_bytes=H200.total_bytes - 7 * GIB)
    assert ollama_plan(spec("ollama"), model, [nearly]).micro_batch == 512


def test_llamacpps_own_four_slots_share_one_context() -> None:
    """No parallel given: one context for all, so one request may fill it."""
    found = fit(spec("llamacpp"), shape("qwen3-0.6b"), [H200], typical_tokens=500)
    assert found.kv_total_bytes == 4480 * MIB
    assert (found.slots, found.seats, found.typical_seats) == (4, 1, 4)
    assert "4 slots that share 40,960 tokens" in found.sentence


def test_llamacpps_context_is_of_one_slot() -> None:
    """Our option is a slot's, `-c` is the total."""
    option = fit(spec("llamacpp", parallel="4", context="4096"), shape("qwen3-0.6b"), [H200])
    flag = LaunchSpec(engine="llamacpp", arguments=("-np", "4", "-c", "16384"))
    told = fit(flag, shape("qwen3-0.6b"), [H200])
    assert option.kv_total_bytes == told.kv_total_bytes == 1792 * MIB
    assert option.context_tokens == told.context_tokens == 4096


def test_llamacpp_without_a_context_multiplies_the_trained_one() -> None:
    """`-np 4` alone: four times 40,960 tokens."""
    found = fit(spec("llamacpp", parallel="4"), shape("qwen3-0.6b"), [H200])
    assert found.kv_total_bytes == 4 * 4480 * MIB


def test_llamacpp_shortens_a_context_of_its_own() -> None:
    """Before it moves a layer to the CPU; a context that was asked for stays."""
    own = fit(spec("llamacpp"), shape("qwen3-14b"), [RTX3060])
    assert own.fits
    assert own.context_tokens is not None
    assert 4096 <= own.context_tokens < 40_960
    assert any("shortens the context" in note for note in own.notes)
    asked = fit(spec("llamacpp", parallel="1", context="40960"), shape("qwen3-14b"), [RTX3060])
    assert asked.partly_on_cpu


def test_layers_left_on_the_cpu_by_choice() -> None:
    """Fewer layers than the model has: said, and counted."""
    some = fit(spec("llamacpp", gpu_layers="10"), shape("qwen3-8b"), [RTX3060])
    whole = fit(spec("llamacpp", gpu_layers="99"), shape("qwen3-8b"), [RTX3060])
    assert some.partly_on_cpu
    assert whole.partly_on_cpu is False
    assert some.weights_bytes is not None
    assert whole.weights_bytes is not None
    assert some.weights_bytes == pytest.approx(whole.weights_bytes * 10 / 37, rel=0.001)
    assert llamacpp_plan(spec("llamacpp", gpu_layers="0"), shape("qwen3-8b"), [RTX3060]).gpus == ()


@pytest.mark.parametrize("engine", ["ollama", "llamacpp"])
def test_the_cpu_alone(engine: str) -> None:
    """Main memory is told, no bar is drawn."""
    wish = LaunchSpec(engine="ollama" if engine == "ollama" else "llamacpp", gpus=NO_GPU)
    found = fit(wish, shape("qwen3-0.6b"), [H200])
    assert (found.fits, found.partly_on_cpu, found.parts) == (None, True, ())
    assert "of main memory" in found.sentence


def test_an_unknown_model_or_cache_is_unknown() -> None:
    """No size is guessed from a name, nor for compressed keys and values."""
    nothing = fit(spec("ollama", "foo"), None, [H200])
    assert (nothing.fits, nothing.needed_bytes) == (None, None)
    mla = replace(shape("qwen3-8b"), key_elements=None, value_elements=None)
    found = fit(spec("ollama", "deepseek"), mla, [H200])
    assert (found.fits, found.kv_total_bytes) == (None, None)
    assert found.sentence == "Not known: how much KV cache deepseek needs for a token."


def test_the_embedding_table_stays_in_main_memory() -> None:
    """llama.cpp keeps it on the CPU where the output head is a tensor of its own."""
    large = fit(spec("ollama", context_length="4096"), shape("qwen3-8b"), [H200])
    stored = shape("qwen3-8b").stored_bytes or 0
    assert large.weights_bytes is not None
    assert large.weights_bytes < stored - 400 * MIB


def test_sglang_says_what_it_cannot_know() -> None:
    """Without mem-fraction-static only that the weights fit; with it, the pool."""
    model = shape("qwen3-8b", "bf16")
    auto = fit(spec("sglang"), model, [H200])
    assert (auto.fits, auto.seats) == (None, None)
    told = fit(spec("sglang", mem_fraction_static="0.8", max_running_requests="64"), model, [H200])
    assert told.fits
    assert told.seats is not None
    assert told.seats <= 64
    assert fit(spec("sglang"), model, [RTX3060]).fits is False
    assert fit(spec("sglang", mem_fraction_static="0.05"), model, [H200]).fits is False


def test_a_server_that_is_not_ours_to_start() -> None:
    """Nothing is reckoned for it."""
    assert fit(LaunchSpec(engine="openai"), None, [H200]).fits is None
