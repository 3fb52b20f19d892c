"""The gauges widget and its rows."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult

from burstview.draw.gauge_rows import Extras, gpu_row, host_row, problem_row, spark
from burstview.draw.runs import plain
from burstview.widgets.gauges import Gauges
from burstview_engines.core.events import GpuSampled, HostSampled
from burstview_engines.core.gpu import Gpu, GpuActivity

H200 = Gpu(
    index=0,
    name="NVIDIA H200",
    utilisation=95.0,
    memory_used_bytes=105 << 30,
    memory_total_bytes=140 << 30,
    power_watts=412.3,
    power_limit_watts=700.0,
    temperature_celsius=48.0,
    sm_clock_mhz=1980.0,
)
L4 = Gpu(index=0, name="L4", utilisation=50.0, memory_used_bytes=20 << 30, backend="vllm")
HOST = HostSampled(
    at=1.0, cpu_percent=29.0, cores=16, memory_used_bytes=12 << 30, memory_total_bytes=128 << 30
)


class Panel(App[None]):
    """Nothing but gauges."""

    def compose(self) -> ComposeResult:
        """The widget under test."""
        yield Gauges()

    def rows(self) -> list[str]:
        """What is on screen."""
        gauges = self.query_one(Gauges)
        return [gauges.render_line(y).text for y in range(gauges.size.height)]


def test_the_scale_is_fixed() -> None:
    """A GPU pinned at 100 % is full, an idle one is low, an unknown sample is a gap."""
    assert spark([100.0] * 3, 3) == "███"
    assert spark([0.0, 50.0, None, 100.0], 5) == " ▁▅ █"
    assert spark([0.0, 100.0], 1) == "█"


def test_a_row_says_all_there_is() -> None:
    """Use over time, memory, power, temperature, clock."""
    row = plain(gpu_row(H200, [50.0, 95.0], 120)).rstrip()
    assert row.startswith(" GPU 0 H200  util ")
    assert row.endswith("▅█  95%  mem 105/140 GiB  412/700 W  48°C  1980 MHz")


def test_unknown_values_are_dashes() -> None:
    """A driver that says nothing, and a machine that was not looked at yet."""
    assert plain(gpu_row(Gpu(index=1, name="T4"), [], 60)).split() == [
        *("GPU", "1", "T4", "util", "—", "mem", "—", "—", "—", "—"),
    ]
    assert plain(host_row(None, [], 40)).split() == ["host", "cpu", "—", "mem", "—"]


@pytest.mark.parametrize("width", [20, 40, 60, 79, 80, 100, 120, 200])
def test_rows_are_clipped_between_facts(width: int) -> None:
    """A fact has room or is left out; every row is exactly as wide as asked."""
    rows = (
        gpu_row(H200, [95.0] * 30, width, simulated=True, label_cells=22),
        host_row(HOST, [29.0] * 30, width, 22),
        problem_row("NVML 드라이버 was not found on this machine.", width, 22),
    )
    assert all(cell_len(plain(row)) == width for row in rows)
    facts = plain(rows[0]).partition("%")[2].split()
    whole = ["mem", "105/140", "GiB", "412/700", "W", "48°C", "1980", "MHz"]
    assert facts == whole[: len(facts)]
    assert len(facts) in (0, 3, 5, 6, 8)


async def test_simulated_gpus_say_so_and_come_after_real_ones() -> None:
    """Each GPU has a row, the machine has one, and all columns stand below each other."""
    app = Panel()
    async with app.run_test(size=(120, 10)) as pilot:
        gauges = app.query_one(Gauges)
        gauges.gpu = GpuSampled(at=1.0, gpus=(H200,))
        gauges.simulated_gpu = GpuSampled(at=1.0, gpus=(L4,), simulated=True)
        gauges.host = HOST
        await pilot.pause()
        rows = app.rows()
    assert [row.split()[0:4] for row in rows[:2]] == [
        ["GPU", "0", "H200", "util"],
        ["GPU", "0", "L4", "SIMULATED"],
    ]
    assert rows[2].startswith(" host")
    assert len({row.index("util") for row in rows[:2]} | {rows[2].index("cpu")}) == 1


async def test_samples_become_history() -> None:
    """Each new sample moves the history by one, oldest left."""
    app = Panel()
    async with app.run_test(size=(120, 10)) as pilot:
        gauges = app.query_one(Gauges)
        for at, percent in enumerate((0.0, 50.0, 100.0)):
            sample = GpuSampled(at=at, gpus=(Gpu(index=0, name="T4", utilisation=percent),))
            gauges.gpu = sample
        await pilot.pause()
        assert " ▁▅█ 100%" in app.rows()[0]


async def test_a_missing_gpu_is_a_sentence() -> None:
    """The problem stands below the machine's row."""
    app = Panel()
    async with app.run_test(size=(80, 10)) as pilot:
        gauges = app.query_one(Gauges)
        gauges.gpu = GpuSampled(at=1.0, problem="No NVIDIA driver was found.")
        gauges.host = HOST
        await pilot.pause()
        assert [row.split()[0] for row in app.rows()] == ["host", "GPU"]
        assert "No NVIDIA driver was found." in app.rows()[1]


