"""The monitor itself beside a GPU driver that hangs: it goes on drawing, and leaves at once."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.probes.gpu.conftest import built
from tests.pty_terminal import PtyTerminal

ROOT = Path(__file__).parents[2]
HANGS = 60
"""Seconds, longer than any of these tests."""
SOON = 3.0
"""Seconds on a busy machine; the benchmark and docs/gpu.md have what it takes on a quiet one."""


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a driver's library without a GPU."""
    folder = tmp_path_factory.mktemp("nvml")
    built(folder)
    return folder


def monitor(driver: Path, home: Path, **settings: str) -> PtyTerminal:
    """`burstview demo` beside that driver."""
    env = {
        "PYTHONPATH": f"{ROOT / 'tui'}:{ROOT / 'engines'}",
        "LD_LIBRARY_PATH": str(driver),
        "HOME": str(home),
        **settings,
    }
    return PtyTerminal([sys.executable, "-m", "burstview", "demo", "-n", "16"], env=env, cwd=ROOT)


@pytest.fixture
def eight(driver: Path, tmp_path: Path) -> Iterator[PtyTerminal]:
    """Eight GPUs, the fourth of which hangs from second 2 on."""
    hang = f"nvmlDeviceGetUtil:3@2-{HANGS}"
    settings = {"FAKE_NVML_GPUS": "8", "FAKE_NVML_HANG": hang, "FAKE_NVML_LOST": "1@2-60"}
    with monitor(driver, tmp_path, **settings) as terminal:
        assert terminal.wait_for_text("ready", 20.0)
        yield terminal


def leaves_at_once(terminal: PtyTerminal) -> bool:
    """With status 0, long before the call comes back."""
    began = time.monotonic()
    terminal.send(b"q")
    return terminal.wait() == 0 and time.monotonic() - began < SOON


def test_a_burst_is_drawn_while_a_gpu_hangs(eight: PtyTerminal) -> None:
    """The other GPUs, and the lanes, go on."""
    assert eight.wait_for_text("slow: values", 20.0)
    assert eight.wait_for_text("LOST since", 20.0)
    eight.send(b"d")
    assert eight.wait_for_text("So far", 20.0)
    assert eight.wait_for_text("waited in line", 60.0)
    assert b"Traceback" not in eight.data()
    assert leaves_at_once(eight)


def test_the_screen_of_gpus_goes_on(eight: PtyTerminal) -> None:
    """It says which one is silent."""
    eight.send(b"n")
    assert eight.wait_for_text("GPU-Util", 20.0)
    assert eight.wait_for_text("slow: values", 20.0)
    eight.send(b"d")
    assert leaves_at_once(eight)


def test_a_driver_that_hangs_from_the_start(driver: Path, tmp_path: Path) -> None:
    """The engines are there all the same, and a sentence tells of the driver."""
    with monitor(driver, tmp_path, FAKE_NVML_HANG_INIT=str(HANGS)) as terminal:
        assert terminal.wait_for_text("ready", 20.0)
        terminal.send(b"n")
        assert terminal.wait_for_text("has not answered", 20.0)
        assert leaves_at_once(terminal)
