"""What a container uses, as `docker stats` counts it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING

import msgspec

from burstview_engines.core.managed import Usage
from burstview_engines.core.prepared import prepare
from burstview_engines.places.docker.daemon_socket import outages
from burstview_engines.places.docker.lifeline import Lifeline
from burstview_engines.places.docker.log_pace import Backoff
from burstview_engines.places.docker.stream_close import Ask, DaemonStream, StreamCut, StreamRefused

if TYPE_CHECKING:
    from docker import APIClient

_NEVER = "0001-01-01T00:00:00Z"


class _CpuUsage(msgspec.Struct, frozen=True):
    total_usage: int = 0
    percpu_usage: tuple[int, ...] | None = None


class _Cpu(msgspec.Struct, frozen=True):
    cpu_usage: _CpuUsage = _CpuUsage()
    system_cpu_usage: int = 0
    online_cpus: int = 0


class _Memory(msgspec.Struct, frozen=True):
    usage: int | None = None
    limit: int | None = None
    stats: dict[str, int] = {}


class _Network(msgspec.Struct, frozen=True):
    rx_bytes: int = 0
    tx_bytes: int = 0


class _Transfer(msgspec.Struct, frozen=True):
    op: str = ""
    value: int = 0


class _Block(msgspec.Struct, frozen=True):
    io_service_bytes_recursive: tuple[_Transfer, ...] | None = None


class _Pids(msgspec.Struct, frozen=True):
    current: int | None = None


class Sample(msgspec.Struct, frozen=True):
    """One line of a daemon's stats, as far as it is used here."""

    read: str = _NEVER
    cpu_stats: _Cpu = _Cpu()
    precpu_stats: _Cpu = _Cpu()
    memory_stats: _Memory = _Memory()
    networks: dict[str, _Network] | None = None
    blkio_stats: _Block = _Block()
    pids_stats: _Pids = _Pids()


prepare(Sample)


def usage(sample: Sample, previous: Sample | None) -> Usage | None:
    """None of a container that does not run: the daemon then sends blank samples.

    CPU needs two samples: without a previous one the daemon's own is taken, and where that is
    blank too, as in a stream's first sample, the figure is unknown.
    """
    if sample.read.startswith("0001-") or sample.memory_stats.usage is None:
        return None
    before = previous.cpu_stats if previous is not None else sample.precpu_stats
    read, written = _transferred(sample.blkio_stats)
    nets = None if sample.networks is None else sample.networks.values()
    return Usage(
        cpu_percent=_cpu_percent(sample.cpu_stats, before),
        memory_bytes=_memory(sample.memory_stats),
        memory_limit_bytes=sample.memory_stats.limit or None,
        network_in_bytes=None if nets is None else sum(net.rx_bytes for net in nets),
        network_out_bytes=None if nets is None else sum(net.tx_bytes for net in nets),
        block_read_bytes=read,
        block_written_bytes=written,
        pids=sample.pids_stats.current,
    )


def _cpu_percent(now: _Cpu, before: _Cpu) -> float | None:
    """100 is one core: the container's share of all CPU time, times the CPUs that are online."""
    system = now.system_cpu_usage - before.system_cpu_usage
    used = now.cpu_usage.total_usage - before.cpu_usage.total_usage
    cpus = now.online_cpus or len(now.cpu_usage.percpu_usage or ())
    if not before.system_cpu_usage or system <= 0 or used < 0 or not cpus:
        return None
    return used / system * cpus * 100


def _memory(memory: _Memory) -> int | None:
    """Without the page cache that was not used lately; cgroup v1 and v2 name it differently."""
    cache = memory.stats.get("total_inactive_file", memory.stats.get("inactive_file", 0))
    if memory.usage is None or cache >= memory.usage:
        return memory.usage
    return memory.usage - cache


def _transferred(block: _Block) -> tuple[int | None, int | None]:
    """(read, written); where the kernel counts nothing the list is empty or null."""
    if not block.io_service_bytes_recursive:
        return None, None
    transfers = block.io_service_bytes_recursive
    return (
        sum(t.value for t in transfers if t.op.lower() == "read"),
        sum(t.value for t in transfers if t.op.lower() == "write"),
    )


class StatsWatch:
    """A daemon thread that delivers one container's usage about once a second.

    None is delivered once when it does not run, and when the daemon or the container is gone; the
    thread goes on until `close`, or until the container is removed. `make_api`: as LogFollower's.
    """

    def __init__(
        self,
        make_api: Callable[[], APIClient],
        container: str,
        on_usage: Callable[[Usage | None], None],
    ) -> None:
        self._make_api = make_api
        self._container = container
        self._on_usage = on_usage
        self._lifeline = Lifeline()
        self._thread = threading.Thread(target=self._run, name="stats", daemon=True)
        self._was_running = True

    def start(self) -> None:
        """Begin; everything that blocks is done on the thread."""
        self._thread.start()

    def close(self) -> None:
        """End, from any thread, whatever goes on."""
        self._lifeline.close()

    def join(self, timeout: float) -> bool:
        """Wait for the thread after `close`; whether it has ended."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        backoff = Backoff(0.5, 5.0)
        while not self._lifeline.is_closed:
            try:
                self._watch(backoff)
            except StreamCut:
                return
            except StreamRefused as refusal:
                if refusal.status == 404:
                    self._deliver(None)
                    return
            except outages():
                pass
            self._deliver(None)
            self._lifeline.rest(backoff.next())

    def _watch(self, backoff: Backoff) -> None:
        asked = Ask(f"/containers/{self._container}/stats", {"stream": 1})
        with (
            closing(self._make_api()) as api,
            self._lifeline.streaming(api, asked) as stream,
        ):
            backoff.reset()
            self._follow(stream)

    def _follow(self, stream: DaemonStream) -> None:
        previous: Sample | None = None
        rest = b""
        while chunk := stream.read():
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                sample = msgspec.json.decode(line, type=Sample)
                seen = usage(sample, previous)
                previous = None if seen is None else sample
                self._deliver(seen)

    def _deliver(self, seen: Usage | None) -> None:
        is_news = seen is not None or self._was_running
        self._was_running = seen is not None
        if is_news and not self._lifeline.is_closed:
            self._on_usage(seen)
