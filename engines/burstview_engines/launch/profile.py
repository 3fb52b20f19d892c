"""How one engine is started: image, ports, volumes, options, phases, failures. Data only."""

from __future__ import annotations

import re
from dataclasses import dataclass

from burstview_engines.core.backend import Engine
from burstview_engines.core.managed import LaunchPhase
from burstview_engines.launch.option import Option


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseRule:
    """A log line that tells a phase, or a fact by its named groups."""

    name: str
    pattern: re.Pattern[str]
    phase: LaunchPhase | None = None
    """None: only facts are read."""
    verified: bool = True
    """A line that a real engine printed is among the tests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureRule:
    """A log line that tells why the engine cannot go on."""

    kind: str
    pattern: re.Pattern[str]
    sentence: str
    """May hold `{group}` of the pattern's named groups."""
    step: str
    is_generic: bool = False
    """Names no cause: a better line before it wins."""
    is_fatal: bool = True
    """False: the engine goes on, the sentence is a warning."""
    verified: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchProfile:
    """One engine family, as containers and local processes."""

    engine: Engine
    label: str
    image: str
    """Without a tag."""
    tag: str
    """The pinned default."""
    cpu_image: str | None = None
    """The whole reference of an image that needs no GPU, where the engine publishes one."""
    port: int
    """Inside the container, and the usual one on a host."""
    ready_path: str
    """Answers 200 when the engine is ready."""
    command: tuple[str, ...] = ()
    """What the container's image must be told, before the options."""
    process: tuple[str, ...]
    """The local command, before the options: `("vllm", "serve")`."""
    model_flag: str | None
    """None: models are chosen by request (Ollama)."""
    needs_model: bool
    cache: str
    """The folder in the container that holds models: a volume, or the mounted cache."""
    more_volumes: tuple[tuple[str, str], ...] = ()
    """(suffix of the volume's name, folder), such as vLLM's compile cache."""
    environment: tuple[tuple[str, str], ...] = ()
    """Always set: no telemetry."""
    offline_environment: tuple[tuple[str, str], ...] = ()
    """Set where the network is off."""
    shm_bytes: int | None = None
    stop_seconds: int = 10
    api_key_flag: str | None = None
    api_key_env: str | None = None
    options: tuple[Option, ...]
    phases: tuple[PhaseRule, ...]
    failures: tuple[FailureRule, ...]

    def option(self, name: str) -> Option | None:
        """The option of that name."""
        return next((option for option in self.options if option.name == name), None)
