"""When something that costs a driver milliseconds is due again."""

from __future__ import annotations

import math


class Cadence:
    """Every so many seconds, at once at first."""

    def __init__(self, calm: float, hurried: float | None = None) -> None:
        """`hurried` while a burst goes on; None: not at all then, but for the first time."""
        self._calm, self._hurried = calm, hurried
        self._last = -math.inf

    def is_due(self, now: float, *, hurries: bool) -> bool:
        """Whether it is time; if so, the next time is reckoned from now."""
        if self.seconds_left(now, hurries=hurries) > 0:
            return False
        self._last = now
        return True

    def seconds_left(self, now: float, *, hurries: bool) -> float:
        """Until it is due; infinite while it is not to be done."""
        if self._last == -math.inf:
            return 0.0
        period = self._hurried if hurries else self._calm
        return math.inf if period is None else max(self._last + period - now, 0.0)
