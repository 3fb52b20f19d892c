"""The setting that limits how many requests an engine serves at once."""

from __future__ import annotations

KNOBS = {
    "ollama": "OLLAMA_NUM_PARALLEL",
    "vllm": "--max-num-seqs",
    "llamacpp": "--parallel",
    "sglang": "--max-running-requests",
}
"""By engine."""
