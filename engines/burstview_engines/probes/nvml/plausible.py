"""What a driver's number means, or None where it cannot be true.

Drivers say "not known" by all bits set, and some have bugs: a share above 100 % was seen.
"""

from __future__ import annotations

MOST_BYTES = 1 << 50
MOST_WATTS = 20_000.0
MOST_MHZ = 100_000
MOST_CELSIUS = 200
SLACK = 1.0
"""Percent above 100 that rounding in the driver explains."""


def percent(value: float | None) -> float | None:
    """0 to 100. NaN is not."""
    if value is None or not 0 <= value <= 100 + SLACK:
        return None
    return min(float(value), 100.0)


def size(value: int | None) -> int | None:
    """Bytes."""
    return int(value) if value is not None and 0 <= value < MOST_BYTES else None


def watts(milliwatts: float | None) -> float | None:
    """From milliwatts."""
    if milliwatts is None or not 0 <= milliwatts / 1000 < MOST_WATTS:
        return None
    return milliwatts / 1000


def megahertz(value: int | None) -> float | None:
    """As it is."""
    return float(value) if value is not None and 0 <= value < MOST_MHZ else None


def celsius(value: int | None) -> float | None:
    """As it is; 0 is "not known" of some memory sensors and of no running GPU."""
    return float(value) if value is not None and 0 < value < MOST_CELSIUS else None


def count(value: int | None, below: int) -> int | None:
    """A small number, such as a P-state or a number of lanes."""
    return int(value) if value is not None and 0 <= value < below else None