async def test_a_simulated_gpu_is_called_by_its_backend() -> None:
    """Two simulated GPUs of one kind are told apart; a missing real one then takes no row."""
    app = Panel()
    async with app.run_test(size=(120, 10)) as pilot:
        gauges = app.query_one(Gauges)
        gauges.gpu = GpuSampled(at=1.0, problem="No NVIDIA driver was found.")
        await pilot.pause()
        assert "No NVIDIA driver" in app.rows()[-1]

        other = msgspec.structs.replace(L4, index=1, backend="ollama")
        gauges.simulated_gpu = GpuSampled(at=1.0, gpus=(L4, other), simulated=True)
        gauges.owners = {"vllm": "vLLM"}
        await pilot.pause()
        rows = app.rows()
    assert [row.partition("  ")[0] for row in rows] == [
        " vLLM's L4 SIMULATED",
        " GPU 1 L4 SIMULATED",
        " host",
    ]


ACTIVITY = GpuActivity(begin=0.0, end=0.25, sm=96.0, occupancy=40.0, tensor=93.0, dram=15.0)


def test_a_row_tells_activity_and_whose_memory_it_is_where_there_is_room() -> None:
    """What utilisation cannot say, and who holds how much; each only if it fits whole."""
    gpu = msgspec.structs.replace(H200, activity=ACTIVITY)
    extras = Extras(owners=(("my-vllm", 98 << 30), ("my-ollama", None)))

    def told(width: int) -> str:
        return plain(gpu_row(gpu, [], width, extras=extras)).rstrip().partition("MHz")[2]

    assert told(200) == "  tensor 93% DRAM 15%  my-vllm 98.0 GiB  my-ollama —"
    assert told(120) == "  tensor 93% DRAM 15%  my-vllm 98.0 GiB"
    assert told(100) == "  my-vllm 98.0 GiB"


def test_a_lost_gpu_says_since_when_and_its_values_are_old() -> None:
    """In words, before the values."""
    row = gpu_row(H200, [], 120, extras=Extras(state="LOST since 14:03:22"))
    assert "95%  LOST since 14:03:22  mem 105/140 GiB" in plain(row)
    kinds = {run.text: run.kind for run in row}
    assert kinds["LOST since 14:03:22"] == "bad"
    assert kinds["mem 105/140 GiB"] == "old"
    assert kinds[" 95%"] == "old"


def test_a_burst_too_short_for_the_counter_has_no_number() -> None:
    """Neither its own nor the rest's after it."""
    row = plain(gpu_row(H200, [0.0], 120, extras=Extras(reading="burst too short to measure")))
    assert "   — burst too short to measure  mem" in row
    assert "95%" not in row


def crowd(count: int, at: float = 1.0) -> GpuSampled:
    """So many H200s, each busier than the one before."""
    gpus = (
        msgspec.structs.replace(H200, index=index, utilisation=10.0 * index)
        for index in range(count)
    )
    return GpuSampled(at=at, gpus=tuple(gpus))


@pytest.mark.parametrize("count", [5, 8, 9])
async def test_many_gpus_share_rows(count: int) -> None:
    """All of them are in sight, and the machine too."""
    app = Panel()
    async with app.run_test(size=(120, 10)) as pilot:
        app.query_one(Gauges).gpu = crowd(count)
        await pilot.pause()
        rows = app.rows()
    assert len(rows) == -(-count // 3) + 1
    assert [f"{10 * index}%" in " ".join(rows) for index in range(count)] == [True] * count
    assert rows[-1].startswith(" host")
    assert " ".join(rows).count(" 105/140 GiB 412 W 48°C") == count


async def test_more_gpus_than_rows_have_room_for_are_summed_up() -> None:
    """A bar for each, their mean, and sums."""
    app = Panel()
    async with app.run_test(size=(80, 10)) as pilot:
        gauges = app.query_one(Gauges)
        gauges.room = 1
        gauges.gpu = crowd(8)
        await pilot.pause()
        assert app.rows()[0].rstrip() == (
            " 8 × H200  util ▁▁▂▃▄▅▅▆ mean 35%  mem 0.8/1.1 TiB  3,298/5,600 W  max 48°C"
        )
        gauges.extras = {("", 7): Extras(state="LOST since 14:03:22")}
        await pilot.pause()
        assert "✗ mean 30%  1 not well" in app.rows()[0]


async def test_figures_stand_long_enough_to_be_read() -> None:
    """Ten looks a second are all in the history, but drawn a few times; the last one always."""
    app = Panel()
    async with app.run_test(size=(120, 10)) as pilot:
        gauges = app.query_one(Gauges)
        gauges.gpu = crowd(1, at=0.5)
        await pilot.pause()
        for number in range(5):
            use = 20.0 * number
            gpu = msgspec.structs.replace(H200, utilisation=use)
            gauges.gpu = GpuSampled(at=1.0 + number / 10, gpus=(gpu,))
        await pilot.pause()
        assert " 60%" in app.rows()[0]
        limit = asyncio.get_running_loop().time() + 5
        while " 80%" not in app.rows()[0]:
            assert asyncio.get_running_loop().time() < limit
            await asyncio.sleep(0.01)


def test_the_busiest_core_is_told_where_it_is_known() -> None:
    """One full core of sixteen is 6 % of the machine, and may be what holds an engine back."""
    host = msgspec.structs.replace(HOST, core_percents=(100.0, *([4.0] * 15)))
    assert plain(host_row(host, [], 120)).rstrip().endswith("16 cores  busiest core 100%")
