"""An engine's log without the API key that it was given: some engines print it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from burstview_engines.control import LogLine, LogView


class MaskedLog:
    """The same lines; a key that is learnt later is masked from then on."""

    def __init__(self, view: LogView, mask: Callable[[str], str]) -> None:
        self._view, self._mask = view, mask

    @property
    def last_number(self) -> int:
        """Of the newest line; 0 before the first."""
        return self._view.last_number

    def since(self, number: int) -> tuple[LogLine, ...]:
        """The kept lines after that number."""
        return tuple(self._masked(line) for line in self._view.since(number))

    def _masked(self, line: LogLine) -> LogLine:
        text = self._mask(line.text)
        return line if text == line.text else replace(line, text=text)
