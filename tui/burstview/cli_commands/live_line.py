"""What a command says on stderr while it waits: one line that is rewritten, where it can be."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from typing import TextIO

from burstview.headless_display import CLEAR_LINE, Paper
from burstview_engines.core.text import harmless

PERIOD = 2.0
"""Seconds between two lines about the same thing where nothing can be rewritten."""


class LiveLine:
    """On a terminal the last line tells how far it is; elsewhere a line now and then does."""

    def __init__(
        self,
        stream: TextIO | None = None,
        *,
        columns: Callable[[], int] = lambda: shutil.get_terminal_size().columns,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """On stderr, unless told otherwise."""
        self._paper = Paper(stream or sys.stderr)
        self._columns, self._clock = columns, clock
        self._is_rewritten = self._paper.is_terminal
        self._shown = ""
        self._topic = ""
        self._told: float | None = None

    @property
    def is_rewritten(self) -> bool:
        """What was shown is gone with the next thing: what is worth keeping must be said."""
        return self._is_rewritten

    def say(self, sentence: str) -> None:
        """A line that stays."""
        shown = self._shown
        self.clear()
        self._paper.write(f"{sentence}\n")
        if shown:
            self._rewrite(shown)

    def show(self, topic: str, words: str) -> None:
        """How far it is; `topic` is what goes on now. Elsewhere than on a terminal a new topic is
        a line at once, new words about it only after a while."""
        text = harmless(words)
        if self._is_rewritten:
            self._rewrite(text)
        elif topic != self._topic or (text != self._shown and self._is_due()):
            self._paper.write(f"{text}\n")
            self._shown, self._told = text, self._clock()
        self._topic = topic

    def clear(self) -> None:
        """Take the line away that is rewritten."""
        if self._is_rewritten and self._shown:
            self._paper.write(f"\r{CLEAR_LINE}")
            self._shown = ""

    def _rewrite(self, text: str) -> None:
        fitting = text[: max(1, self._columns() - 1)]
        if fitting != self._shown:
            self._paper.write(f"\r{fitting}{CLEAR_LINE}")
            self._shown = fitting

    def _is_due(self) -> bool:
        return self._told is None or self._clock() - self._told >= PERIOD
