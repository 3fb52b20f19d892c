"""The probe against a driver that comes and goes, in this process."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.probes.gpu.fake_nvml import FakeNvml, refusal

from burstview_engines.core.events import AnyEvent, GpuSampled
from burstview_engines.probes.gpu import NO_DEVICE, NO_PERMISSION, NOT_LOADED, WRONG_DRIVER
from burstview_engines.probes.nvml.watch import GpuWatch

Told = queue.Queue[GpuSampled]
LONG = 10.0
"""Seconds after which a test gives up."""


@contextmanager
def watching(nvml: FakeNvml, proc: Path, **settings: float) -> Iterator[tuple[GpuWatch, Told]]:
    """The samples of a probe on this driver."""
    told: Told = queue.Queue()

    def deliver(events: Sequence[AnyEvent]) -> None:
        for event in events:
            if isinstance(event, GpuSampled):
                told.put(event)

    probe = GpuWatch(time.monotonic, deliver, load=lambda: nvml, proc=proc, **settings)
    probe.start()
    try:
        yield probe, told
    finally:
        probe.stop()


def until(told: Told, is_it: Callable[[GpuSampled], bool]) -> GpuSampled:
    """The first sample that is so."""
    deadline = time.monotonic() + LONG
    while time.monotonic() < deadline:
        sample = told.get(timeout=LONG)
        if is_it(sample):
            return sample
    raise AssertionError("it never was so")


def test_a_driver_that_is_loaded_later(tmp_path: Path) -> None:
    """It is tried again, and said once why not."""
    answers = iter([refusal(9), refusal(9), refusal(18), None])
    nvml = FakeNvml({"nvmlInit": lambda: next(answers, None)})
    with watching(nvml, tmp_path, try_again=0.01) as (_, told):
        said = [told.get(timeout=LONG) for _ in range(3)]
    assert [sample.problem for sample in said] == [NOT_LOADED, WRONG_DRIVER, None]
    assert said[2].gpus[0].name == "NVIDIA H100"


def test_a_driver_without_a_gpu_is_closed_again(tmp_path: Path) -> None:
    """As often as it was opened."""
    nvml = FakeNvml({"nvmlDeviceGetCount": 0})
    with watching(nvml, tmp_path) as (_, told):
        assert told.get(timeout=LONG).problem == NO_DEVICE
    assert nvml.asked["nvmlShutdown"] == nvml.asked["nvmlInit"] == 1


def test_gpus_that_may_not_be_asked(tmp_path: Path) -> None:
    """In a container that was given none of those that the driver counts."""
    nvml = FakeNvml({"nvmlDeviceGetHandleByIndex": lambda _: refusal(4)})
    with watching(nvml, tmp_path) as (_, told):
        assert told.get(timeout=LONG).problem == NO_PERMISSION


def test_the_ones_that_may_be_asked_are_shown(tmp_path: Path) -> None:
    """Without a word of the others."""
    nvml = FakeNvml(
        {
            "nvmlDeviceGetCount": 3,
            "nvmlDeviceGetHandleByIndex": lambda index: refusal(4) if index != 1 else ("c", 1),
        }
    )
    with watching(nvml, tmp_path) as (_, told):
        sample = told.get(timeout=LONG)
    assert [gpu.index for gpu in sample.gpus] == [1]


@pytest.mark.parametrize("code", [15, 16, 28])
def test_a_gpu_that_was_lost_before_the_start(tmp_path: Path, code: int) -> None:
    """It is shown as lost, by its number; the other has its values."""
    nvml = FakeNvml(
        {
            "nvmlDeviceGetCount": 2,
            "nvmlDeviceGetHandleByIndex": lambda index: refusal(code) if index else ("c", 0),
        }
    )
    with watching(nvml, tmp_path) as (_, told):
        sample = until(told, lambda sample: len(sample.gpus) == 2)
    assert [gpu.state for gpu in sample.gpus] == ["ok", "lost"]
    assert (sample.gpus[1].name, sample.gpus[1].utilisation) == ("GPU 1", None)
    assert nvml.asked["nvmlInit"] == 1


def test_a_driver_that_was_reloaded_is_opened_again(tmp_path: Path) -> None:
    """It says that it is not initialised; then it is."""
    is_down = threading.Event()

    def temperature(_: int) -> object:
        return refusal(1) if is_down.is_set() else 48

    nvml = FakeNvml({"nvmlDeviceGetTemperature": temperature, "nvmlInit": is_down.clear})
    with watching(nvml, tmp_path) as (_, told):
        until(told, lambda sample: sample.gpus[0].state == "ok")
        is_down.set()
        until(told, lambda sample: sample.gpus[0].state == "lost")
        until(told, lambda sample: sample.gpus[0].state == "ok")
    assert nvml.asked["nvmlInit"] == 2


def test_nothing_is_delivered_after_stop(tmp_path: Path) -> None:
    """Also of a look that was under way."""
    others, asked, release = threads_now(), threading.Event(), threading.Event()

    def slow(_: int) -> object:
        asked.set()
        release.wait(LONG)
        return 48

    with watching(FakeNvml({"nvmlDeviceGetTemperature": slow}), tmp_path) as (probe, told):
        assert asked.wait(LONG)
        probe.stop()
        release.set()
    wait_for(lambda: not threads_now() - others)
    assert told.empty()


def threads_now() -> set[threading.Thread]:
    """All of the probe's; other tests may have left some that hang in their drivers."""
    return {thread for thread in threading.enumerate() if thread.name.startswith("gpu")}


def wait_for(condition: Callable[[], bool]) -> None:
    """Until it holds."""
    deadline = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_hurry_before_the_driver_is_open(tmp_path: Path) -> None:
    """A burst in the first moments is looked at as often."""
    with watching(FakeNvml(), tmp_path) as (probe, told):
        probe.hurry(is_on=True)
        stamps = [told.get(timeout=LONG).at for _ in range(5)]
    assert stamps[-1] - stamps[0] < 1.5


def test_stop_twice_and_before_start(tmp_path: Path) -> None:
    """A session that never got so far closes as well."""
    others = threads_now()
    probe = GpuWatch(time.monotonic, lambda _: None, load=FakeNvml, proc=tmp_path)
    probe.hurry(is_on=True)
    probe.stop()
    probe.stop()
    wait_for(lambda: not threads_now() - others)
