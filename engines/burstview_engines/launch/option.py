"""One option of an engine: what it means, what it may be, how it is handed over."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["count", "number", "switch", "choice", "text", "duration"]
Effect = Literal["restart", "reload"]
"""When a change takes effect: after the engine is started anew, or when the model is loaded anew
(of a running Ollama too an environment variable needs a restart)."""

_DURATION = re.compile(r"-?\d+|(\d+(\.\d+)?(ns|us|ms|s|m|h))+")
"""Seconds, negative for ever, or Go's durations."""


class OptionError(Exception):
    """A value that the option cannot take; the text is one sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """Values are texts everywhere: `4`, `0.7`, `on`, `auto`."""

    name: str
    """Stable: command line, config, recordings."""
    meaning: str
    """A phrase for the form."""
    default: str
    """What the engine does without it, in words."""
    kind: Kind
    flag: str | None = None
    """`--max-num-seqs`; of a switch, the flag that turns it on."""
    off_flag: str | None = None
    """The flag that turns a switch off, where there is one."""
    aliases: tuple[str, ...] = ()
    """Other flags of the same meaning."""
    env: str | None = None
    """The environment variable that carries it instead of a flag."""
    choices: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    """What a number's place may hold besides numbers: `auto`."""
    times: str | None = None
    """The option by which this one's value is multiplied when it is handed over: llama.cpp is
    told the context of all slots together. Without that option it is handed over as it is."""
    ours: str | None = None
    """What is handed over when nothing was chosen, where we want otherwise than the engine."""
    minimum: float | None = None
    maximum: float | None = None
    effect: Effect = "restart"
    source: str = ""
    """Where its meaning and default were read."""

    def check(self, text: str) -> str:
        """The value as it is handed over. Raises OptionError."""
        value = text.strip()
        match self.kind:
            case "count" | "number":
                return self._check_number(value)
            case "switch":
                return self._check_choice({"yes": "on", "no": "off"}.get(value, value), _SWITCH)
            case "choice":
                return self._check_choice(value, self.choices)
            case "duration":
                if _DURATION.fullmatch(value):
                    return value
                raise OptionError(f"{self.name} takes a duration like 30m, or -1 for ever.")
            case "text":
                return self._check_text(value)

    def _check_number(self, value: str) -> str:
        if value in self.words:
            return value
        try:
            number = int(value) if self.kind == "count" else float(value)
        except ValueError:
            number = float("nan")
        low, high = self.minimum, self.maximum
        if (
            number != number
            or (low is not None and number < low)
            or (high is not None and number > high)
        ):
            raise OptionError(f"{self.name} takes {self.range_words}, not {value!r}.")
        return value

    @property
    def range_words(self) -> str:
        """`a whole number of at least 1`, `a whole number or auto`."""
        noun = "a whole number" if self.kind == "count" else "a number"
        low = None if self.minimum is None else f"{self.minimum:g}"
        high = None if self.maximum is None else f"{self.maximum:g}"
        if low is not None and high is not None:
            noun += f" from {low} to {high}"
        elif low is not None:
            noun += f" of at least {low}"
        elif high is not None:
            noun += f" of at most {high}"
        return " or ".join((noun, *self.words))

    def _check_choice(self, value: str, choices: tuple[str, ...]) -> str:
        if value in choices:
            return value
        raise OptionError(f"{self.name} takes one of {', '.join(choices)}, not {value!r}.")

    def _check_text(self, value: str) -> str:
        if value and value.isprintable():
            return value
        raise OptionError(f"{self.name} takes a printable text.")


_SWITCH = ("on", "off")
