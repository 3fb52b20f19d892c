"""The figures that nvidia-smi's table leaves out."""

from __future__ import annotations

import msgspec
import pytest
from rich.cells import cell_len
from tests.tui.gpu_samples import MIG, PROCESSES, h200, h200_facts

from burstview.draw.gpu_facts import gpu_entries, grid_height, grid_rows, process_entries
from burstview.draw.runs import plain
from burstview_engines.core.gpu import Gpu, GpuActivity

ACTIVITY = GpuActivity(begin=1.0, end=1.2, sm=96.0, occupancy=40.0, tensor=93.0, dram=15.0)


def test_all_figures_of_a_loaded_gpu() -> None:
    """Each with its limit beside it."""
    told = dict(gpu_entries(h200(activity=ACTIVITY), h200_facts(), "580.159.04, CUDA 13.0"))
    assert told == {
        "SM active": "96%, occupancy 40%",
        "tensor": "93%, DRAM 15%",
        "held down": "power cap",
        "SM clock": "1530 of 1980 MHz",
        "memory clock": "3201 of 3201 MHz",
        "temperature": "64°C, slow 89, off 95",
        "memory temp.": "—",
        "power mean": "688 W",
        "power limit": "700 W, 200 to 700",
        "memory busy": "22%",
        "reserved": "615 MiB",
        "PCIe": "gen 5 of 5, ×16 of 16",
        "PCIe in/out": "2.7 MiB/s, 994 KiB/s",
        "NVLink": "18 links up, version 4",
        "NVLink in/out": "0 B/s, 0 B/s",
        "encoder": "0%",
        "decoder": "0%",
        "ECC errors": "0 corrected, 0 not",
        "BAR1": "1.4/256 GiB",
        "chip": "Hopper",
        "driver": "580.159.04, CUDA 13.0",
        "UUID": "GPU-00000000-0000-0000-0000-000000000000",
    }


def test_unknown_figures_are_dashes() -> None:
    """None of them is 0, and none is left out."""
    told = gpu_entries(Gpu(index=0, name="T4"), None)
    assert len(told) >= 19
    assert not any(character.isdigit() for _, value in told for character in value)
    assert all("—" in value for _, value in told)


def test_a_gpu_without_gpm_and_nvlink_says_so() -> None:
    """That is known, and no dash."""
    facts = msgspec.structs.replace(h200_facts(), has_gpm=False, nvlinks=0, ecc=False)
    told = dict(gpu_entries(h200(), facts))
    assert told["SM active"] == "not told by this GPU"
    assert told["NVLink"] == "none"
    assert "NVLink in/out" not in told
    assert told["ECC errors"] == "not counted: ECC is off"


def test_mig_instances_have_a_line_each() -> None:
    """By GPU and compute instance, with their memory."""
    told = dict(gpu_entries(msgspec.structs.replace(h200(), mig=MIG), h200_facts()))
    assert told["MIG 3/0"] == "1g.18gb 1.0/16.0 GiB"
    assert told["MIG 5/—"] == "2g.35gb —/32.0 GiB"


@pytest.mark.parametrize("width", [30, 60, 80, 100, 120, 200])
def test_the_grid_is_as_wide_as_asked(width: int) -> None:
    """And says how many figures had no room."""
    entries = gpu_entries(h200(activity=ACTIVITY), h200_facts(), "580")
    rows = grid_rows(entries, width)
    assert {cell_len(plain(row)) for row in rows} == {width}
    assert len(rows) == grid_height(entries, width)
    assert "GPU-00000000" in plain(rows[-1])
    few = grid_rows(entries, width, 2)
    assert len(few) == 2
    assert {cell_len(plain(row)) for row in few} == {width}
    shown = sum(f" {name}  " in plain(row) for row in few for name, _ in entries)
    assert plain(few[-1]).endswith(f" {len(entries) - shown} more: d ")


def test_a_process_in_full() -> None:
    """Nothing is cut that has room of its own."""
    told = dict(process_entries(PROCESSES[1], "my-ollama"))
    assert told["command"].endswith("--model /models/blobs/sha256-c4973d")
    assert told["parents"] == "11801 11800 1"
    assert told["CPU"] == "12%, busiest thread 11%"
    assert told["container"] == "—"
