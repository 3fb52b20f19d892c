"""The machine: CPU, memory, disks, network and the limits of our cgroup, from psutil and Linux."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from burstview_engines.core.counters import increase
from burstview_engines.core.events import HostSampled
from burstview_engines.probes import cgroup
from burstview_engines.probes.probe import Deliver
from burstview_engines.probes.sampler import Look, Sampler

HOST_PERIOD = 1.0
"""Seconds between looks; a CPU percentage over much less is noise."""
HURRIED_PERIOD = 0.5
"""The same while a burst goes on."""
UNREADABLE = (OSError, ValueError, NotImplementedError)
"""What psutil raises of counters that a system lacks or writes in another way."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What Linux counts since it started, at one moment. Unknown is None."""

    at: float
    cgroup: cgroup.Use
    read_bytes: float | None = None
    written_bytes: float | None = None
    received_bytes: float | None = None
    sent_bytes: float | None = None


def host_probe(now: Callable[[], float], deliver: Deliver) -> Sampler:
    """Looks at it as long as a session lives."""

    def make() -> Look:
        look = host_look(now)
        return lambda: (look(),)

    return Sampler("host", make, deliver, period=HOST_PERIOD, hurried=HURRIED_PERIOD)


def host_look(
    now: Callable[[], float], group: Callable[[], cgroup.Use] = cgroup.our_use
) -> Callable[[], HostSampled]:
    """A look at the machine; the first rates cover the time since this call."""
    import psutil

    psutil.cpu_percent(None, percpu=True)
    cores = psutil.cpu_count() or 1
    before = _counts(now(), group())

    def look() -> HostSampled:
        nonlocal before
        counts, last = _counts(now(), group()), before
        before = counts
        memory, swap = psutil.virtual_memory(), psutil.swap_memory()
        each = tuple(psutil.cpu_percent(None, percpu=True))
        return HostSampled(
            at=counts.at,
            cpu_percent=sum(each) / len(each) if each else 0.0,
            cores=cores,
            memory_used_bytes=memory.total - memory.available,
            memory_total_bytes=memory.total,
            core_percents=each,
            load=_load(),
            swap_used_bytes=swap.used,
            swap_total_bytes=swap.total,
            disk_read_bytes_per_second=_rate(last, counts, last.read_bytes, counts.read_bytes),
            disk_written_bytes_per_second=_rate(
                last, counts, last.written_bytes, counts.written_bytes
            ),
            network_received_bytes_per_second=_rate(
                last, counts, last.received_bytes, counts.received_bytes
            ),
            network_sent_bytes_per_second=_rate(last, counts, last.sent_bytes, counts.sent_bytes),
            cgroup_cpus=counts.cgroup.cpus,
            cgroup_cpu_percent=_scaled(
                100.0, _rate(last, counts, last.cgroup.cpu_seconds, counts.cgroup.cpu_seconds)
            ),
            cgroup_throttled=throttled(last.cgroup, counts.cgroup),
            cgroup_memory_used_bytes=counts.cgroup.memory_used_bytes,
            cgroup_memory_limit_bytes=counts.cgroup.memory_limit_bytes,
        )

    return look


def throttled(before: cgroup.Use, after: cgroup.Use) -> float | None:
    """Share of the limit's periods in which it held the group back, 0 to 1; None without a limit
    or a period that ended in between."""
    held = increase(before.throttled_periods, after.throttled_periods)
    periods = increase(before.periods, after.periods)
    return None if held is None or not periods else min(1.0, held / periods)


def _counts(at: float, group: cgroup.Use) -> Counts:
    read, written = _disk()
    received, sent = _network()
    return Counts(
        at=at,
        read_bytes=read,
        written_bytes=written,
        received_bytes=received,
        sent_bytes=sent,
        cgroup=group,
    )


def _disk() -> tuple[float | None, float | None]:
    """Bytes read and written; unknown in a sandbox that hides the disks."""
    import psutil

    try:
        disk = psutil.disk_io_counters(nowrap=True)
    except UNREADABLE:
        return None, None
    return (disk.read_bytes, disk.write_bytes) if disk else (None, None)


def _network() -> tuple[float | None, float | None]:
    """Bytes received and sent, loopback aside."""
    import psutil

    try:
        nets = psutil.net_io_counters(pernic=True, nowrap=True)
    except UNREADABLE:
        return None, None
    real = [count for name, count in nets.items() if not name.startswith("lo")]
    if not nets:
        return None, None
    return sum(count.bytes_recv for count in real), sum(count.bytes_sent for count in real)


def _rate(before: Counts, after: Counts, was: float | None, now: float | None) -> float | None:
    """Per second; None over no time at all, and of a counter that began anew."""
    grown, seconds = increase(was, now), after.at - before.at
    return None if grown is None or seconds <= 0 else grown / seconds


def _scaled(factor: float, value: float | None) -> float | None:
    return None if value is None else factor * value


def _load() -> tuple[float, float, float] | None:
    try:
        return os.getloadavg()
    except OSError:
        return None
