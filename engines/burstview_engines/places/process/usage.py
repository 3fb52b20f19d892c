"""What a local engine uses, summed over all its processes."""

from __future__ import annotations

import psutil

from burstview_engines.core.managed import Usage
from burstview_engines.places.process.record import Became


class UsageLook:
    """Keeps the processes between looks: CPU is counted since the last one."""

    def __init__(self, became: Became) -> None:
        self._supervisor = became.supervisor
        self._known: dict[int, psutil.Process] = {}

    def look(self) -> Usage | None:
        """None when it is gone. CPU is unknown at the first look."""
        try:
            children = psutil.Process(self._supervisor).children(recursive=True)
        except psutil.Error:
            return None
        if not children:
            return None
        is_first = not self._known
        self._known = {child.pid: self._known.get(child.pid, child) for child in children}
        looks = [found for child in self._known.values() if (found := _look(child))]
        return Usage(
            cpu_percent=None if is_first else sum(cpu for cpu, _ in looks),
            memory_bytes=sum(memory for _, memory in looks),
            memory_limit_bytes=psutil.virtual_memory().total,
            pids=len(looks),
        )


def _look(process: psutil.Process) -> tuple[float, int] | None:
    """Percent of a core, and bytes that only it or it first touched (RSS without shared pages)."""
    try:
        memory = process.memory_info()
        return process.cpu_percent(), memory.rss - getattr(memory, "shared", 0)
    except psutil.Error:
        return None
