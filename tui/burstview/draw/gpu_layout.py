"""How high each part of the GPU screen is."""

from __future__ import annotations

from typing import NamedTuple


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
    tall = 2 + 2 * wanted.gpus
    is_tall = width >= tall_cells and 0 < tall <= max(6, height * 3 // 10)
    flat = 1 + min(max(1, wanted.gpus), max(3, height // 3))
    table = tall if is_tall else flat
    host = min(wanted.host, max(1, height // 8))
    processes = 1 + min(max(1, wanted.processes), max(2, height // 4))
    if not wanted.gpus:
        return Heights(1, False, 0, 0, min(wanted.host, height), processes if height > 8 else 0)
    least = wanted.charts + 2
    while processes > 3 and table + host + processes + least + 3 > height:
        processes -= 1
    room = height - table - host - processes - least
    facts = max(0, min(wanted.facts, max(3, room)))
    histories = max(0, height - table - host - processes - facts)
    return Heights(table, is_tall, facts, histories, host, processes)
