"""The expected figures of every /metrics, /api/ps and /api/pull capture."""

from __future__ import annotations

Load = tuple[int | None, int | None, float | None]
"""Running, waiting, share of the KV cache in use."""

_IDLE: Load = (0, 0, 0.0)
_LLAMA_IDLE: Load = (0, 0, None)
NONE: Load = (None, None, None)

METRICS: dict[str, Load] = {
    "llamacpp/metrics.txt": _LLAMA_IDLE,
    "llamacpp/metrics_np1_after.txt": _LLAMA_IDLE,
    "llamacpp/metrics_np1_before.txt": _LLAMA_IDLE,
    "llamacpp/metrics_np1_during1.txt": (1, 13, None),
    "llamacpp/metrics_np1_during2.txt": (1, 12, None),
    "llamacpp/metrics_np1_during3.txt": (1, 13, None),
    "llamacpp/metrics_np8_after.txt": _LLAMA_IDLE,
    "llamacpp/metrics_np8_before.txt": _LLAMA_IDLE,
    "llamacpp/metrics_np8_during1.txt": (8, 8, None),
    "llamacpp/metrics_np8_during2.txt": (8, 0, None),
    "llamacpp/metrics_np8_during3.txt": (8, 16, None),
    "ollama/metrics.txt": NONE,
    "vllm/metrics_after_seqs128.txt": _IDLE,
    "vllm/metrics_before.txt": _IDLE,
    "vllm/metrics_seqs128_after.txt": _IDLE,
    "vllm/metrics_seqs128_before.txt": _IDLE,
    "vllm/metrics_seqs128_during.txt": (64, 0, 0.017823353476164372),
    "vllm/metrics_seqs1_after.txt": _IDLE,
    "vllm/metrics_seqs1_before.txt": _IDLE,
    "vllm/metrics_seqs1_during.txt": (1, 5, 6.103888176767214e-05),
    "vllm/metrics_smallkv_after.txt": _IDLE,
    "vllm/metrics_smallkv_during.txt": (1, 8, 0.36363636363636365),
}
"""Ollama has no /metrics: a 404."""

KV_TOKENS: dict[str, int] = {
    name: 1536 if "smallkv" in name else 2097152 for name in METRICS if name.startswith("vllm/")
}

PS: dict[str, tuple[tuple[str, int | None, str], ...]] = {
    "ollama/ps_after_unload.txt": (),
    "ollama/ps_empty.txt": (),
    "ollama/ps_loaded.txt": (("qwen3:0.6b", 4096, "F16"),),
    "ollama/ps_np1_after.txt": (("qwen3:0.6b", 4096, "F16"),),
    "ollama/ps_np4_after.txt": (("qwen3:0.6b", 4096, "F16"),),
}
"""Name, context of one slot and quantisation of each loaded model."""

_SUM = "digest mismatch, file must be downloaded again"
PULLS: dict[str, tuple[bool, str | None, int]] = {
    "ollama/pull_abort.txt": (True, None, 86086752 + 102),
    "ollama/pull_corrupt.txt": (False, _SUM, 86086752 + 102),
    "ollama/pull_cut.txt": (False, "http: no Location header in response", 0),
    "ollama/pull_nomanifest.txt": (False, "pull model manifest: file does not exist", 0),
    "ollama/pull_noregistry.txt": (False, "connect: connection refused", 0),
    "ollama/pull_ok.txt": (True, None, 86086752 + 102),
}
"""Whether it succeeded, words of its error, and the bytes of all its layers."""
