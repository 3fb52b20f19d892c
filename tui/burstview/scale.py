"""The slider's logarithmic scale: values 1 to 1024 to cells and back."""

from __future__ import annotations

from math import exp2, log2

LOW, HIGH = 1, 1024
OCTAVES = 10
TICKS = tuple(1 << power for power in range(11))
"""1, 2, 4 … 1024: each the same distance from the next."""


def clamp(value: int) -> int:
    """The nearest value on the scale."""
    return max(LOW, min(HIGH, value))


def cell_of(value: int, width: int) -> int:
    """Column of a value on a track of `width` cells."""
    return int(log2(clamp(value)) / OCTAVES * (width - 1) + 0.5)


def value_at(cell: int, width: int) -> int:
    """The roundest value that is drawn in a column: a power of two wins, else the middle."""
    cell = max(0, min(width - 1, cell))
    for tick in TICKS:
        if cell_of(tick, width) == cell:
            return tick
    return clamp(round(exp2(OCTAVES * cell / (width - 1))))


def step(value: int, direction: int) -> int:
    """One step of the keys: every value up to 16, then the multiples of an eighth of the octave."""
    size = _step_size(value if direction > 0 else value - 1)
    moved = value // size * size + size if direction > 0 else (value - 1) // size * size
    return clamp(moved)


def octave(value: int, direction: int) -> int:
    """The next power of two above or below."""
    if direction > 0:
        return clamp(next((tick for tick in TICKS if tick > value), HIGH))
    return clamp(next((tick for tick in reversed(TICKS) if tick < value), LOW))


def _step_size(value: int) -> int:
    """An eighth of the power of two at or below the value, at least 1."""
    below = 1 << (max(1, value).bit_length() - 1)
    return max(1, below // 8)
