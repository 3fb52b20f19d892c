"""nvidia-smi's table: its fields, its widths, and what is said where nothing is known."""

from __future__ import annotations

import msgspec
import pytest
from rich.cells import cell_len
from tests.tui.gpu_samples import MIG, h200, h200_facts

from burstview.draw.gpu_rows import GpuLine, flat_rows, tall_rows
from burstview.draw.runs import plain
from burstview_engines.core.gpu import Gpu, GpuActivity

UNKNOWN = GpuLine(Gpu(index=0, name="T4"))


def line(index: int = 0) -> GpuLine:
    """A loaded H200."""
    activity = GpuActivity(begin=0.0, end=0.2, sm=96.0, tensor=93.0, dram=15.0)
    gpu = h200(index, activity=activity)
    return GpuLine(gpu, h200_facts(index), utilisation=gpu.utilisation)


def test_two_rows_a_gpu_as_nvidia_smi_has_them() -> None:
    """Every field of its table is there, in its order."""
    rows = [plain(row).rstrip() for row in tall_rows([line()], 0, 80)]
    assert rows == [
        "  GPU  Name        Persistence-M │ Bus-Id          Disp.A │          Uncorr. ECC",
        "  Fan  Temp  Perf  Pwr:Usage/Cap │       Memory-Usage MiB │ GPU-Util Compute·MIG",
        "▸   0  NVIDIA H200            On │ 00000000:00:06.0   Off │                    0",
        "    —   64°C   P0      688/700 W │        102,621/143,771 │   98%    Default·Off",
    ]


def test_one_row_a_gpu_has_them_all_where_there_is_room() -> None:
    """And what nvidia-smi has not: SM, tensor and DRAM activity."""
    head, row = (plain(row).split() for row in flat_rows([line()], 0, 200))
    assert head == [
        *("GPU", "Name", "Fan", "Temp", "Perf", "Pwr:Usage/Cap", "Memory-Usage", "MiB"),
        *("GPU-Util", "SM", "Tensor", "DRAM", "Bus-Id", "Pers", "Disp", "ECC", "Compute", "MIG"),
    ]
    assert row == [
        *("▸", "0", "NVIDIA", "H200", "—", "64°C", "P0", "688/700", "W", "102,621/143,771"),
        *("98%", "96%", "93%", "15%", "00000000:00:06.0", "On", "Off", "0", "Default", "Off"),
    ]


def test_what_is_unknown_is_a_dash_everywhere() -> None:
    """A driver that tells a name and no more; nothing becomes 0."""
    for rows in (tall_rows([UNKNOWN], 0, 120)[2:], flat_rows([UNKNOWN], 0, 200)[1:]):
        words = " ".join(plain(row) for row in rows).replace("│", " ").split()
        fields = [word for word in words if word not in ("▸", "0", "T4")]
        assert len(fields) >= 9
        assert {character for word in fields for character in word} <= set("—/·")


@pytest.mark.parametrize("width", [20, 40, 60, 79, 80, 100, 120, 200])
@pytest.mark.parametrize("count", [1, 2, 8, 16])
def test_every_row_is_as_wide_as_asked(width: int, count: int) -> None:
    """Columns that have no room are left out; the index and the name stay."""
    lines = [line(index) for index in range(count)]
    rows = flat_rows(lines, count - 1, width, "1–8 of 16" if width > 40 else "")
    assert {cell_len(plain(row)) for row in rows} == {width}
    assert len(rows) == count + 1
    assert plain(rows[-1]).startswith("▸")
    assert {cell_len(plain(row)) for row in tall_rows(lines, 0, width)} == {width}


def test_a_lost_gpu_says_since_when_and_its_values_are_old() -> None:
    """In words, not by colour alone; the others' rows stay as they are."""
    gone = line()._replace(state="LOST since 14:03:22")
    head, lost, well = flat_rows([gone, line(1)], 0, 120)
    assert "State" in plain(head)
    assert "LOST since 14:03:22" in plain(lost)
    assert {run.kind for run in lost if run.text.strip()} == {"pointer", "bad", "old"}
    assert "old" not in {run.kind for run in well}
    first, second = tall_rows([gone], 0, 80)[2:]
    assert "LOST since 14:03:22" in plain(first)
    assert "old" in {run.kind for run in second}


def test_simulated_gpus_say_so_in_both_forms() -> None:
    """With the name of the backend that they belong to."""
    simulated = GpuLine(Gpu(index=0, name="L4", backend="vllm"), is_simulated=True, owner="vLLM")
    assert "vLLM's L4 SIMULATED" in plain(flat_rows([simulated], 0, 120)[1])
    assert "vLLM's L4 SIMULATED" in plain(tall_rows([simulated], 0, 120)[2])


def test_mig_and_modes_in_few_cells() -> None:
    """How many instances there are; a mode as nvidia-smi shortens it."""
    gpu = msgspec.structs.replace(h200(), mig=MIG)
    facts = msgspec.structs.replace(h200_facts(), mig=True, compute_mode="exclusive process")
    row = plain(tall_rows([GpuLine(gpu, facts, utilisation=98.0)], 0, 80)[3])
    assert row.endswith(" 98% E. Process·2×MIG")


def test_control_sequences_in_a_name_are_harmless() -> None:
    """Whatever a driver says."""
    odd = GpuLine(Gpu(index=0, name="\x1b[31mH\n200\x07"))
    assert "H 200" in plain(flat_rows([odd], 0, 80)[1])
