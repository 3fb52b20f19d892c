"""A command line wrapped between its words, so that the rows can be copied as they stand."""

from __future__ import annotations

import re

from burstview.draw.runs import Run, fit

Row = tuple[Run, ...]
_INDENT = "    "
_WORD = re.compile(r"""(?:'[^']*'|"[^"]*"|[^\s'"])+""")


def command_rows(command: str, width: int) -> list[Row]:
    """Rows that end in `\\` go on; a word longer than a row is broken all the same."""
    room = width - 3
    rows = [row for line in command.split("\n") for row in _rows(line, room)]
    return [fit((Run(" "), *row), width) for row in rows]


def _rows(command: str, room: int) -> list[Row]:
    lines: list[str] = []
    line = ""
    for word in _pieces(command):
        start = _INDENT if lines else ""
        longer = f"{line} {word}" if line else f"{start}{word}"
        if line and len(longer) > room:
            lines.append(line)
            line = f"{_INDENT}{word}"
        else:
            line = longer
    *before, last = [*lines, line]
    wrapped = [row for text in before for row in _broken(text, room, goes_on=True)]
    return wrapped + _broken(last, room, goes_on=False)


def _pieces(command: str) -> list[str]:
    """Words; a flag keeps the value behind it."""
    pieces: list[str] = []
    for word in _words(command):
        before = pieces[-1] if pieces else ""
        if before.startswith("-") and " " not in before and not word.startswith("-"):
            pieces[-1] = f"{before} {word}"
        else:
            pieces.append(word)
    return pieces


def _words(command: str) -> list[str]:
    """Split at spaces outside of quotes, as far as the quotes make sense."""
    words = _WORD.findall(command)
    return words if " ".join(words) == command else command.split(" ")


def _broken(text: str, room: int, *, goes_on: bool) -> list[Row]:
    parts = [text[start : start + room] for start in range(0, len(text), room)] or [""]
    rows: list[Row] = [(Run(part, "word"),) for part in parts]
    if goes_on:
        rows[-1] = (*rows[-1], Run(" \\", "more"))
    return rows
