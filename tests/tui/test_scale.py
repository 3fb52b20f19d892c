"""The slider's scale goes both ways."""

from __future__ import annotations

import pytest

from burstview import scale


@pytest.mark.parametrize("width", [11, 40, 65, 103, 200])
def test_every_tick_is_found_where_it_is_drawn(width: int) -> None:
    """A click on a power of two gives exactly that."""
    for tick in scale.TICKS:
        assert scale.value_at(scale.cell_of(tick, width), width) == tick


@pytest.mark.parametrize("width", [40, 103])
def test_values_grow_from_left_to_right(width: int) -> None:
    """No cell gives less than the one before it, and both ends are reached."""
    values = [scale.value_at(cell, width) for cell in range(-2, width + 2)]
    assert values == sorted(values)
    assert (values[0], values[-1]) == (1, 1024)


def test_steps_up_reach_the_top_in_a_held_key() -> None:
    """Every value to 16, eight steps an octave from there."""
    values = [1]
    while values[-1] < 1024:
        values.append(scale.step(values[-1], +1))
    assert values[:16] == list(range(1, 17))
    assert values[16:25] == [18, 20, 22, 24, 26, 28, 30, 32, 36]
    assert len(values) < 70


def test_steps_down_take_the_same_way_back() -> None:
    """Down is up reversed, from a step's value."""
    up = [1]
    while up[-1] < 1024:
        up.append(scale.step(up[-1], +1))
    down = [1024]
    while down[-1] > 1:
        down.append(scale.step(down[-1], -1))
    assert down == up[::-1]


@pytest.mark.parametrize(("value", "below", "above"), [(17, 16, 18), (1023, 960, 1024), (5, 4, 6)])
def test_a_step_from_between_lands_on_a_multiple(value: int, below: int, above: int) -> None:
    """An exact number typed before is left for the round ones around it."""
    assert (scale.step(value, -1), scale.step(value, +1)) == (below, above)


@pytest.mark.parametrize(
    ("value", "below", "above"), [(1, 1, 2), (5, 4, 8), (16, 8, 32), (1024, 512, 1024)]
)
def test_octaves(value: int, below: int, above: int) -> None:
    """To the neighbouring powers of two, and not beyond the ends."""
    assert (scale.octave(value, -1), scale.octave(value, +1)) == (below, above)
