"""Programs the pty benchmark starts: moving lanes, one widget per bar, a monitor moving or idle.

python -m tests.benchmarks.pty_targets lanes|widgets|idle|monitor|monitor-idle|gpus [bars]
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Sequence
from contextlib import aclosing

import msgspec
from tests.benchmarks.pty_feed import TOKENS_PER_S, FedReserve
from tests.tui.bursts import staircase, streaming, wall
from textual.app import App, ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from burstview.draw import side as draw
from burstview.draw.axis import Axis
from burstview.draw.side import Side
from burstview.draw.side_rows import row_key, row_runs
from burstview.widgets.diff_screen import DiffScreen
from burstview.widgets.gauges import Gauges
from burstview.widgets.lanes import Lanes
from burstview_engines.burst.run import Run
from burstview_engines.burst.start_line import StartLine
from burstview_engines.core.backend import Backend
from burstview_engines.core.events import (
    BackendSeen,
    EngineChanged,
    GpuProcessesSeen,
    GpuSampled,
    GpusFound,
    HostSampled,
)
from burstview_engines.core.gpu import Gpu, GpuActivity, GpuFacts, GpuProcess
from burstview_engines.core.managed import ManagedEngine
from burstview_engines.core.plan import BurstPlan, Order
from burstview_engines.core.session import SessionFold
from burstview_engines.core.views import RunView, Snapshot
from burstview_engines.source import SessionError
from burstview_engines.stream import EventStream

FPS = 10
ROUND = 5.0
"""Seconds after which the bars begin anew."""
SAMPLE = 0.5
"""Seconds between two looks at the GPUs; the probe looks ten times a second in a burst."""
CONTAINER = "c" * 64
BACKENDS = (
    Backend(key="a", name="a", engine="vllm", place="url", url="http://127.0.0.1:1"),
    Backend(key="b", name="b", engine="ollama", place="url", url="http://127.0.0.1:2"),
)


class Panel(App[None]):
    """Lanes and gauges alone, without the rest of the monitor."""

    def __init__(self, bars: int, one: bool, stock: bool, moving: bool) -> None:
        super().__init__()
        self.stock, self.moving = stock, moving
        each = bars if one else bars // 2
        self.runs = (streaming(each),) if one else (streaming(each), streaming(each))
        self.started = time.monotonic()
        self.samples = 0

    def get_default_screen(self) -> Screen[None]:
        """With the cell diff unless told otherwise."""
        return DiffScreen[None](id="_default", cell_diff=not self.stock)

    def compose(self) -> ComposeResult:
        """Title, picture, gauges."""
        yield Static("burstview")
        yield Lanes()
        yield Gauges()

    def on_mount(self) -> None:
        """Draw at the monitor's rate, sample gauges twice a second."""
        self.query_one(Lanes).focus()
        self.set_interval(0.5, self.sample)
        if self.moving:
            self.set_interval(1 / FPS, self.tick)
        else:
            self.query_one(Lanes).sides = (
                Side(wall(16), 0.5, "vLLM", "all together"),
                Side(staircase(16), 8.0, "Ollama", "one at a time"),
            )

    def tick(self) -> None:
        """Every bar moves."""
        moment = (time.monotonic() - self.started) % ROUND
        self.query_one(Lanes).sides = tuple(
            Side(run, moment, "vLLM", "so far all together", settled=False) for run in self.runs
        )

    def sample(self) -> None:
        """Eight GPUs and the machine, each value new."""
        self.samples += 1
        use = 50 + self.samples * 7 % 50
        gauges = self.query_one(Gauges)
        gauges.gpu = GpuSampled(at=self.samples, gpus=(_gpu(0, use), _gpu(1, 100 - use)))
        gauges.host = _host(self.samples, use)


def _gpu(index: int, use: float) -> Gpu:
    return Gpu(
        index=index,
        name="NVIDIA H200",
        utilisation=use,
        memory_used_bytes=105 << 30,
        memory_total_bytes=140 << 30,
        power_watts=300 + use,
        power_limit_watts=700,
        temperature_celsius=48,
        sm_clock_mhz=1980,
    )


def _crowd(at: float, count: int, use: float) -> GpuSampled:
    """Each of them with all that a data-centre card tells, each value new."""
    return GpuSampled(at=at, gpus=tuple(_whole(n, (use + 9 * n) % 100, at) for n in range(count)))


