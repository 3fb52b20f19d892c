"""Thinking that a server leaves inside the answer, between <think> and </think>.

vLLM and SGLang do so when they run without --reasoning-parser.
"""

from __future__ import annotations

from enum import Enum, auto

OPEN, CLOSE = "<think>", "</think>"


class _State(Enum):
    UNDECIDED = auto()
    THINKING = auto()
    ANSWERING = auto()


class InlineThinking:
    """Tells for each content piece of one answer whether it is thinking.

    A piece is all one or the other: the piece with the closing tag still counts as thinking.
    """

    def __init__(self) -> None:
        self.is_settled = False
        """True once the answer began: nothing after it is thinking."""
        self.was_seen = False
        self._state = _State.UNDECIDED
        self._tail = ""

    def is_thinking(self, text: str) -> bool:
        """Take the next piece."""
        if self._state is _State.UNDECIDED:
            self._decide(text)
        if self._state is _State.THINKING:
            self._look_for_end(text)
            return True
        return False

    def _decide(self, text: str) -> None:
        self._tail += text
        begun = self._tail.lstrip()
        if begun.startswith(OPEN):
            self._state, self.was_seen, self._tail = _State.THINKING, True, ""
        elif not OPEN.startswith(begun):
            self._answer()

    def _look_for_end(self, text: str) -> None:
        self._tail = (self._tail + text)[-len(text) - len(CLOSE) :]
        if CLOSE in self._tail:
            self._answer()

    def _answer(self) -> None:
        self._state, self.is_settled, self._tail = _State.ANSWERING, True, ""
