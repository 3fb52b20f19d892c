"""The machine's CPU and memory, from psutil."""

from __future__ import annotations

from collections.abc import Callable

from burstview_engines.core.events import HostSampled
from burstview_engines.probes.probe import Deliver
from burstview_engines.probes.sampler import Look, Sampler

HOST_PERIOD = 1.0
"""Seconds between looks; a CPU percentage over much less is noise."""


def host_probe(now: Callable[[], float], deliver: Deliver) -> Sampler:
    """Looks at it as long as a session lives."""

    def make() -> Look:
        look = host_look(now)
        return lambda: (look(),)

    return Sampler("host", make, deliver, period=HOST_PERIOD)


def host_look(now: Callable[[], float]) -> Callable[[], HostSampled]:
    """A look at the machine; the first CPU percentage covers the time since this call."""
    import psutil

    psutil.cpu_percent(None)
    cores = psutil.cpu_count() or 1

    def look() -> HostSampled:
        memory = psutil.virtual_memory()
        return HostSampled(
            at=now(),
            cpu_percent=psutil.cpu_percent(None),
            cores=cores,
            memory_used_bytes=memory.total - memory.available,
            memory_total_bytes=memory.total,
        )

    return look
