"""Histories in columns of time, taken in as samples come."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from tests.tui.bursts import streaming
from tests.tui.gpu_samples import h200, h200_facts, look, lost

from burstview.gpu_curves import STEPS, Curve, Curves, column_of, step_beside
from burstview.gpu_metrics import METRICS, metrics_of
from burstview_engines.core.events import GpuSampled
from burstview_engines.core.gpu import Gpu
from burstview_engines.core.series import Series

BY_NAME = {metric.name: metric for metric in METRICS}


def series_of(*samples: GpuSampled) -> Series[GpuSampled]:
    """As the fold keeps them."""
    series: Series[GpuSampled] = Series()
    for sample in samples:
        series.add(sample)
    return series


def test_peaks_stay_in_their_column() -> None:
    """The highest value of a column is drawn."""
    curve = Curve(1.0)
    for at, value in ((0.2, 1.0), (0.4, 99.0), (0.6, 2.0)):
        curve.take(None, at, value)
    assert curve.values(0, 2) == [None, 99.0]


def test_a_value_stands_for_the_time_since_the_one_before() -> None:
    """But not for a long silence."""
    curve = Curve(0.5)
    curve.take(None, 0.0, 5.0)
    curve.take(None, 1.9, 7.0)
    curve.take(None, 9.9, 3.0)
    assert curve.values(3, 4) == [5.0, 7.0, 7.0, 7.0]
    assert curve.values(19, 4) == [None, None, None, 3.0]


def test_a_window_fills_its_own_columns_only() -> None:
    """GPM tells from when to when."""
    curve = Curve(0.1)
    curve.take(1.0, 1.3, 35.0)
    assert curve.values(14, 6) == [None, None, 35.0, 35.0, 35.0, None]


def test_only_what_is_new_is_taken_and_nothing_later_than_asked() -> None:
    """A frozen picture does not change."""
    series = series_of(look(1.0, load=50.0), look(2.0, load=98.0))
    curves = Curves(("", 0), 1.0)
    curves.take(series, 1.5)
    assert curves.values(BY_NAME["util"], 2, 3) == [None, 50.0, None]
    series.add(look(3.0, load=3.0))
    curves.take(series, 3.0)
    assert curves.values(BY_NAME["util"], 3, 3) == [50.0, 98.0, 3.0]


def test_old_values_of_a_lost_gpu_are_a_gap() -> None:
    """They are shown beside it, dim; in its history nothing is made up."""
    series = series_of(look(1.0, 2), lost(look(2.0, 2), 0, 1.5))
    curves = Curves(("", 0), 1.0)
    curves.take(series, 2.0)
    assert curves.values(BY_NAME["power"], 2, 2) == [688.0, None]


def test_the_drivers_own_history_is_used_where_there_is_one() -> None:
    """Power every 20 ms shows what lies between two looks."""
    gpu = msgspec.structs.replace(
        h200(load=3.0),
        power_history=((0.82, 120.0), (0.84, 640.0), (0.86, 130.0)),
        utilisation_history=((0.6, 0.0), (0.8, 36.0)),
    )
    curves = Curves(("", 0), 0.1)
    curves.take(series_of(GpuSampled(at=1.0, gpus=(gpu,))), 1.0)
    assert curves.values(BY_NAME["power"], 8, 1) == [640.0]
    assert curves.values(BY_NAME["util"], 8, 3) == [0.0, 36.0, 36.0]


def test_a_short_burst_is_seen_in_the_power_of_a_real_card() -> None:
    """The 20 ms history that an H200 kept under load."""
    path = Path(__file__).parents[1] / "data" / "gpu" / "h200-power-samples.json"
    samples = json.loads(path.read_text())
    zero = samples[0][0] / 1e6
    history = tuple((stamp / 1e6 - zero, watts / 1000) for stamp, watts in samples)
    gpu = msgspec.structs.replace(h200(), power_history=history)
    curves = Curves(("", 0), 0.1)
    curves.take(series_of(GpuSampled(at=history[-1][0], gpus=(gpu,))), 1e9)
    last = column_of(history[-1][0], 0.1)
    values = curves.values(BY_NAME["power"], last, last + 1)
    assert None not in values
    assert max(value for value in values if value is not None) == pytest.approx(
        max(watts for _, watts in history)
    )


def test_a_reading_that_a_burst_cannot_have_reached_is_a_gap() -> None:
    """A 0 in a burst's first second is the time before it; the driver's own samples stay."""
    run = streaming(4, zero=10.0, now=10.5)
    own = msgspec.structs.replace(h200(1, load=0.0), utilisation_history=((10.2, 36.0),))
    series = series_of(GpuSampled(at=10.3, gpus=(h200(0, load=0.0), own)))
    for index, seen in ((0, None), (1, 36.0)):
        curves = Curves(("", index), 0.5)
        curves.take(series, 10.5, [run])
        assert curves.values(BY_NAME["util"], 20, 1) == [seen]
        assert curves.values(BY_NAME["power"], 20, 1) == [100.0]


def test_gpus_are_told_apart() -> None:
    """A simulated one of the same index is another."""
    series = series_of(GpuSampled(at=1.0, gpus=(Gpu(index=0, name="L4", utilisation=7.0),)))
    curves = Curves(("vllm", 0), 1.0)
    curves.take(series, 1.0)
    assert curves.values(BY_NAME["util"], 1, 1) == [None]


def test_scales_are_the_cards_own() -> None:
    """And unknown where it does not tell them."""
    tops = {metric.name: metric.ceiling(h200(), h200_facts()) for metric in METRICS}
    assert tops == {
        "util": 100.0,
        "SM active": 100.0,
        "tensor": 100.0,
        "DRAM": 100.0,
        "memory": 143_771 << 20,
        "power": 700.0,
        "temp": 100.0,
        "SM clock": 1980.0,
    }
    little = Gpu(index=0, name="T4")
    unknown = [metric.name for metric in METRICS if metric.ceiling(little, None) is None]
    assert unknown == ["memory", "power", "SM clock"]
    assert [metric.name for metric in metrics_of(little, None)] == [
        *("util", "memory", "power", "temp", "SM clock"),
    ]


def test_many_columns_are_forgotten() -> None:
    """A session of days costs no more memory than one of hours."""
    curve = Curve(0.1)
    for number in range(20_000):
        curve.take(None, number / 10, 1.0)
    assert len(curve._highest) <= 8001
    assert curve.values(19_999, 1) == [1.0]


def test_steps_have_ends() -> None:
    """Closer and farther, one at a time."""
    assert [step_beside(step, 1) for step in STEPS] == [0.5, 2.0, 10.0, 10.0]
    assert [step_beside(step, -1) for step in STEPS] == [0.1, 0.1, 0.5, 2.0]
