"""The processes on all GPUs, with what /proc says of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from burstview_engines.core.events import GpuProcessesSeen
from burstview_engines.core.gpu import GpuProcess
from burstview_engines.probes.nvml.card import Card
from burstview_engines.probes.nvml.cpu_use import CpuUse
from burstview_engines.probes.nvml.process import Person, person_of, started
from burstview_engines.probes.nvml.rows import Row, Rows

OLD = 10.0
"""Seconds after which a list is said to be old."""

Key = tuple[int, int | None]
"""A pid and when its process started."""


class ProcessTable:
    """Names are read once a process, CPU times at every look."""

    def __init__(self, now: Callable[[], float], proc: Path = Path("/proc")) -> None:
        self._now, self._proc = now, proc
        self._people: dict[Key, Person] = {}
        self._uses: dict[Key, CpuUse] = {}

    def look(self, cards: Sequence[Card]) -> GpuProcessesSeen | None:
        """None until a GPU has told who is on it."""
        told = [(card.index, card.rows) for card in cards]
        known = [(index, rows) for index, rows in told if rows is not None]
        if not known:
            return None
        at = self._now()
        return GpuProcessesSeen(
            at=at,
            processes=self._processes(known, at),
            problem=_problem(known, at),
        )

    def _processes(self, known: Sequence[tuple[int, Rows]], at: float) -> tuple[GpuProcess, ...]:
        pids = {row.pid for _, rows in known for row in rows.rows}
        keys = {pid: (pid, started(self._proc, pid)) for pid in pids}
        self._forget(keys.values())
        shares = {pid: self._share(key, at) for pid, key in keys.items()}
        return tuple(
            self._process(index, row, keys[row.pid], shares[row.pid])
            for index, rows in known
            for row in rows.rows
        )

    def _share(self, key: Key, at: float) -> tuple[float | None, float | None]:
        """CPU use of a process that can be seen from here, and is the one that is meant."""
        pid, start = key
        if key not in self._people:
            self._people[key] = Person() if start is None else person_of(self._proc, pid)
            self._uses[key] = CpuUse(self._proc, pid)
        if self._people[key].command is None:
            return None, None
        return self._uses[key].look(at)

    def _process(
        self, gpu: int, row: Row, key: Key, share: tuple[float | None, float | None]
    ) -> GpuProcess:
        person = self._people[key]
        return GpuProcess(
            gpu=gpu,
            pid=row.pid,
            kind=row.kind,
            memory_bytes=row.memory_bytes,
            sm_percent=row.sm_percent,
            memory_percent=row.memory_percent,
            mig_instance=row.mig_instance,
            command=person.command,
            user=person.user,
            container=person.container,
            ancestors=person.ancestors,
            cpu_percent=share[0],
            busiest_thread_percent=share[1],
        )

    def _forget(self, keys: Iterable[Key]) -> None:
        for gone in self._people.keys() - set(keys):
            del self._people[gone], self._uses[gone]


def _problem(known: Sequence[tuple[int, Rows]], at: float) -> str | None:
    """The first thing that is wrong with the list."""
    for index, rows in known:
        if rows.problem is not None:
            return rows.problem
        if at - rows.at > OLD:
            return f"GPU {index} has not told its processes for a while: the list is old."
    return None
