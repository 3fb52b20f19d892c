"""Frames only as fast as the terminal takes them: each asks for an answer behind itself.

On a slow line, frames pile up in socket buffers and keys are answered seconds late. A cursor report
(`CSI 6n`) asked for behind a frame comes back when the frame was drawn.
"""

from __future__ import annotations

from dataclasses import dataclass

ASK = "\x1b[6n"
"""Device status report: the terminal answers with its cursor's position."""
PATIENCE = 1.0
"""Seconds after which an answer is not waited for any more: some terminals never answer."""


@dataclass(slots=True)
class Pacer:
    """Whether the next frame may go out. Times are seconds of any one clock."""

    round_trip: float | None = None
    """The newest time from asking to the answer; None before the first."""
    _asked: float | None = None

    def may_draw(self, now: float) -> bool:
        """No question is open, or it has been for too long."""
        return self._asked is None or now - self._asked >= PATIENCE

    def asked(self, now: float) -> None:
        """A frame and the question behind it went out."""
        self._asked = now

    def answered(self, now: float) -> None:
        """The terminal answered; an answer nobody asked for counts for nothing."""
        if self._asked is not None:
            self.round_trip = now - self._asked
            self._asked = None
