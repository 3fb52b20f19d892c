"""How one engine is started: image, ports, volumes, options, phases, failures. Data only."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from burstview_engines.core.backend import Engine
from burstview_engines.core.managed import LaunchPhase
from burstview_engines.launch.option import Option

Anew = Literal["", "run", "load"]
"""`run`: the line begins a new run, nothing before it counts. `load`: a model is loaded anew into a
running engine; what failed with the one before is over, and phases may come again."""

Figures = Callable[[Mapping[str, str]], Mapping[str, str] | None]
"""From the groups of a match to what the sentence needs beside them; None: it is no failure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseRule:
    """A log line that tells a phase, or a fact by its named groups."""

    name: str
    pattern: re.Pattern[str]
    phase: LaunchPhase | None = None
    """None: only facts are read."""
    words: str = ""
    """What the screen says beside the phase; may hold `{group}`. docs/phases.md names the groups
    that become facts."""
    anew: Anew = ""
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
    lasts: bool = False
    """A warning about the engine, not about the model it loaded: loading anew does not end it."""
    figures: Figures | None = None
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
    file_flag: str | None = None
    """The flag instead of `model_flag` where the model is a GGUF file."""
    positional_model: bool = False
    """The local command takes the model as its first word."""
    heads: tuple[tuple[str, ...], ...] = ()
    """Beginnings of other people's commands: programs and subcommands before the arguments."""
    has_underscores: bool = False
    """Flags may be spelled with `_` for `-` (vLLM)."""
    cache: str
    """The folder in the container that holds models: a volume, or the mounted cache."""
    volume: str = "huggingface"
    """The suffix of that volume's name; engines that share a layout share it."""
    weights_folder: str | None = None
    """Where a folder of this machine that holds models is mounted, read-only."""
    weights_env: str | None = None
    """What tells a local process of such a folder."""
    weights_environment: tuple[tuple[str, str], ...] = ()
    """Set in a container that reads models from such a folder."""
    more_volumes: tuple[tuple[str, str], ...] = ()
    """(suffix of the volume's name, folder), such as vLLM's compile cache."""
    environment: tuple[tuple[str, str], ...] = ()
    """Always set: no telemetry."""
    offline_environment: tuple[tuple[str, str], ...] = ()
    """Set where the network is off."""
    shm_bytes: int | None = None
    stop_seconds: int = 10
    listen_env: str | None = None
    """The variable with host and port; None: `--host` and `--port`."""
    reads_token_file: bool = False
    """Whether it finds a Hugging Face token by HF_TOKEN_PATH."""
    api_key_flag: str | None = None
    """Seen by everyone in the process list: read in others' commands, never handed over."""
    api_key_env: str | None = None
    """None, and no file's flag: the engine has no key, or none that stays secret."""
    api_key_file_flag: str | None = None
    options: tuple[Option, ...]
    phases: tuple[PhaseRule, ...]
    failures: tuple[FailureRule, ...]

    def option(self, name: str) -> Option | None:
        """The option of that name."""
        return next((option for option in self.options if option.name == name), None)
