"""Measures of an engine over the cells of a time axis, as they are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Line(NamedTuple):
    """One measure over the cells of an axis; None where nothing is known."""

    values: tuple[float | None, ...]
    seen: tuple[bool, ...]
    """False: no look fell into the cell; the value is that of the look before."""

    @property
    def most(self) -> float | None:
        """The highest value; None if none is known."""
        return max((value for value in self.values if value is not None), default=None)


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """All measures of one side, and what happened at which cell."""

    running: Line
    waiting: Line
    batch: Line
    """Requests computed in a pass, mean; tokens where `batch_is_tokens`."""
    batch_is_tokens: bool
    kv: Line
    """Share of the KV cache that was held, 0 to 1; of slots, used of reserved."""
    prompt_rate: Line
    """Tokens per second, mean between two looks."""
    output_rate: Line
    preempted: tuple[int, ...]
    """How often requests were pushed back, cell by cell."""
    failed_looks: tuple[int, ...]
