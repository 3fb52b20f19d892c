"""A model of the person's own, as the config file names it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One `[[models]]` of the config file. What is left out is not known, or inherited."""

    name: str
    ollama: str | None = None
    huggingface: str | None = None
    gguf: str | None = None
    quant_ollama: str | None = None
    quant_vllm: str | None = None
