"""What the GPU screen costs beside a running burst, with 1, 8 and 16 GPUs looked at 10 times a
second, and what the pure drawing of one picture takes.

Run it as `python -m tests.benchmarks.bench_gpu_screen`. It measures the monitor's own process in a
terminal of 120x40.
"""

from __future__ import annotations

import argparse
import shlex
import sys
import time

from tests.benchmarks.bench_pty import TARGETS, cost
from tests.tui.gpu_samples import whole

from burstview import gpu_panel as panel
from burstview import gpu_words as words
from burstview.draw.gpu_rows import flat_rows
from burstview.gpu_curves import Curves
from burstview.gpu_metrics import METRICS
from burstview.gpu_shown import gpus_of
from burstview_engines.core.session import SessionFold

ROUNDS = 200
COUNTS = (1, 8, 16)


def microseconds(gpus: int) -> tuple[float, float]:
    """Of the table of so many GPUs; of taking one look at them into all histories of one."""
    fold = SessionFold()
    for event in whole(gpus, at=60.0):
        fold.apply(event)
    snapshot = fold.snapshot()
    clock = words.wall_clock(None)
    begin = time.perf_counter()
    for _ in range(ROUNDS):
        flat_rows(panel.lines_of(gpus_of(snapshot), snapshot, clock), 0, 120)
    table = (time.perf_counter() - begin) / ROUNDS
    begin = time.perf_counter()
    curves = Curves(("", 0), 0.5)
    curves.take(fold.history.gpus, 60.0)
    for metric in METRICS:
        curves.values(metric, 120, 120)
    taken = (time.perf_counter() - begin) / len(fold.history.gpus)
    return 1e6 * table, 1e6 * taken


def main() -> int:
    """Print the table."""
    python = shlex.quote(sys.executable)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="window of each measurement")
    args = parser.parse_args()
    for gpus in COUNTS:
        table, taken = microseconds(gpus)
        print(f"{gpus:2} GPUs: table {table:6.0f} us, a look into the histories {taken:4.0f} us")
    for gpus in COUNTS:
        command = f"{python} {TARGETS} gpus 64 --gpus {gpus} --every 0.1"
        seen = cost(command, args.seconds)
        print(
            f"{gpus:2} GPUs, 64 bars behind: {seen.cpu:5.1f} % of a core,"
            f" {seen.bytes_per_s / 1000:5.1f} KB/s, RSS {seen.rss:.0f} MiB",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
