"""Log text as the lines that patterns are tried on."""

from __future__ import annotations

from collections.abc import Iterator

from burstview_engines.core.text import harmless

LIMIT = 4096
"""Characters of a line that are looked at: of progress in one line the newest, else the first."""


def pieces(text: str) -> list[str]:
    """Lines, and what was overwritten by carriage returns within them, oldest first."""
    if "\n" not in text and "\r" not in text:
        return [_plain(text[:LIMIT])] if text else []
    return [piece for line in text.split("\n") for piece in _overwritten(line)]


def _overwritten(line: str) -> Iterator[str]:
    if "\r" not in line:
        if line:
            yield _plain(line[:LIMIT])
        return
    for piece in line[-LIMIT:].split("\r"):
        if piece:
            yield _plain(piece)


def _plain(line: str) -> str:
    """Colours would stand between the words that patterns look for."""
    return harmless(line) if "\x1b" in line else line
