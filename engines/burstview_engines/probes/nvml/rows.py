"""Which processes hold a GPU, as the driver lists them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from burstview_engines.probes.nvml import codes, plausible
from burstview_engines.probes.nvml.asking import Asking
from burstview_engines.probes.nvml.calls import Nvml, ProcessUse, RunningProcess

WINDOW = 1.0
"""Seconds over which the driver is asked what each process used."""


@dataclass(frozen=True, slots=True)
class Row:
    """One process on one GPU; the fields are those of `GpuProcess`."""

    pid: int
    kind: str = "C"
    memory_bytes: int | None = None
    mig_instance: int | None = None
    sm_percent: float | None = None
    memory_percent: float | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """Who held the GPU at one look; `problem` is one sentence when the driver does not list it."""

    at: float
    rows: tuple[Row, ...] = ()
    problem: str | None = None

    @property
    def pids(self) -> tuple[int, ...]:
        """In order."""
        return tuple(row.pid for row in self.rows)


Lister = Callable[[object], Sequence[RunningProcess]]


def rows_of(ask: Asking) -> tuple[Row, ...] | None:
    """In the order of their pids; None where the driver does not list them. Raises GpuLostError."""
    nvml = ask.nvml
    computing = _listed(
        ask,
        nvml.nvmlDeviceGetComputeRunningProcesses_v3,
        nvml.nvmlDeviceGetComputeRunningProcesses_v2,
    )
    drawing = _listed(
        ask,
        nvml.nvmlDeviceGetGraphicsRunningProcesses_v3,
        nvml.nvmlDeviceGetGraphicsRunningProcesses_v2,
    )
    sharing = _listed(ask, nvml.nvmlDeviceGetMPSComputeRunningProcesses_v3)
    if computing is None and drawing is None:
        return None
    return merged({"C": computing or (), "G": drawing or (), "M": sharing or ()})


def merged(lists: dict[str, Sequence[RunningProcess]]) -> tuple[Row, ...]:
    """One row a process and MIG instance: what is in two lists has both kinds."""
    rows: dict[tuple[int, int | None], Row] = {}
    for kind, listed in lists.items():
        for process in listed:
            row = _row(kind, process)
            known = rows.get((row.pid, row.mig_instance))
            rows[row.pid, row.mig_instance] = row if known is None else _both(known, row)
    return tuple(sorted(rows.values(), key=lambda row: (row.pid, row.mig_instance or 0)))


def with_use(rows: Sequence[Row], uses: Sequence[ProcessUse]) -> tuple[Row, ...]:
    """The newest use of each process; a process that did nothing is in no list."""
    newest: dict[int, ProcessUse] = {}
    for use in sorted(uses, key=lambda use: use.timeStamp):
        newest[use.pid] = use
    return tuple(_used(row, newest.get(row.pid)) for row in rows)


def unlisted(index: int) -> str:
    """For a driver that does not list who is on a GPU."""
    return f"The driver does not list the processes of GPU {index}."


class Uses:
    """What the processes of one GPU used of it lately."""

    def __init__(self, wall: Callable[[], float]) -> None:
        self._wall = wall

    def look(self, ask: Asking) -> Sequence[ProcessUse]:
        """Over the last second. Raises GpuLostError."""
        return ask(self._told, ask.nvml) or ()

    def _told(self, handle: object, nvml: Nvml) -> Sequence[ProcessUse]:
        since = int((self._wall() - WINDOW) * 1e6)
        return nvml.nvmlDeviceGetProcessUtilization(handle, since)


def _listed(ask: Asking, *listers: Lister) -> Sequence[RunningProcess] | None:
    """By the newest call that the driver has."""
    for lister in listers:
        found = ask(lister)
        if found is not None:
            return found
    return None


def _row(kind: str, process: RunningProcess) -> Row:
    instance = process.gpuInstanceId
    return Row(
        pid=process.pid,
        kind=kind,
        memory_bytes=plausible.size(process.usedGpuMemory),
        mig_instance=None if instance == codes.NO_INSTANCE else instance,
    )


def _both(first: Row, second: Row) -> Row:
    """MPS clients are computing ones too, and are called by the former."""
    kind = "C+G" if {first.kind, second.kind} == {"C", "G"} else second.kind
    memory = first.memory_bytes if second.memory_bytes is None else second.memory_bytes
    return replace(first, kind=kind, memory_bytes=memory)


def _used(row: Row, use: ProcessUse | None) -> Row:
    if use is None:
        return row
    return replace(
        row,
        sm_percent=plausible.percent(use.smUtil),
        memory_percent=plausible.percent(use.memUtil),
    )
