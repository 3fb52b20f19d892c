"""How much CPU a process uses, and its busiest thread: one full core holds up a whole GPU."""

from __future__ import annotations

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
AT_ONCE = 64
"""Threads that are read at one look; of processes with more they take turns."""
SHORTEST = 0.2
"""Seconds between two readings: the kernel counts in hundredths of a second."""
BUSIEST = 32
"""Threads read at every look because they ran most before."""


class CpuUse:
    """One process; reading a thread costs about 10 µs."""

    def __init__(self, proc: Path, pid: int) -> None:
        self._folder = proc / str(pid)
        self._whole: tuple[float, int] | None = None
        self._last: tuple[float | None, float | None] = (None, None)
        self._threads: dict[str, tuple[float, int]] = {}
        self._shares: dict[str, float] = {}

    def look(self, at: float) -> tuple[float | None, float | None]:
        """Percent of one core of the whole process and of its busiest thread, both since they
        were last read; None at first and once it is gone."""
        before = self._whole
        if before is not None and at - before[0] < SHORTEST:
            return self._last
        ticks = _ticks(self._folder / "stat")
        if ticks is None:
            return None, None
        self._whole = (at, ticks)
        busiest = self._busiest(at)
        self._last = (_share(before, at, ticks), busiest)
        return self._last

    def _busiest(self, at: float) -> float | None:
        try:
            names = os.listdir(self._folder / "task")  # noqa: PTH208 -- names are enough
        except OSError:
            return None
        chosen = self._chosen(names)
        for name in chosen:
            ticks = _ticks(self._folder / "task" / name / "stat")
            if ticks is None:
                continue
            share = _share(self._threads.get(name), at, ticks)
            self._threads[name] = (at, ticks)
            if share is not None:
                self._shares[name] = min(share, 100.0)
        self._forget(names)
        return max(self._shares.values(), default=None)

    def _chosen(self, names: list[str]) -> list[str]:
        """All at first; then those that ran, and of the others those not read for longest."""
        if len(names) <= AT_ONCE or not self._threads:
            return names
        ran = sorted(names, key=lambda name: -self._shares.get(name, 0.0))[:BUSIEST]
        ran = [name for name in ran if self._shares.get(name, 0.0) > 0]
        rest = set(names).difference(ran)
        longest_ago = sorted(rest, key=lambda name: self._threads.get(name, (0.0, 0))[0])
        return ran + longest_ago[: AT_ONCE - len(ran)]

    def _forget(self, names: list[str]) -> None:
        for gone in self._threads.keys() - set(names):
            del self._threads[gone]
            self._shares.pop(gone, None)


def _share(before: tuple[float, int] | None, at: float, ticks: int) -> float | None:
    if before is None or at <= before[0] or ticks < before[1]:
        return None
    return round((ticks - before[1]) / TICKS / (at - before[0]) * 100, 1)


def _ticks(stat: Path) -> int | None:
    """Time in user and kernel mode."""
    try:
        fields = stat.read_text(errors="replace").rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])
    except (OSError, ValueError, IndexError):  # gone, or not as Linux writes it
        return None
