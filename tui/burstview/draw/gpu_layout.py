"""How high each part of the GPU screen is."""

from __future__ import annotations

from typing import NamedTuple

_FEW = 4
"""Rows of the table where something else has the screen."""


class Heights(NamedTuple):
    """Rows of each part; what is not shown has none."""

    table: int
    is_tall: bool
    """Two rows for each GPU."""
    facts: int
    histories: int
    host: int
    processes: int


class Wanted(NamedTuple):
    """What there is to show."""

    gpus: int
    facts: int
    """Rows that all figures of the selected GPU need."""
    charts: int
    """Histories above each other."""
    host: int
    processes: int


def heights(height: int, width: int, wanted: Wanted, tall_cells: int) -> Heights:
    """Tables first, then every history at least a row, then as many figures as there is room for,
    and the rest to the histories."""
    if not wanted.gpus:
        return _without_gpus(height, wanted)
    tall = 2 + 2 * wanted.gpus
    is_tall = width >= tall_cells and tall <= max(6, height * 3 // 10)
    table = tall if is_tall else 1 + min(wanted.gpus, max(3, height // 3))
    least = wanted.charts + 2
    host = min(wanted.host, max(1, height // 8))
    processes = 1 + min(max(1, wanted.processes), max(2, height // 4))
    while processes > 2 and table + host + processes + least + 3 > height:
        processes -= 1
    histories = max(0, min(least, height - table - host - processes))
    facts = max(0, min(wanted.facts, height - table - host - processes - histories))
    histories = max(0, height - table - host - processes - facts)
    return Heights(table, is_tall, facts, histories, host, processes)


def alone(high: Heights, height: int, facts: int) -> Heights:
    """All figures, with what is left for the processes; or, where `facts` is 0, one history."""
    table = high.table if high.is_tall else min(high.table, _FEW)
    rest = max(0, height - table)
    if not facts:
        return Heights(table, high.is_tall, 0, rest, 0, 0)
    return Heights(table, high.is_tall, min(facts, rest), 0, 0, max(0, rest - facts))


def _without_gpus(height: int, wanted: Wanted) -> Heights:
    """The machine, and who might be on a GPU that could not be looked at."""
    host = min(wanted.host, height)
    processes = 1 + wanted.processes if wanted.processes else 0
    return Heights(0, False, 0, 0, host, min(processes, height - host))
