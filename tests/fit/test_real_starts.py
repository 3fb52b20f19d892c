"""What real engines took of a real H200, against what is reckoned before a start.

Tolerances: the KV cache of slots exactly; everything of a llama-server within 1 %; of vLLM within
0.1 % as the workshop starts it, within 1 % eager; vLLM's KV tokens within 0.5 %.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from burstview_engines.core.backend import Engine
from burstview_engines.fit.engine_fit import fit
from burstview_engines.fit.ollama import default_context, ollama_plan
from burstview_engines.fit.shape import ModelShape
from burstview_engines.fit.slot_plan import compute_bytes
from burstview_engines.launch.spec import LaunchSpec
from tests.fit.cases import H200, MIB, shape, spec

DATA = Path(__file__).parents[1] / "data"
RESERVED_MIB = 616
"""The traces' NVML rows count what the driver reserves on that card; nvidia-smi does not."""
WORKSHOP_VLLM = spec(
    "vllm",
    "Qwen/Qwen3-0.6B",
    max_model_len="4096",
    max_num_seqs="128",
    gpu_memory_utilization="0.7",
)


def test_ollamas_own_default_on_a_big_gpu() -> None:
    """0.6B Q4, one slot: the model's whole 40,960 tokens, 4,480 MiB of KV, 5,708 MiB in all."""
    found = fit(spec("ollama", "qwen3:0.6b"), shape("qwen3-0.6b"), [H200])
    assert found.context_tokens == 40_960
    assert found.kv_total_bytes == 4480 * MIB
    assert found.needed_bytes == pytest.approx(5708 * MIB, rel=0.01)
    assert found.fits


def test_the_duels_ollama() -> None:
    """One slot of 4,096 tokens: 1,442 MiB, as nvidia-smi lists it."""
    found = fit(spec("ollama", context_length="4096"), shape("qwen3-0.6b"), [H200])
    assert found.needed_bytes == pytest.approx(_smi_mib("llama-server") * MIB, rel=0.01)


def test_the_duels_vllm() -> None:
    """0.7 of the card for a 0.6B model: 101,164 MiB, whatever the model needs."""
    found = fit(WORKSHOP_VLLM, shape("qwen3-0.6b", "bf16"), [H200])
    assert found.needed_bytes == pytest.approx(101_164 * MIB, rel=0.001)
    assert "101164 MiB" in (DATA / "fit/nvidia-smi-both-engines.txt").read_text()
    assert found.seats == 128


def test_vllms_kv_tokens() -> None:
    """The real log's `GPU KV cache size`, weights and KV bytes."""
    log = (DATA / "fit/vllm-0.26-h200.log").read_text()
    found = fit(WORKSHOP_VLLM, shape("qwen3-0.6b", "bf16"), [H200])
    logged = int(_group(r"KV cache size: ([\d,]+) tokens", log).replace(",", ""))
    told = next(note for note in found.notes if "KV cache would hold" in note)
    assert _first_number(told) == pytest.approx(logged, rel=0.005)
    weights = float(_group(r"Model loading took ([\d.]+) GiB", log)) * 2**30
    assert found.weights_bytes == pytest.approx(weights, rel=0.02)
    pool = float(_group(r"Available KV cache memory: ([\d.]+)", log)) * 2**30
    assert found.kv_total_bytes == pytest.approx(pool, rel=0.005)


@pytest.mark.parametrize(("slots", "context"), [(1, None), (4, "4096")])
def test_what_ollamas_log_names(slots: int, context: str | None) -> None:
    """Weights, KV cache and compute buffer of both recorded loads, and its choice of batch."""
    log = (DATA / f"fit/ollama-np{slots}-h200.log").read_text()
    options = {"num-parallel": str(slots)} | ({"context-length": context} if context else {})
    wish = LaunchSpec(engine="ollama", options=options)
    model = shape("qwen3-0.6b")
    plan = ollama_plan(wish, model, [H200])
    assert plan.micro_batch == int(_group(r" -ub (\d+) ", log))
    assert plan.cells == int(_group(r" -c (\d+) ", log))
    found = fit(wish, model, [H200])
    assert found.kv_total_bytes == _mib(r"CUDA0 KV buffer size", log)
    assert found.weights_bytes == pytest.approx(_mib(r"CUDA0 model buffer size", log), rel=0.011)
    compute = _mib(r"CUDA0 compute buffer size", log)
    assert compute_bytes(plan, model) == pytest.approx(compute, rel=0.001)
    assert default_context([H200]) == int(_group(r"default_num_ctx=(\d+)", log))


