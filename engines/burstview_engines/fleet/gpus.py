"""The machine's GPUs as far as memory goes, looked at when a start is planned."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from burstview_engines.core.events import GpuSampled
from burstview_engines.fit.gpus import GpuMemory

Look = Callable[[], GpuSampled | None]


class GpuLook:
    """NVML blocks and takes a moment to begin: for a thread. Without a GPU it gives none."""

    def __init__(self, make_look: Callable[[], Look]) -> None:
        self._make_look = make_look
        self._lock = threading.Lock()
        self._look: Look | None = None

    def __call__(self) -> tuple[GpuMemory, ...]:
        """As they are now; those whose memory is not told are left out."""
        with self._lock:
            self._look = self._look or self._make_look()
            sample = self._look()
        return tuple(
            GpuMemory(gpu.index, gpu.name, gpu.memory_total_bytes, gpu.memory_used_bytes)
            for gpu in (sample.gpus if sample is not None else ())
            if gpu.memory_total_bytes is not None and gpu.memory_used_bytes is not None
        )


def of_this_machine() -> GpuLook:
    """NVML is loaded at the first look."""

    def make() -> Look:
        from burstview_engines.probes.gpu import gpu_look

        return gpu_look(time.monotonic)

    return GpuLook(make)