def _whole(index: int, use: float, at: float) -> Gpu:
    return msgspec.structs.replace(
        _gpu(index, use),
        memory_utilisation=use / 2,
        power_history=tuple((at - 0.1 + n / 50, 300 + use) for n in range(5)),
        memory_clock_mhz=3201,
        performance_state=0,
        throttle_reasons=("power cap",),
        pcie_received_bytes_per_second=1e6 * use,
        activity=GpuActivity(
            begin=at - 0.1, end=at, sm=use, occupancy=use / 2, tensor=use / 3, dram=use / 4
        ),
    )


def _people(at: float, count: int) -> tuple[GpusFound | GpuProcessesSeen | EngineChanged, ...]:
    """What is told once: the cards, an engine, and its processes beside another."""
    facts = (GpuFacts(index=n, name="NVIDIA H200", has_gpm=True) for n in range(count))
    ours = (
        GpuProcess(gpu=n, pid=n + 1, memory_bytes=98 << 30, container=CONTAINER)
        for n in range(count)
    )
    engine = ManagedEngine(
        key="a", name="a", engine="vllm", place="container", owner="ours", status="ready",
        id=CONTAINER,
    )  # fmt: skip
    return (
        GpusFound(at=at, facts=tuple(facts)),
        EngineChanged(at=at, engine=engine),
        GpuProcessesSeen(at=at, processes=(*ours, GpuProcess(gpu=0, pid=99))),
    )


def _host(at: float, use: float) -> HostSampled:
    return HostSampled(
        at=at, cpu_percent=use, cores=16, memory_used_bytes=1 << 34, memory_total_bytes=1 << 37
    )


class Bar(Widget):
    """One request as a widget of its own."""

    DEFAULT_CSS = "Bar { height: 1; width: 1fr; }"

    def __init__(self, run: RunView, row: int) -> None:
        super().__init__()
        self.run_view, self.row = run, row
        self.moment = 0.0

    def render(self) -> Content:
        """The same row as the lanes widget's."""
        side = Side(self.run_view, self.moment, settled=False)
        width = self.size.width
        plan = draw.layout(draw.expected(side), 1000, "lanes")
        cells = draw.axis_cells(width, plan.number_cells)
        axis = Axis(draw.spans((side,), own=False)[0][0], cells)
        key = row_key(side, plan, axis, self.row, None)
        runs = row_runs(key, width) if key else ()
        return Content.assemble(*((text, _COLOURS.get(kind, "")) for text, kind, _ in runs))


_COLOURS = {
    "waiting": "#5b6b8c",
    "streaming": "#f5a623",
    "first-token": "#ffffff",
    "number": "#9aa7bd",
}


