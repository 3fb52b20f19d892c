"""An engine's log without the API key that it was given: some engines print it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
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
        return masked_lines(self._view.since(number), self._mask)


def masked_lines(lines: Iterable[LogLine], mask: Callable[[str], str]) -> tuple[LogLine, ...]:
    """Those without a key as they are."""
    texts = ((line, mask(line.text)) for line in lines)
    return tuple(line if text == line.text else replace(line, text=text) for line, text in texts)
