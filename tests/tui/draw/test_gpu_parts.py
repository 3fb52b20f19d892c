"""Histories, processes, the machine, and how high each part of the screen is."""

from __future__ import annotations

import msgspec
import pytest
from rich.cells import cell_len
from tests.tui.gpu_samples import PROCESSES, host

from burstview.draw.chart import Mark
from burstview.draw.gpu_layout import Wanted, heights
from burstview.draw.histories import (
    History,
    Times,
    chart_cells,
    columns_in,
    grid_rows,
    large_cells,
    large_rows,
)
from burstview.draw.host_rows import core_bars, host_rows
from burstview.draw.process_rows import ORDERS, ProcessLine, in_order, process_rows
from burstview.draw.runs import plain
from burstview_engines.core.events import HostSampled
from burstview_engines.core.gpu import GpuProcess

LINES = [
    ProcessLine(PROCESSES[0], "my-vllm"),
    ProcessLine(PROCESSES[1], "my-ollama"),
    ProcessLine(PROCESSES[2]),
]
TIMES = Times(0.5, (Mark(-8, -4, "vLLM 16"),), "now")


def histories(count: int, cells: int) -> list[History]:
    """Every second one without a scale."""
    return [
        History(
            f"metric {n}",
            f"{n}%",
            "100%",
            [100.0] * cells,
            None if n % 2 else 100.0,
            "limit",
        )
        for n in range(count)
    ]


@pytest.mark.parametrize("width", [80, 120, 200])
@pytest.mark.parametrize("height", [4, 6, 10, 19, 30])
@pytest.mark.parametrize("count", [5, 8])
def test_the_grid_of_histories_fits(width: int, height: int, count: int) -> None:
    """All of them, or those around the selected one; marks and seconds always."""
    cells = chart_cells(width, count, height)
    rows = grid_rows(histories(count, cells), count - 1, TIMES, width, height)
    assert len(rows) <= height
    assert {cell_len(plain(row)) for row in rows} == {width}
    assert plain(rows[-1]).count("now") == columns_in(width, count)
    assert "━" in plain(rows[-2])
    assert any("▸metric" in plain(row) for row in rows)


def test_a_history_without_a_limit_has_no_scale() -> None:
    """It is said, and not made up."""
    rows = [plain(row) for row in grid_rows(histories(2, 20), 0, TIMES, 80, 8)]
    assert any("no scale: its limit is not told" in row for row in rows)


@pytest.mark.parametrize(("width", "height"), [(80, 18), (120, 34), (200, 54)])
def test_one_history_alone_has_its_scale_beside_it(width: int, height: int) -> None:
    """From 0 to the top."""
    one = histories(1, large_cells(width))[0]
    rows = [plain(row) for row in large_rows(one, TIMES, width, height)]
    assert len(rows) == height
    assert {cell_len(row) for row in rows} == {width}
    assert rows[0].startswith(" ▸metric 0 0% of 100%")
    assert rows[1].lstrip().startswith("100% ███")
    assert rows[-3].lstrip().startswith("0 ███")


def test_processes_of_engines_and_others_are_told_apart() -> None:
    """By a mark and a word, not by colour alone."""
    rows = [plain(row) for row in process_rows(LINES, 1, 200, "Memory")]
    assert rows[0].split()[:5] == ["GPU", "PID", "User", "Type", "Memory▾"]
    assert rows[1].split()[:9] == [
        *("●", "0", "3223", "root", "C", "101,164", "MiB", "84%", "104%"),
    ]
    assert rows[2].startswith("▸ ●")
    assert "my-ollama" in rows[2]
    assert rows[3].split()[0] == "○"
    assert " other " in rows[3]
    assert rows[3].count("—") == 4


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_processes_have_room_for_their_backend(width: int) -> None:
    """At any width, and every row is as wide as asked."""
    rows = process_rows(LINES, None, width, "SM", "1–3 of 9 ")
    assert {cell_len(plain(row)) for row in rows} == {width}
    assert "my-vllm" in plain(rows[1])
    assert ("101,164 MiB" in plain(rows[1])) == (width >= 60)


def test_each_order_puts_the_most_first_and_unknown_last() -> None:
    """By GPU and by pid the lowest first."""
    lines = [*LINES, ProcessLine(GpuProcess(gpu=1, pid=7))]
    by = {order: [line.process.pid for line in in_order(lines, order)] for order in ORDERS}
    assert by == {
        "Memory": [3223, 11864, 555, 7],
        "SM": [3223, 11864, 555, 7],
        "CPU": [3223, 11864, 555, 7],
        "GPU": [555, 3223, 11864, 7],
        "PID": [7, 555, 3223, 11864],
    }


def test_the_machine_in_three_rows() -> None:
    """A bar for each core, and what its cgroup allows."""
    rows = [plain(row).rstrip() for row in host_rows(host(1.0), 120)]
    assert rows == [
        " host  cpu  29%  █▃▃▃▃▃▃▃▁▁▁▁▁▁▁▁  load 2.5 1.0 0.5  16 cores",
        "       mem 12.0/128 GiB  swap 0.0/8.0 GiB  disk r 1.4 MiB/s w 293 KiB/s"
        "  net in 19.5 KiB/s out 8.6 MiB/s",
        "       cgroup cpu 220% of 800%, held back 3% of the time  cgroup mem 5.0/64.0 GiB",
    ]


def test_a_machine_that_tells_little() -> None:
    """Dashes, and no limits where there are none."""
    little = HostSampled(
        at=0.0, cpu_percent=1.0, cores=2, memory_used_bytes=1 << 30, memory_total_bytes=2 << 30
    )
    first, second = (plain(row) for row in host_rows(little, 120))
    assert "load —" in first
    assert "swap —" in second
    assert "disk r — w —" in second
    assert "cgroup" not in second
    assert "not looked at yet" in plain(host_rows(None, 80)[0])
    none = msgspec.structs.replace(little, swap_used_bytes=0, swap_total_bytes=0)
    assert "swap none" in plain(host_rows(none, 120)[1])


def test_many_cores_share_bars() -> None:
    """The busiest of each group is shown: one full core must be seen."""
    bars, each = core_bars([0.0] * 255 + [100.0], 64)
    assert (len(bars), each) == (64, 4)
    assert bars[-1] == "█"
    many = msgspec.structs.replace(host(0.0), core_percents=(0.0,) * 192, cores=192)
    assert cell_len(plain(host_rows(many, 80)[0])) == 80


@pytest.mark.parametrize("gpus", [0, 1, 2, 8, 16])
@pytest.mark.parametrize(("width", "height"), [(80, 22), (120, 38), (200, 58), (80, 10)])
def test_all_parts_fit(gpus: int, width: int, height: int) -> None:
    """Nothing is higher than the screen; a small one keeps tables and histories."""
    wanted = Wanted(gpus=gpus, facts=11, charts=4 if width < 120 else 3, host=3, processes=9)
    high = heights(height, width, wanted, 80)
    total = high.table + high.facts + high.histories + high.host + high.processes
    assert total <= height
    assert high.host >= 1 or height < 22
    if height >= 22 and gpus:
        assert high.histories >= wanted.charts + 2
        assert high.processes >= 3
        assert high.facts >= 1
