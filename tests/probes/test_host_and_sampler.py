"""The host probe and the thread that drives probes."""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence

import psutil
import pytest

from burstview_engines.core.events import AnyEvent, HostSampled, Noticed
from burstview_engines.probes.host import host_look
from burstview_engines.probes.sampler import Sampler


def test_host_is_this_machine() -> None:
    """Cores and memory are this machine's, the CPU between 0 and 100 %."""
    seen = host_look(lambda: 3.0)()
    assert isinstance(seen, HostSampled)
    assert (seen.at, seen.cores) == (3.0, psutil.cpu_count())
    assert 0 <= seen.cpu_percent <= 100
    assert 0 < seen.memory_used_bytes < seen.memory_total_bytes == psutil.virtual_memory().total


def test_a_sandbox_that_hides_disks_and_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """What psutil cannot read is unknown; the rest is told."""

    def refuse(**_: object) -> None:
        raise NotImplementedError("neither /proc/diskstats nor /sys/block")

    monkeypatch.setattr(psutil, "disk_io_counters", refuse)
    monkeypatch.setattr(psutil, "net_io_counters", refuse)
    moments = iter((1.0, 2.0))
    seen = host_look(lambda: next(moments))()
    assert seen.disk_read_bytes_per_second is None
    assert seen.network_sent_bytes_per_second is None
    assert seen.memory_total_bytes > 0


def test_sampler_looks_again_and_again() -> None:
    """Every look is delivered until `stop`."""
    seen: queue.Queue[Sequence[AnyEvent]] = queue.Queue()
    said = [Noticed(at=0.0, text="look")]
    sampler = Sampler("test", lambda: lambda: said, seen.put, period=0.001)
    sampler.start()
    assert [seen.get(timeout=5) for _ in range(3)] == [said] * 3
    sampler.stop()


def test_sampler_that_hangs_is_silent_after_stop() -> None:
    """A look under way when `stop` is called is not delivered."""
    looking, release = threading.Event(), threading.Event()
    seen: queue.Queue[Sequence[AnyEvent]] = queue.Queue()

    def look() -> Sequence[AnyEvent]:
        looking.set()
        release.wait(5)
        return [Noticed(at=0.0, text="late")]

    sampler = Sampler("test", lambda: look, seen.put, period=0.001)
    sampler.start()
    assert looking.wait(5)
    sampler.stop()
    release.set()
    sampler.join(5)
    assert seen.empty()