class WidgetPerBar(App[None]):
    """The naive way, for comparison: Textual's own screen, a widget for each bar."""

    CSS = "VerticalScroll { layout: grid; grid-size: 2; grid-rows: 1; grid-gutter: 0; }"

    def __init__(self, bars: int) -> None:
        super().__init__()
        self.run_view = streaming(bars // 2)
        self.bars = [Bar(self.run_view, number // 2) for number in range(bars)]
        self.started = time.monotonic()

    def compose(self) -> ComposeResult:
        """Title and bars in two columns."""
        yield Static("bars")
        with VerticalScroll():
            yield from self.bars

    def on_mount(self) -> None:
        """Draw at the monitor's rate."""
        self.set_interval(1 / FPS, self.tick)

    def tick(self) -> None:
        """Every bar moves."""
        moment = (time.monotonic() - self.started) % ROUND
        for bar in self.bars:
            bar.moment = moment
            bar.refresh()


class Forever:
    """A session whose duel never rests: bursts of `bars` streams from feeding processes.

    What the monitor's process does with them is what a live session does: read pipes, decode, watch
    the phase, fold, record nothing. Not `moving`, it is one finished duel and gauges.
    """

    is_recording = False

    def __init__(
        self, bars: int, moving: bool, seconds: float, gpus: int = 0, every: float = SAMPLE
    ) -> None:
        """With `gpus` there are so many, which tell all they can `every` so many seconds."""
        self.stream = EventStream()
        self.moving = moving
        self.gpus, self.every = gpus, every
        self.plan = BurstPlan(
            concurrency=bars // 2,
            max_tokens=int(seconds * TOKENS_PER_S) if moving else 2,
            warm_up=False,
        )
        self.runs = 0
        self.tasks: list[asyncio.Task[None]] = []

    @property
    def fold(self) -> SessionFold:
        """As live sessions do."""
        return self.stream.fold

    def snapshot(self) -> Snapshot:
        """As live sessions do."""
        return self.fold.snapshot(self.stream.now())

    async def open(self) -> None:
        """Two backends, then bursts and samples from tasks."""
        for backend in BACKENDS:
            self.stream.put(BackendSeen(at=self.stream.now(), backend=backend))
        self.tasks = [asyncio.create_task(self._sample()), asyncio.create_task(self._burst())]

    async def fire(
        self, backends: Sequence[str], plan: BurstPlan, *, order: Order = "auto"
    ) -> tuple[int, ...]:
        """It fires by itself."""
        raise SessionError("This session fires by itself; nothing to do.")

    def cancel(self) -> None:
        """It never rests."""
        raise SessionError("This session cannot be cancelled; quit instead.")

    async def choose_model(self, backend: str, model: str) -> None:
        """There is one model."""
        raise SessionError("This session has one model; nothing to do.")

    async def close(self) -> None:
        """Stop the tasks."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    @property
    def engines(self) -> None:
        """None can be controlled."""
        return None

    async def _sample(self) -> None:
        if self.gpus:
            self.stream.put(*_people(self.stream.now(), self.gpus))
        while True:
            at = self.stream.now()
            use = 50 + int(at * 14) % 50
            if self.gpus:
                self.stream.put(_crowd(at, self.gpus, use))
            else:
                self.stream.put(GpuSampled(at=at, gpus=(_gpu(0, use), _gpu(1, 100 - use))))
            self.stream.put(_host(at, use))
            await asyncio.sleep(self.every)

    async def _burst(self) -> None:
        while True:
            line, duel = StartLine(len(BACKENDS)), self.runs + 1
            self.runs += len(BACKENDS)
            await asyncio.gather(
                *(
                    self._carry_out(backend, duel + number, duel, line)
                    for number, backend in enumerate(BACKENDS)
                )
            )
            if not self.moving:
                return

    async def _carry_out(self, backend: Backend, number: int, duel: int, line: StartLine) -> None:
        run = Run(
            run=number,
            backend=backend,
            plan=self.plan,
            epoch=self.stream.epoch,
            duel=duel,
            start_line=line,
            reserve=FedReserve(),
            environ={},
        )
        async with aclosing(run.events()) as batches:
            async for batch in batches:
                self.stream.put(*batch)


def monitor(session: Forever, bars: int, *, on_gpus: bool) -> None:
    """The monitor itself, or its GPU screen; imported here so that the other programs do not pay
    for it."""
    from burstview import collector

    collector.collect_seldom()
    from burstview.app import BurstviewApp

    app = BurstviewApp(session, BurstPlan(concurrency=bars // 2))
    if on_gpus:
        app.call_later(app.action_gpus)
    collector.keep_all()
    app.run()


def main() -> None:
    """Start one."""
    parser = argparse.ArgumentParser()
    names = ("lanes", "widgets", "idle", "monitor", "monitor-idle", "gpus")
    parser.add_argument("what", choices=names)
    parser.add_argument("bars", nargs="?", type=int, default=64)
    parser.add_argument("--round", type=float, default=ROUND, help="seconds of a burst")
    parser.add_argument("--one", action="store_true", help="one run instead of a duel")
    parser.add_argument("--stock", action="store_true", help="without the cell diff")
    parser.add_argument("--gpus", type=int, default=0, help="so many that tell all they can")
    parser.add_argument("--every", type=float, default=SAMPLE, help="seconds between two looks")
    args = parser.parse_args()
    match args.what:
        case "widgets":
            WidgetPerBar(args.bars).run()
        case "monitor" | "monitor-idle" | "gpus":
            is_moving = args.what != "monitor-idle"
            session = Forever(args.bars, is_moving, args.round, args.gpus, args.every)
            monitor(session, args.bars, on_gpus=args.what == "gpus")
        case what:
            Panel(args.bars, args.one, args.stock, moving=what == "lanes").run()


if __name__ == "__main__":
    main()
