"""What the engine room costs while a burst runs, beside the lanes of the same monitor.

Run it as `python -m tests.benchmarks.bench_engine_room`. Both draw the same session ten times a
second in a terminal of 120x40: two runs of real worker pipes, and four looks a second at both
engines, with every block, slot and pass told. What is counted is the monitor's own process.
"""

from __future__ import annotations

import argparse
import asyncio
import shlex
import sys
from pathlib import Path

from tests.benchmarks.bench_pty import SETTLING, Cost, Line
from tests.benchmarks.pty_targets import BACKENDS, Forever
from tests.pty_terminal import PtyTerminal

from burstview_engines.core.engine_gauges import EngineStep, Holding, Slot
from burstview_engines.core.events import EngineSampled
from burstview_engines.core.plan import BurstPlan

ROOT = Path(__file__).parents[2]
LOOKS_PER_S, PASSES_PER_S = 4, 60
BLOCKS, BLOCK_TOKENS, SLOTS = 2000, 16, 8
ROUND = 30.0
"""Seconds of a burst."""


class Sampled(Forever):
    """The same bursts, with engines that tell all there is to tell."""

    async def open(self) -> None:
        """As before, and looks at the engines."""
        await super().open()
        self.looks = 0
        self.tasks.append(asyncio.create_task(self._look()))

    async def _look(self) -> None:
        while True:
            self.looks += 1
            at = self.stream.now()
            self.stream.put(*(self._told(backend.key, at) for backend in BACKENDS))
            await asyncio.sleep(1 / LOOKS_PER_S)

    def _told(self, key: str, at: float) -> EngineSampled:
        requests = self.plan.concurrency
        paged, blocks = key == BACKENDS[0].key, 2 + self.looks % 12
        holdings = tuple(
            Holding(request=number, blocks=blocks, tokens=blocks * BLOCK_TOKENS - 3)
            for number in range(requests)
        )
        slots = tuple(
            Slot(id=n, is_busy=True, context_tokens=4096, used_tokens=blocks * BLOCK_TOKENS)
            for n in range(SLOTS)
        )
        return EngineSampled(
            at=at,
            backend=key,
            source="simulated",
            running=requests if paged else SLOTS,
            waiting=0 if paged else requests - SLOTS,
            kv_capacity_tokens=BLOCKS * BLOCK_TOKENS if paged else None,
            kv_block_tokens=BLOCK_TOKENS if paged else None,
            prompt_tokens=self.looks * 100,
            output_tokens=self.looks * 200,
            preemptions=0,
            holdings=holdings if paged else None,
            slots=None if paged else slots,
            step_log=self._passes(at, requests if paged else SLOTS),
        )

    def _passes(self, at: float, rows: int) -> tuple[EngineStep, ...]:
        each, count = 1 / PASSES_PER_S, PASSES_PER_S // LOOKS_PER_S
        return tuple(
            EngineStep(
                at=at - number * each,
                duration=each,
                running=rows,
                waiting=0,
                batch_tokens=rows,
                rows=rows,
                kv_used_tokens=rows * BLOCK_TOKENS,
            )
            for number in reversed(range(count))
        )


def monitor(bars: int) -> None:
    """The monitor on such a session."""
    from burstview import collector

    collector.collect_seldom()
    from burstview.app import BurstviewApp

    app = BurstviewApp(Sampled(bars, True, ROUND), BurstPlan(concurrency=bars // 2))
    collector.keep_all()
    app.run()


def cost(bars: int, seconds: float, keys: bytes, columns: int, lines: int) -> Cost:
    """CPU, bytes and memory of the monitor after these keys."""
    command = [sys.executable, "-m", "tests.benchmarks.bench_engine_room", "--target", str(bars)]
    path = f"{ROOT / 'tui'}:{ROOT / 'engines'}:{ROOT}"
    with PtyTerminal(command, columns, lines, env={"PYTHONPATH": path}, cwd=ROOT) as terminal:
        if terminal.first_paint() is None:
            raise SystemExit(f"{shlex.join(command)}: nothing was painted within 10 s.")
        terminal.measure(SETTLING)
        terminal.send(keys)
        if keys and not terminal.wait_for_text("Engine room"):
            raise SystemExit("The engine room did not open.")
        terminal.measure(SETTLING)
        cpu, written = terminal.measure(seconds)
        return Cost(cpu, written, terminal.resident_bytes() / (1 << 20))


def main() -> int:
    """Print the table; 1 if a bound is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bars", type=int, default=64, help="requests of both sides together")
    parser.add_argument("--seconds", type=float, default=10.0, help="window of each measurement")
    parser.add_argument("--size", default="120x40")
    parser.add_argument("--target", type=int, help="be the monitor with so many bars")
    args = parser.parse_args()
    if args.target is not None:
        monitor(args.target)
        return 0
    columns, lines = map(int, args.size.split("x"))
    lanes = cost(args.bars, args.seconds, b"", columns, lines)
    room = cost(args.bars, args.seconds, b"i", columns, lines)
    table = (
        Line("lanes: CPU", lanes.cpu, 6.0, "%"),
        Line("engine room: CPU", room.cpu, 6.0, "%"),
        Line("engine room: CPU / lanes", room.cpu / lanes.cpu, 1.5, "x"),
        Line("engine room: to the terminal", room.bytes_per_s / 1000, 45.0, "KB/s"),
        Line("engine room: RSS", room.rss, 80.0, "MiB"),
    )
    for line in table:
        sign = "ok" if line.holds else "BROKEN"
        bound = f"<= {line.bound:.2f} {line.unit}"
        print(f"{line.what:32}{line.value:9.2f} {line.unit:5} {bound:16}{sign}", flush=True)
    return int(not all(line.holds for line in table))


if __name__ == "__main__":
    sys.exit(main())
