"""What the GPU probe costs: CPU time of this process while it does nothing else.

    python -m tests.benchmarks.bench_gpu_probe [--seconds 10] [--gpus N]

Measures the calm rate (one or two looks a second) and the hurried one (ten). Which GPUs: those
that the machine's driver has, or those of a library without any, put first in LD_LIBRARY_PATH
(see tests/data/gpu/fakenvml.c).
"""

from __future__ import annotations

import argparse
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from burstview_engines.core.events import AnyEvent, GpuSampled
from burstview_engines.probes.gpu import load_nvml
from burstview_engines.probes.nvml.watch import GpuWatch

SETTLE = 2.0
"""Seconds that are left out: importing, opening the driver, facts."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one rate."""

    rate: str
    gpus: int
    percent: float
    """Of one core, the delivery to nobody included."""
    looks: float
    """A second."""
    latest: float
    """Seconds after its stamp that the slowest sample came."""
    problem: str | None = None
    threads: str = ""
    """What each thread took of it, where the kernel tells."""


def main() -> None:
    """A table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--gpus", type=int, help="look at the first of them only")
    chosen = parser.parse_args()
    for cost in costs(chosen.seconds, chosen.gpus):
        print(line(cost))


def line(cost: Cost) -> str:
    """One row."""
    if cost.problem is not None:
        return f"{cost.rate:8} {cost.problem}"
    return (
        f"{cost.rate:8} {cost.gpus} GPUs  {cost.percent:5.2f} % of a core  "
        f"{cost.looks:4.1f} looks/s  slowest look {cost.latest * 1000:.0f} ms{cost.threads}"
    )


class FirstOnly:
    """pynvml as if there were only so many GPUs."""

    def __init__(self, count: int) -> None:
        self._nvml, self._count = load_nvml(), count

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        """The most that are looked at."""
        return min(self._nvml.nvmlDeviceGetCount(), self._count)

    def __getattr__(self, name: str) -> object:
        return getattr(self._nvml, name)


def costs(seconds: float, gpus: int | None = None) -> list[Cost]:
    """Calm, then hurried; of all GPUs, or of the first ones."""
    came: list[tuple[float, AnyEvent]] = []

    def deliver(events: Sequence[AnyEvent]) -> None:
        came.extend((time.monotonic(), event) for event in events)

    load = load_nvml if gpus is None else partial(FirstOnly, gpus)
    probe = GpuWatch(time.monotonic, deliver, load=load)
    probe.start()
    time.sleep(SETTLE)
    found = [_cost("calm", seconds, came)]
    probe.hurry(is_on=True)
    time.sleep(0.5)
    found.append(_cost("hurried", seconds, came))
    probe.stop()
    return found


def _cost(rate: str, seconds: float, came: list[tuple[float, AnyEvent]]) -> Cost:
    came.clear()
    before = by_thread()
    cpu, began = time.process_time(), time.monotonic()
    time.sleep(seconds)
    used, took = time.process_time() - cpu, time.monotonic() - began
    shares = {name: (ran - before.get(name, 0.0)) / took for name, ran in by_thread().items()}
    threads = "".join(f"  {name} {share * 100:.2f}" for name, share in shares.items())
    samples = [(at, event) for at, event in came if isinstance(event, GpuSampled)]
    if not samples or samples[-1][1].problem is not None:
        return Cost(rate, 0, 0.0, 0.0, 0.0, samples[-1][1].problem if samples else "nothing came")
    return Cost(
        rate,
        len(samples[-1][1].gpus),
        used / took * 100,
        len(samples) / took,
        max(at - event.at for at, event in samples),
        threads=threads,
    )


def by_thread() -> dict[str, float]:
    """CPU seconds of each of the probe's threads; empty where the kernel does not tell."""
    found = {}
    for thread in threading.enumerate():
        stat = Path(f"/proc/self/task/{thread.native_id}/schedstat")
        if thread.name.startswith("gpu") and stat.exists():
            found[thread.name] = int(stat.read_text().split()[0]) / 1e9
    return found


if __name__ == "__main__":
    main()
