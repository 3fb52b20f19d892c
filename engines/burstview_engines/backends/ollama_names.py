"""Names of Ollama's models."""

from __future__ import annotations


def same_model(one: str, other: str | None) -> bool:
    """Ollama reads a name without a tag as `:latest`."""
    if other is None:
        return False
    return _tagged(one) == _tagged(other)


def _tagged(name: str) -> str:
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"