def _slots(engine: Engine, slots: int) -> LaunchSpec:
    if engine == "ollama":
        return spec("ollama", num_parallel=str(slots), context_length="4096")
    return spec("llamacpp", parallel=str(slots), context="4096")


NVML_SAW = [
    ("ollama-0.6b-q4-np1", spec("ollama"), "qwen3-0.6b"),
    ("ollama-0.6b-q4-np4", _slots("ollama", 4), "qwen3-0.6b"),
    ("llamacpp-0.6b-q4-np1", _slots("llamacpp", 1), "qwen3-0.6b"),
    ("llamacpp-0.6b-q4-np4", _slots("llamacpp", 4), "qwen3-0.6b"),
    ("llamacpp-0.6b-q4-np16", _slots("llamacpp", 16), "qwen3-0.6b"),
    ("llamacpp-4b-q4-np1", _slots("llamacpp", 1), "qwen3-4b"),
]


@pytest.mark.parametrize(("trace", "wish", "key"), NVML_SAW)
def test_what_nvml_saw_of_slot_engines(trace: str, wish: LaunchSpec, key: str) -> None:
    """The card's memory during the recorded bursts, with nothing else on it."""
    found = fit(wish, shape(key), [H200])
    assert found.needed_bytes == pytest.approx(_recorded_mib(trace) * MIB, rel=0.01)


EAGER_VLLM = spec(
    "vllm",
    max_model_len="4096",
    max_num_seqs="4",
    enforce_eager="on",
    gpu_memory_utilization="0.7",
)


def test_what_nvml_saw_of_an_eager_vllm() -> None:
    """Four seats, no CUDA graphs: the same share."""
    found = fit(EAGER_VLLM, shape("qwen3-0.6b", "bf16"), [H200])
    seen = _recorded_mib("vllm-0.6b-eager-seqs4")
    assert found.needed_bytes == pytest.approx(seen * MIB, rel=0.01)


def test_the_documented_table_is_what_is_reckoned() -> None:
    """docs/memory.md: took, reckoned and how far off, row by row."""
    text = (DATA.parents[1] / "docs/memory.md").read_text()
    rows = re.findall(r"^\| (?:Ollama|llama\.cpp|vLLM), .* \| ([\d,]+) \| ([\d,]+) \| (\S+)% \|$",
                      text, re.MULTILINE)  # fmt: skip
    saw = {trace: (_recorded_mib(trace), wish, key) for trace, wish, key in NVML_SAW}
    starts = [
        (5708, spec("ollama"), shape("qwen3-0.6b")),
        (1442, _slots("ollama", 1), shape("qwen3-0.6b")),
        *((took, wish, shape(key)) for took, wish, key in list(saw.values())[1:]),
        (101_164, WORKSHOP_VLLM, shape("qwen3-0.6b", "bf16")),
        (_recorded_mib("vllm-0.6b-eager-seqs4"), EAGER_VLLM, shape("qwen3-0.6b", "bf16")),
    ]
    assert rows == [_row(*start) for start in starts]


def _row(took: int, wish: LaunchSpec, model: ModelShape) -> tuple[str, str, str]:
    reckoned = (fit(wish, model, [H200]).needed_bytes or 0) // MIB
    off = f"{100 * (reckoned / took - 1):+.1f}".replace("-", "−")
    return f"{took:,}", f"{reckoned:,}", off


def _recorded_mib(trace: str) -> int:
    """What was used of the card in the first burst of that trace, without the driver's part."""
    seen: dict[str, int] = json.loads((DATA / "fit/nvml-memory-h200.json").read_text())
    return seen[trace] - RESERVED_MIB


def _smi_mib(process: str) -> int:
    text = (DATA / "fit/nvidia-smi-both-engines.txt").read_text()
    return int(_group(rf"{process}, (\d+) MiB", text))


def _mib(words: str, log: str) -> float:
    return float(_group(rf"{words} = +([\d.]+) MiB", log)) * MIB


def _group(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match, pattern
    return match[1]


def _first_number(text: str) -> int:
    return int(_group(r"([\d,]+) tokens", text).replace(",", ""))
