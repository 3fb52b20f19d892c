"""The progress of `POST /api/pull`: lines of JSON under HTTP 200, errors too."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec


class _Line(msgspec.Struct, frozen=True):
    status: str = ""
    digest: str = ""
    total: int | None = None
    completed: int = 0
    """Left out at 0."""
    error: str | None = None


_DECODER = msgspec.json.Decoder(_Line)


@dataclass(slots=True)
class PullProgress:
    """Folds the lines of one pull; the bytes of all layers seen so far count together."""

    status: str = ""
    done: bool = False
    """`success` came: the only sign, a layer may never show its end."""
    error: str | None = None
    """Ollama's words; damage is found at the very end."""
    _total: dict[str, int] = field(default_factory=dict)
    _completed: dict[str, int] = field(default_factory=dict)

    @property
    def total_bytes(self) -> int:
        """Of the layers that Ollama has begun; it begins them one after the other."""
        return sum(self._total.values())

    @property
    def completed_bytes(self) -> int:
        """Loaded, this time or an earlier one."""
        return sum(self._completed.values())

    def feed(self, line: bytes) -> None:
        """Take one line; an empty or damaged one changes nothing."""
        try:
            event = _DECODER.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return
        self.status = event.status or self.status
        self.error = event.error or self.error
        self.done = self.done or event.status == "success"
        if event.digest and event.total is not None:
            self._total[event.digest] = event.total
            known = self._completed.get(event.digest, 0)
            self._completed[event.digest] = max(known, event.completed)
