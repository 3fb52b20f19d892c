"""A command line wrapped between its words, so that the rows can be copied as they stand."""

from __future__ import annotations

from burstview.draw.runs import Run, fit

Row = tuple[Run, ...]
_INDENT = "    "


def command_rows(command: str, width: int) -> list[Row]:
    """Rows that end in `\\` go on; a word longer than a row is broken all the same."""
    room = width - 3
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
    lines.append(line)
    broken = [part for at, text in enumerate(lines) for part in _broken(text, at, lines, room)]
    return [fit((Run(" "), *part), width) for part in broken]


def _pieces(command: str) -> list[str]:
    """Words; a flag keeps the value behind it."""
    pieces: list[str] = []
    for word in command.split(" "):
        before = pieces[-1] if pieces else ""
        if before.startswith("-") and " " not in before and not word.startswith("-"):
            pieces[-1] = f"{before} {word}"
        else:
            pieces.append(word)
    return pieces


def _broken(text: str, at: int, lines: list[str], room: int) -> list[Row]:
    parts = [text[start : start + room] for start in range(0, len(text), room)] or [""]
    rows: list[Row] = [(Run(part, "word"),) for part in parts]
    if at < len(lines) - 1:
        rows[-1] = (*rows[-1], Run(" \\", "more"))
    return rows
