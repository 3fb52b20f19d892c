"""Ollama's settings: environment variables, read as its source reads them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PORT = 11434
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)")
SHOWN = (
    "OLLAMA_CONTEXT_LENGTH",
    "OLLAMA_FLASH_ATTENTION",
    "OLLAMA_HOST",
    "OLLAMA_KEEP_ALIVE",
    "OLLAMA_KV_CACHE_TYPE",
    "OLLAMA_MAX_LOADED_MODELS",
    "OLLAMA_MAX_QUEUE",
    "OLLAMA_MODELS",
    "OLLAMA_NUM_PARALLEL",
)
"""What the first line of the log tells, among more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a stand-in can follow of it."""

    host: str
    port: int
    num_parallel: int
    context_length: int | None
    """None: by the GPU's memory."""
    keep_alive: float
    """Seconds; infinite: for ever."""
    max_queue: int
    max_loaded: int
    flash_attention: bool | None
    kv_cache_type: str
    models: Path

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Settings:
        """Values that make no sense are as if they were not set, as in Ollama."""
        host, port = _address(environment.get("OLLAMA_HOST", ""))
        models = environment.get("OLLAMA_MODELS")
        home = environment.get("HOME", "/root")
        attention = environment.get("OLLAMA_FLASH_ATTENTION", "")
        return cls(
            host=host,
            port=port,
            num_parallel=_count(environment, "OLLAMA_NUM_PARALLEL") or 1,
            context_length=_count(environment, "OLLAMA_CONTEXT_LENGTH") or None,
            keep_alive=seconds(environment.get("OLLAMA_KEEP_ALIVE"), 300.0),
            max_queue=_count(environment, "OLLAMA_MAX_QUEUE") or 512,
            max_loaded=_count(environment, "OLLAMA_MAX_LOADED_MODELS") or 3,
            flash_attention=None if not attention else attention.lower() in ("1", "true", "t"),
            kv_cache_type=environment.get("OLLAMA_KV_CACHE_TYPE", ""),
            models=Path(models or f"{home}/.ollama/models"),
        )

    @property
    def listening(self) -> str:
        """As Go names the address."""
        return f"[::]:{self.port}" if self.host == "0.0.0.0" else f"{self.host}:{self.port}"

    def shown(self, environment: Mapping[str, str]) -> str:
        """The `server config` line's map."""
        told = {
            "OLLAMA_CONTEXT_LENGTH": str(self.context_length or 0),
            "OLLAMA_FLASH_ATTENTION": str(bool(self.flash_attention)).lower(),
            "OLLAMA_HOST": f"http://{self.host}:{self.port}",
            "OLLAMA_KEEP_ALIVE": environment.get("OLLAMA_KEEP_ALIVE", "5m0s"),
            "OLLAMA_KV_CACHE_TYPE": self.kv_cache_type,
            "OLLAMA_MAX_LOADED_MODELS": environment.get("OLLAMA_MAX_LOADED_MODELS", "0"),
            "OLLAMA_MAX_QUEUE": str(self.max_queue),
            "OLLAMA_MODELS": str(self.models),
            "OLLAMA_NUM_PARALLEL": str(self.num_parallel),
        }
        return " ".join(f"{name}:{told[name]}" for name in SHOWN)


def seconds(value: object, default: float) -> float:
    """A number of seconds or Go's duration; negative means for ever."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return math.inf if value < 0 else float(value)
    text = str(value or "").strip()
    if re.fullmatch(r"-?\d+", text):
        return math.inf if text.startswith("-") else float(text)
    found = _DURATION.findall(text)
    if not found:
        return default
    total = sum(float(number) * _UNITS[unit] for number, unit in found)
    return math.inf if text.startswith("-") else total


def _count(environment: Mapping[str, str], name: str) -> int | None:
    text = environment.get(name, "").strip()
    return int(text) if text.isdigit() else None


def _address(text: str) -> tuple[str, int]:
    """`0.0.0.0:11434`, `:8080`, `http://box`, `::1` or nothing."""
    bare = text.strip().strip("\"'")
    scheme, separator, rest = bare.partition("://")
    default = {"http": 80, "https": 443}.get(scheme, PORT) if separator else PORT
    bare = (rest if separator else bare).partition("/")[0]
    host, colon, port = bare.rpartition(":")
    if not colon or not port.isdigit():
        host, port = bare, ""
    return host.strip("[]") or "127.0.0.1", int(port) if port else default
