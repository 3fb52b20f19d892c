"""Runs the probe in a process of its own, beside a library that a test built.

    python -m tests.probes.gpu.run_probe SECONDS [--hurry-at SECOND]

Prints a line of JSON for every event (when it came, and the event), then what stopping took.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from collections.abc import Sequence

from burstview_engines.core.events import AnyEvent, encode
from burstview_engines.probes.gpu import gpu_probe


def main() -> None:
    """One session of the probe."""
    parser = argparse.ArgumentParser()
    parser.add_argument("seconds", type=float)
    parser.add_argument("--hurry-at", type=float)
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
    print(json.dumps({"stop": stopped - stopping, "ended": time.time()}))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
