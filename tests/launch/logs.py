"""Real logs of engines, and readers for them.

`vllm-*`, `ollama-*` and `llamacpp-*` are what real engines printed, with folders renamed;
`ollama-answers.txt` is what a real Ollama answered. `samples.txt` was composed as an example,
`quoted.txt` from the engines' source: that is no proof that an engine prints it.
"""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path

import msgspec

from burstview_engines.launch.hints import hints_of
from burstview_engines.launch.log_pieces import pieces
from burstview_engines.launch.log_reader import LogReader
from burstview_engines.launch.log_rules import RuleSet
from burstview_engines.launch.logs import llamacpp, ollama, sglang, vllm

FOLDER = Path(__file__).parents[1] / "data" / "logs"
RULES = {
    "ollama": RuleSet(ollama.PHASES, ollama.FAILURES),
    "vllm": RuleSet(vllm.PHASES, vllm.FAILURES),
    "llamacpp": RuleSet(llamacpp.PHASES, llamacpp.FAILURES),
    "sglang": RuleSet(sglang.PHASES, sglang.FAILURES),
}
SOURCES = {
    "ollama": ("ollama-", "llamacpp-"),  # what loads and runs a model in Ollama is llama-server
    "llamacpp": ("llamacpp-", "ollama-"),
    "vllm": ("vllm-",),
    "sglang": ("sglang-",),
}


class _Error(msgspec.Struct):
    error: str | _Said


class _Said(msgspec.Struct):
    message: str


@cache
def log(name: str) -> str:
    """The text of a log, by its file name without `.log`."""
    plain = FOLDER / f"{name}.log"
    if plain.exists():
        return plain.read_text(encoding="utf-8")
    return gzip.decompress((FOLDER / f"{name}.log.gz").read_bytes()).decode()


def names(prefix: str) -> list[str]:
    """The logs whose names begin so."""
    return sorted({path.name.split(".log")[0] for path in FOLDER.glob(f"{prefix}*.log*")})


@cache
def answers() -> tuple[str, ...]:
    """The error texts that a real Ollama answered with."""
    found = []
    for line in (FOLDER / "ollama-answers.txt").read_text(encoding="utf-8").splitlines():
        error = msgspec.json.decode(line, type=_Error).error
        found.append(error if isinstance(error, str) else error.message)
    return tuple(found)


@cache
def real_lines(engine: str) -> tuple[str, ...]:
    """All that real programs of this kind printed or answered."""
    texts = [log(name) for prefix in SOURCES[engine] for name in names(prefix)]
    if engine == "ollama":
        texts += answers()
    return tuple(line for text in texts for line in pieces(text))


@cache
def telling_lines(engine: str) -> tuple[str, ...]:
    """Those that hold a hint of any rule; that hints are true is tested on all lines."""
    rules = RULES[engine]
    hints = {hint for rule in (*rules.phases, *rules.failures) for hint in hints_of(rule.pattern)}
    return tuple(line for line in real_lines(engine) if any(hint in line for hint in hints))


def samples() -> tuple[str, ...]:
    """Lines composed as examples, of several engines."""
    return tuple(pieces((FOLDER / "samples.txt").read_text(encoding="utf-8")))


def quoted() -> list[tuple[str, str, str]]:
    """Engine, rule, and the line that the engine's source promises."""
    lines = (FOLDER / "quoted.txt").read_text(encoding="utf-8").splitlines()
    found = [line.split("\t", 2) for line in lines if not line.startswith("#")]
    return [(engine, rule, text) for engine, rule, text in found]


def read(engine: str, text: str) -> LogReader:
    """A reader that was fed the text line by line."""
    reader = LogReader(RULES[engine])
    for line in text.split("\n"):
        reader.feed(line)
    return reader
