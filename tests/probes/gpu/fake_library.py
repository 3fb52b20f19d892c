"""The probe in a process of its own, on a library without a GPU."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import msgspec

from burstview_engines.core.events import AnyEvent, GpuProcessesSeen, GpuSampled, GpusFound
from burstview_engines.core.gpu import Gpu

ROOT = Path(__file__).parents[3]
E = TypeVar("E")


@dataclass
class Told:
    """What a probe delivered."""

    events: list[tuple[float, AnyEvent]] = field(default_factory=list)
    """When each came, in session seconds."""
    stop: float = 0.0
    """Seconds that `stop` took."""
    exit: float = 0.0
    """Seconds from there to the end of the process."""
    live_samples: int = 0
    """Buffers of the driver that were not given back when the threads had ended."""

    def of(self, kind: type[E]) -> list[E]:
        """The events of one kind."""
        return [event for _, event in self.events if isinstance(event, kind)]

    @property
    def samples(self) -> list[GpuSampled]:
        return self.of(GpuSampled)

    @property
    def processes(self) -> list[GpuProcessesSeen]:
        return self.of(GpuProcessesSeen)

    @property
    def found(self) -> list[GpusFound]:
        return self.of(GpusFound)

    def gpu(self, index: int) -> Iterator[tuple[float, Gpu]]:
        """One GPU at every look."""
        for sample in self.samples:
            for gpu in sample.gpus:
                if gpu.index == index:
                    yield sample.at, gpu

    def longest_gap(self) -> float:
        """Seconds between two samples that came."""
        came = [at for at, event in self.events if isinstance(event, GpuSampled)]
        return max(later - earlier for earlier, later in itertools.pairwise(came))


@dataclass(frozen=True)
class FakeLibrary:
    """`folder` holds libnvidia-ml.so.1."""

    folder: Path

    def watch(self, seconds: float, *flags: str, **settings: object) -> Told:
        """Run the probe; `settings` are the library's, in lower case without their prefix."""
        words = {f"FAKE_NVML_{name.upper()}": str(value) for name, value in settings.items()}
        done = subprocess.run(
            [sys.executable, "-m", "tests.probes.gpu.run_probe", str(seconds), *flags],
            cwd=ROOT,
            env={**os.environ, "LD_LIBRARY_PATH": str(self.folder), **words},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        ended = time.time()
        assert done.returncode == 0, done.stderr
        *lines, last = map(json.loads, done.stdout.splitlines())
        told = Told(stop=last["stop"], exit=ended - last["ended"], live_samples=last["live"])
        told.events = [(line["came"], msgspec.convert(line["event"], AnyEvent)) for line in lines]
        assert done.stderr == ""
        return told
