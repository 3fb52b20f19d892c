"""How numbers are said."""

from __future__ import annotations

import pytest

from burstview import format as say


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "—"),
        (0.0, "0 ms"),
        (0.00001, "<0.1 ms"),
        (0.0004, "0.4 ms"),
        (0.09, "90 ms"),
        (0.0996, "0.10 s"),
        (0.45, "0.45 s"),
        (0.996, "1.0 s"),
        (8.49, "8.5 s"),
        (59.96, "1 m 00 s"),
        (80.0, "1 m 20 s"),
        (7500.0, "2 h 05 m"),
    ],
)
def test_seconds_keep_two_or_three_digits(value: float | None, said: str) -> None:
    """Each magnitude has its unit, and rounding never shows 60 s or 1.00 s of another unit."""
    assert say.seconds(value) == said


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (say.factor(14.2), "×14"),
        (say.factor(1.0), "×1.0"),
        (say.factor(None), "—"),
        (say.rate(3.42), "3.4 tok/s"),
        (say.rate(4120.4), "4,120 tok/s"),
        (say.percent(94.6), "95%"),
        (say.percent(None), "—"),
        (say.count(1024), "1,024"),
        (say.thousands(98_784), "98k"),
        (say.thousands(640), "640"),
        (say.size(512), "512 B"),
        (say.size(97 << 30), "97.0 GiB"),
        (say.size_of(105 << 30, 140 << 30), "105/140 GiB"),
        (say.size_of(None, 140 << 30), "—/140 GiB"),
        (say.size_of(None, None), "—"),
        (say.quantity_of(412.3, 700, "W"), "412/700 W"),
        (say.quantity_of(412.3, None, "W"), "412 W"),
        (say.quantity_of(2410, 5600, "W"), "2,410/5,600 W"),
        (say.quantity_of(None, None, "W"), "—"),
        (say.quantity(48, "°C"), "48°C"),
        (say.quantity(1980, "MHz"), "1980 MHz"),
    ],
)
def test_numbers_carry_their_units_and_unknown_is_a_dash(said: str, expected: str) -> None:
    """Unknown never becomes 0."""
    assert said == expected
