"""Displays for headless bursts: bars on a terminal, lines anywhere else."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from typing import TextIO

from burstview.headless_bars import picture
from burstview.headless_lines import news
from burstview.reading import reading
from burstview_engines.core.session import EMPTY, Snapshot
from burstview_engines.core.text import one_line

HIDE_CURSOR, SHOW_CURSOR, CLEAR_DOWN, CLEAR_LINE = "\x1b[?25l", "\x1b[?25h", "\x1b[J", "\x1b[K"

Size = Callable[[], os.terminal_size]


class Paper:
    """A text stream that may close behind our back; then it swallows everything and says so."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.is_gone = False

    def write(self, text: str) -> None:
        """Write and flush."""
        if self.is_gone:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):
            self.is_gone = True

    @property
    def is_terminal(self) -> bool:
        """Whether a picture can be redrawn on it."""
        return self._stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"


class LinesDisplay:
    """One line for each thing that happened."""

    def __init__(self, paper: Paper) -> None:
        self._paper = paper
        self._shown = EMPTY

    @property
    def is_gone(self) -> bool:
        """The stream is closed."""
        return self._paper.is_gone

    def show(self, snapshot: Snapshot) -> None:
        """Print what is new since the last snapshot."""
        lines = "".join(f"{line}\n" for line in news(self._shown, snapshot))
        self._shown = snapshot
        if lines:
            self._paper.write(lines)

    def end(self, snapshot: Snapshot) -> None:
        """Print the rest, then what it means."""
        self.show(snapshot)
        self._paper.write("".join(f"{line}\n" for line in reading(snapshot.runs)))


class BarsDisplay:
    """Bars that are redrawn in place, and notices above them."""

    def __init__(self, paper: Paper, size: Size = shutil.get_terminal_size) -> None:
        self._paper = paper
        self._size = size
        self._drawn = 0
        self._notices: tuple[str, ...] = ()

    @property
    def is_gone(self) -> bool:
        """The terminal hung up."""
        return self._paper.is_gone

    def show(self, snapshot: Snapshot) -> None:
        """Redraw; the picture always leaves a line free, so that the terminal never scrolls it."""
        columns, rows = self._size()
        notices = [one_line(n) for n in snapshot.notices if n not in self._notices]
        self._notices = snapshot.notices
        lines = picture(snapshot.runs, snapshot.now, columns - 1, max(2, rows - 2))
        self._draw(notices, lines)

    def end(self, snapshot: Snapshot) -> None:
        """Leave the whole last picture, what it means, and the cursor as it was."""
        self.show(snapshot)
        self._paper.write("".join(f"{line}\n" for line in reading(snapshot.runs)) + SHOW_CURSOR)

    def _draw(self, notices: list[str], lines: list[str]) -> None:
        up = f"\x1b[{self._drawn}A" if self._drawn else ""
        body = "".join(f"{line}{CLEAR_LINE}\n" for line in (*notices, *lines))
        self._paper.write(f"{HIDE_CURSOR}{up}\r{body}{CLEAR_DOWN}")
        self._drawn = len(lines)


def display_on(stream: TextIO) -> LinesDisplay | BarsDisplay:
    """Bars where they can be redrawn, else lines."""
    paper = Paper(stream)
    return BarsDisplay(paper) if paper.is_terminal else LinesDisplay(paper)
