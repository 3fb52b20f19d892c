"""Cells of a time axis that take values in as they come."""

from __future__ import annotations

from dataclasses import dataclass, field

from burstview.draw.axis import Axis
from burstview.draw.track import Line


@dataclass(slots=True)
class Levels:
    """The highest value of each cell."""

    values: list[float | None] = field(default_factory=list)
    held: list[float | None] = field(default_factory=list)

    @classmethod
    def of(cls, cells: int) -> Levels:
        """Nothing known yet."""
        return cls([None] * cells, [None] * cells)

    def lift(self, first: int, last: int, value: float | None) -> None:
        """Seen in the cells from `first` to `last`, both included."""
        if value is None:
            return
        for cell in range(first, last + 1):
            known = self.values[cell]
            if known is None or value > known:
                self.values[cell] = value

    def hold(self, first: int, last: int, value: float | None) -> None:
        """Drawn on between two looks, where nothing else is known."""
        for cell in range(first + 1, last):
            self.held[cell] = value

    def line(self) -> Line:
        """As it is drawn."""
        pairs = zip(self.values, self.held, strict=True)
        values = tuple([held if value is None else value for value, held in pairs])
        return Line(values, tuple([value is not None for value in self.values]))


@dataclass(slots=True)
class Means:
    """The weighted mean of each cell."""

    sums: list[float]
    weights: list[float]

    @classmethod
    def of(cls, cells: int) -> Means:
        """Nothing known yet."""
        return cls([0.0] * cells, [0.0] * cells)

    @property
    def is_known(self) -> bool:
        """Whether any cell has a value."""
        return any(self.weights)

    def add(self, first: int, last: int, value: float, weight: float) -> None:
        """To the cells from `first` to `last`, both included."""
        for cell in range(first, last + 1):
            self.sums[cell] += value * weight
            self.weights[cell] += weight

    def spread(self, axis: Axis, begin: float, end: float, value: float) -> None:
        """Over each cell by the time that it shares."""
        each = axis.span / axis.cells
        first = min(axis.cells - 1, axis.cell(begin))
        for cell in range(first, min(axis.cells - 1, axis.cell(end)) + 1):
            shared = min(end, (cell + 1) * each) - max(begin, cell * each)
            if shared > 0:
                self.add(cell, cell, value, shared)

    def line(self) -> Line:
        """As it is drawn."""
        pairs = zip(self.sums, self.weights, strict=True)
        values = tuple([total / weight if weight else None for total, weight in pairs])
        return Line(values, tuple([bool(weight) for weight in self.weights]))
