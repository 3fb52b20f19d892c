"""A command taken apart: which words are options, the model, ours to set, secret, or anything."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from burstview_engines.launch.mask import has_known_secret, is_secret_flag
from burstview_engines.launch.option import Option
from burstview_engines.launch.profile import LaunchProfile

Role = Literal["head", "model", "option", "own", "secret", "rest"]
"""`own`: host, port and the key's file, which a start sets by itself."""

MODEL_FLAGS = ("--model", "--model-path", "-m", "-hf", "--hf-repo", "-hfr")
OWN_FLAGS = ("--host", "--port", "--api-key-file")

_NUMBER = re.compile(r"-\d+(\.\d+)?")
_PYTHON = re.compile(r"python[\d.]*")


@dataclass(frozen=True, slots=True)
class Piece:
    """Words that belong together, in their order in the command."""

    role: Role
    words: tuple[str, ...]
    option: Option | None = None
    told: str = ""
    """The value as the command has it; the model's name."""


def take_apart(profile: LaunchProfile, command: Sequence[str]) -> tuple[Piece, ...]:
    """All words of the command, each in one piece."""
    head = _head(profile, command)
    reader = _Reader(profile, list(command[head:]))
    first = (Piece("head", tuple(command[:head])),) if head else ()
    return (*first, *reader.pieces())


class _Reader:
    def __init__(self, profile: LaunchProfile, words: list[str]) -> None:
        self._profile, self._words = profile, words
        self._pieces: list[Piece] = []

    def pieces(self) -> list[Piece]:
        while self._words:
            word = self._words[0]
            self._pieces.append(self._flagged() if is_flag(word) else self._positional())
        return self._pieces

    def _positional(self) -> Piece:
        word = self._words.pop(0)
        has_model = any(piece.role == "model" for piece in self._pieces)
        if self._profile.positional_model and not has_model:
            return Piece("model", (word,), told=word)
        return Piece("rest", (word,))

    def _flagged(self) -> Piece:
        word = self._words.pop(0)
        flag, sign, inline = word.partition("=")
        flag = self._plain(flag)
        values = [inline] if sign else self._values()
        if is_secret_flag(flag) or has_known_secret(" ".join((word, *values))):
            return self._piece("secret", word, values, sign, most=None)
        option = _option(self._profile, flag)
        if option is not None:
            return self._option(option, flag, word, values, sign)
        if flag in MODEL_FLAGS and values:
            return self._piece("model", word, values, sign, most=1, told=values[0])
        if flag in OWN_FLAGS:
            return self._piece("own", word, values, sign, most=1)
        return self._piece("rest", word, values, sign, most=None)

    def _option(self, option: Option, flag: str, word: str, values: list[str], sign: str) -> Piece:
        if option.kind == "switch":
            told = "off" if flag == option.off_flag else "on"
            piece = self._piece("option", word, values, sign, most=0, told=told)
            return replace(piece, role="rest") if sign else replace(piece, option=option)
        if not values or (len(values) > 1 and option.kind == "text"):
            return self._piece("rest", word, values, sign, most=None)
        piece = self._piece("option", word, values, sign, most=1, told=values[0])
        return replace(piece, option=option)

    def _piece(
        self,
        role: Role,
        word: str,
        values: list[str],
        sign: str,
        *,
        most: int | None,
        told: str = "",
    ) -> Piece:
        """Takes the values that belong to it out of the words."""
        taken = [] if sign else values[:most]
        del self._words[: len(taken)]
        return Piece(role, (word, *taken), told=told)

    def _values(self) -> list[str]:
        """The words up to the next flag."""
        end = next((i for i, word in enumerate(self._words) if is_flag(word)), len(self._words))
        return self._words[:end]

    def _plain(self, flag: str) -> str:
        is_long = flag.startswith("--") and self._profile.has_underscores
        return flag.replace("_", "-") if is_long else flag


def is_flag(word: str) -> bool:
    """`-1` is a value."""
    return word.startswith("-") and word != "-" and not _NUMBER.fullmatch(word)


def _option(profile: LaunchProfile, flag: str) -> Option | None:
    for option in profile.options:
        if flag in (option.flag, option.off_flag, *option.aliases):
            return option
    return None


def _head(profile: LaunchProfile, command: Sequence[str]) -> int:
    """How many words come before the arguments."""
    lengths = [len(head) for head in profile.heads if _begins(command, head)]
    if lengths:
        return max(lengths)
    if len(command) > 2 and command[0] == "-c" and "os.exec" in command[1]:
        return 2 + _head(profile, command[2:])
    return 0


def _begins(command: Sequence[str], head: Sequence[str]) -> bool:
    if len(command) < len(head):
        return False
    program = command[0].rpartition("/")[2]
    first = "python3" if _PYTHON.fullmatch(program) else program
    return (first, *command[1 : len(head)]) == tuple(head)
