"""What the monitor costs in a terminal of 120x40: start, moving bars, rest, keys, memory.

Run it as `python -m tests.benchmarks.bench_pty`. It measures the monitor's own process, beside a
hello world and a program with a widget for each bar in the same run. Other commands can be measured
in its place: `--moving`, `--crowd`, `--idle`, `--keys` and `--start` take a command line each.
"""

from __future__ import annotations

import argparse
import shlex
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tests.pty_terminal import PtyTerminal

from burstview_engines.core.metrics import percentile

ROOT = Path(__file__).parents[2]
TARGETS = "-m tests.benchmarks.pty_targets"
SETTLING = 3.0
"""Seconds a program has to finish its start before it is measured."""
KEYS = 40
DOWN, UP = b"\x1b[B", b"\x1b[A"


class Cost(NamedTuple):
    """Of one program over a window."""

    cpu: float
    """Percent of a core."""
    bytes_per_s: float
    rss: float
    """MiB."""


class Line(NamedTuple):
    """A row of the table."""

    what: str
    value: float
    bound: float
    unit: str

    @property
    def holds(self) -> bool:
        """Whether the value is within its bound."""
        return self.value <= self.bound


@contextmanager
def started(command: str) -> Iterator[PtyTerminal]:
    """The program in a terminal, its first cell painted."""
    path = f"{ROOT / 'tui'}:{ROOT / 'engines'}:{ROOT}"
    with PtyTerminal(shlex.split(command), env={"PYTHONPATH": path}, cwd=ROOT) as terminal:
        if terminal.first_paint() is None:
            raise SystemExit(f"{command}: nothing was painted within 10 s.\n{terminal.data()!r}")
        yield terminal


def first_paints(commands: Sequence[str], times: int) -> list[float]:
    """Median seconds to the first painted cell of each command, started in turns."""
    paints: list[list[float]] = [[] for _ in commands]
    for _ in range(times):
        for seen, command in zip(paints, commands, strict=True):
            with started(command) as terminal:
                seen.append(terminal.first_paint() or 0.0)
    return [median(seen) for seen in paints]


def cost(command: str, seconds: float) -> Cost:
    """CPU, bytes and memory after the start has settled."""
    with started(command) as terminal:
        terminal.measure(SETTLING)
        cpu, written = terminal.measure(seconds)
        return Cost(cpu, written, terminal.resident_bytes() / (1 << 20))


def key_times(command: str, seen: bytes) -> list[float]:
    """Seconds from a cursor key to the bytes that show it, while the bars move."""
    times = []
    with started(command) as terminal:
        terminal.measure(SETTLING)
        terminal.send(DOWN)
        for number in range(KEYS):
            threading.Event().wait(0.1 + 0.013 * (number % 8))
            chunk = len(terminal.chunks)
            sent = terminal.send(DOWN if number % 2 == 0 else UP)
            shown = terminal.wait_for(seen, since=chunk, timeout=2.0)
            times.append(2.0 if shown is None else shown - sent)
    return times


def lines(args: argparse.Namespace) -> Iterator[Line]:
    """Everything, in the order of the table."""
    hello, start = first_paints(
        (f"{args.python} -m tests.benchmarks.pty_hello", args.start), args.times
    )
    yield Line("first paint", start, 0.3, "s")
    yield Line("first paint / hello world's", start / hello, 2.0, "x")
    naive = cost(f"{args.python} {TARGETS} widgets", args.seconds)
    moving, crowd = cost(args.moving, args.seconds), cost(args.crowd, args.seconds)
    yield Line("64 bars: CPU", moving.cpu, 6.0, "%")
    yield Line("64 bars: CPU / a widget each", moving.cpu / naive.cpu, 1 / 3, "x")
    yield Line("64 bars: to the terminal", moving.bytes_per_s / 1000, 45.0, "KB/s")
    many = cost(args.many_gpus, args.seconds)
    yield Line("64 bars, 8 GPUs: CPU", many.cpu, 6.0, "%")
    yield Line("64 bars, 8 GPUs: to the terminal", many.bytes_per_s / 1000, 45.0, "KB/s")
    yield Line("1,024 bars: CPU / 64 bars", crowd.cpu / moving.cpu, 1.5, "x")
    yield Line("1,024 bars: to the terminal", crowd.bytes_per_s / 1000, 45.0, "KB/s")
    idle = cost(args.idle, args.seconds)
    yield Line("idle: CPU", idle.cpu, 1.5, "%")
    yield Line("idle: to the terminal", idle.bytes_per_s / 1000, 2.0, "KB/s")
    keys = key_times(args.keys, args.seen.encode())
    yield Line("key to repaint: p50", 1000 * (percentile(keys, 50) or 0), 35.0, "ms")
    yield Line("key to repaint: p95", 1000 * (percentile(keys, 95) or 0), 35.0, "ms")
    yield Line("RSS", max(moving.rss, crowd.rss, idle.rss), 80.0, "MiB")


def main() -> int:
    """Print the table; 1 if a bound is broken."""
    python = shlex.quote(sys.executable)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="window of each measurement")
    parser.add_argument("--times", type=int, default=5, help="starts of each program")
    parser.add_argument("--start", default=f"{python} -m burstview demo")
    parser.add_argument("--moving", default=f"{python} {TARGETS} monitor 64")
    parser.add_argument(
        "--many-gpus", default=f"{python} {TARGETS} monitor 64 --gpus 8 --every 0.1"
    )
    parser.add_argument("--keys", default=f"{python} {TARGETS} monitor 64 --round 30")
    parser.add_argument("--crowd", default=f"{python} {TARGETS} monitor 1024")
    parser.add_argument("--idle", default=f"{python} {TARGETS} monitor-idle")
    parser.add_argument(
        "--seen", default=r"▸|\x1b\[0;1;7;", help="regex of the bytes that answer an arrow key"
    )
    parser.set_defaults(python=python)
    broken = 0
    for line in lines(parser.parse_args()):
        broken += not line.holds
        sign = "ok" if line.holds else "BROKEN"
        bound = f"<= {line.bound:.2f} {line.unit}"
        print(f"{line.what:32}{line.value:9.2f} {line.unit:5} {bound:16}{sign}", flush=True)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
