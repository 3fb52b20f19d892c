"""Runs the probe in a process of its own, beside a library that a test built.

    python -m tests.probes.gpu.run_probe SECONDS [--hurry-at SECOND] [--wait]

Prints a line of JSON for every event (when it came, and the event), then what stopping took.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import sys
import threading
import time
from collections.abc import Sequence

from burstview_engines.core.events import AnyEvent, encode
from burstview_engines.probes.gpu import gpu_probe


def live_samples() -> int:
    """Buffers that the library still holds when the probe's threads have ended."""
    until = time.monotonic() + 5
    while time.monotonic() < until and any(
        thread.name.startswith("gpu") for thread in threading.enumerate()
    ):
        time.sleep(0.01)
    return int(ctypes.CDLL("libnvidia-ml.so.1").fakeNvmlLiveSamples())


def main() -> None:
    """One session of the probe."""
    parser = argparse.ArgumentParser()
    parser.add_argument("seconds", type=float)
    parser.add_argument("--hurry-at", type=float)
    parser.add_argument("--wait", action="store_true", help="for the probe's threads to end")
    chosen = parser.parse_args()
    begin, lock = time.monotonic(), threading.Lock()
    seen: list[tuple[float, AnyEvent]] = []

    def now() -> float:
        return time.monotonic() - begin

    def deliver(events: Sequence[AnyEvent]) -> None:
        with lock:
            seen.extend((now(), event) for event in events)

    probe = gpu_probe(now, deliver)
    probe.start()
    if chosen.hurry_at is not None:
        time.sleep(chosen.hurry_at)
        probe.hurry(is_on=True)
    time.sleep(max(chosen.seconds - now(), 0))
    stopping = now()
    probe.stop()
    stopped = now()
    with lock:
        told = list(seen)
    for came, event in told:
        print(json.dumps({"came": came, "event": json.loads(encode(event))}))
    live = live_samples() if chosen.wait else 0
    print(json.dumps({"stop": stopped - stopping, "live": live, "ended": time.time()}))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
