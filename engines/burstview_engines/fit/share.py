"""A loaded model that lies partly on the CPU: what Ollama's `/api/ps` tells of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GpuShare:
    """How much of a loaded model is on GPUs."""

    share: float
    """0 to 1, by bytes."""
    mark: str
    """For a table: `71 % GPU`; empty where all of it is there."""
    sentence: str
    """Empty where all of it is there."""


def on_gpu_share(size: int | None, size_vram: int | None) -> GpuShare | None:
    """From `size` and `size_vram` in bytes; None where the server does not tell both."""
    if size is None or size_vram is None or size <= 0 or size_vram < 0:
        return None
    share = min(1.0, size_vram / size)
    if share == 1.0:
        return GpuShare(1.0, "", "")
    if share == 0.0:
        return GpuShare(0.0, "CPU", "The model is on the CPU: no GPU computes it.")
    percent = min(99, max(1, round(100 * share)))
    return GpuShare(
        share,
        f"{percent} % GPU",
        f"Only {percent} % of the model is on the GPU, the CPU computes the rest, slowly: give it a"
        " shorter context, fewer slots or a smaller model.",
    )
