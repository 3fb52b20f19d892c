"""A burst that was faster than the eye, shown again slower."""

from __future__ import annotations

from dataclasses import dataclass

TOO_FAST_TO_SEE = 1.0
"""A burst that took less seconds is shown again by itself."""
WATCHABLE = 6.0
"""Seconds that a slowed replay takes, about."""
FACTORS = (2, 3, 4, 5, 6, 8, 10, 15, 20, 25, 30, 40, 50, 60, 80, 100, 150, 200, 300, 500, 1000)


@dataclass(frozen=True, slots=True)
class SlowMotion:
    """A replay in progress: `began` is the viewer's clock, `span` the real seconds to show."""

    began: float
    span: float
    factor: int

    def shown(self, clock: float) -> float:
        """Real seconds into the burst at the viewer's `clock`."""
        return (clock - self.began) / self.factor

    def is_over(self, clock: float) -> bool:
        """Whether the last real second has been shown."""
        return self.shown(clock) > self.span


def begin(span: float, clock: float) -> SlowMotion:
    """Slow enough to watch: the first round factor that makes it last about six seconds."""
    wanted = WATCHABLE / max(span, 1e-3)
    return SlowMotion(clock, span, next((f for f in FACTORS if f >= wanted), FACTORS[-1]))
