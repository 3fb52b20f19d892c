"""Foreign text is harmless, and formulas are what docs/metrics.md says."""

from __future__ import annotations

from itertools import pairwise

import pytest

from burstview_engines.core import metrics
from burstview_engines.core.text import harmless, one_line
from tests.core.bursts import Streamed, run_of


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]52;c;c2VjcmV0\x1b\\x", "x"),
        ("\x1bPq#0;2\x1b\\sixel", "sixel"),
        ("\x9b2Jwiped", "wiped"),
        ("a\x00\x08\x7f\x85b", "ab"),
        ("tab\tline\n", "tab    line\n"),
        ("\u202eevil\u200b", "evil"),
        ("cut \x1b[3", "cut 3"),
        ("한글 ✓ 🚀", "한글 ✓ 🚀"),
    ],
)
def test_control_sequences_are_removed(raw: str, clean: str) -> None:
    """What remains cannot move a cursor, set a title or turn the text around."""
    assert harmless(raw) == clean
    assert harmless(harmless(raw)) == clean


def test_long_server_words_fit_one_line() -> None:
    """An error body of pages becomes one line."""
    assert one_line("a\n  b\x1b[1m" + "c" * 500, limit=10) == "a bcccccc…"


def test_tpot_leaves_the_first_token_out() -> None:
    """(E2E - TTFT) / (n - 1), None below two tokens."""
    run = run_of([Streamed(1.0, (1.5, 2.0, 2.5), 2.6), Streamed(1.0, (2.0,), 2.0)])
    three, one = run.requests
    assert (metrics.ttft(three), metrics.e2e(three), metrics.tpot(three)) == (0.5, 1.5, 0.5)
    assert metrics.tpot(one) is None
    assert metrics.makespan(run) == pytest.approx(1.6)
    assert metrics.output_tokens_per_s(run) == pytest.approx(4 / 1.6)


def test_percentiles_are_nearest_rank() -> None:
    """Every percentile is a value that occurred."""
    values = [5.0, 1.0, 3.0, 2.0, 4.0]
    assert [metrics.percentile(values, p) for p in (0, 20, 50, 95, 100)] == [
        1.0,
        1.0,
        3.0,
        5.0,
        5.0,
    ]
    assert metrics.percentile([], 50) is None


def test_gaps_are_between_chunks() -> None:
    """n chunks have n - 1 gaps."""
    arrivals = (1.0, 1.5, 3.0)
    assert metrics.itl(arrivals) == tuple(b - a for a, b in pairwise(arrivals)) == (0.5, 1.5)
