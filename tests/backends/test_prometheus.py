"""The text format of /metrics: what is taken from it, and what is not believed."""

from __future__ import annotations

import pytest

from burstview_engines.backends.ollama_pull import PullProgress
from burstview_engines.backends.prometheus import Metrics, Sample, samples

TEXT = r"""
# HELP x A comment
# TYPE x counter
x 1
x{a="1",b="two \"quoted\" {brace}"} 2.5e+01 1395066363000
x_created{a="1"} 9
not a sample
y NaN
z{broken 3
inf +Inf
below -1
"""


def test_samples_are_read() -> None:
    """Labels, escapes, stamps and exponents, of the asked names alone."""
    assert list(samples(TEXT, ("x", "not"))) == [
        Sample("x", {}, 1.0),
        Sample("x", {"a": "1", "b": 'two "quoted" {brace}'}, 25.0),
    ]


def test_a_total_is_of_exactly_one_name() -> None:
    """Over all labels; None when there is none."""
    metrics = Metrics(TEXT, ("x", "nope"))
    assert metrics.total("x") == 26.0
    assert metrics.count("x") == 26
    assert metrics.total("nope") is None


def test_the_newer_of_two_names_counts() -> None:
    """They are given newest first."""
    metrics = Metrics("old 1\nnew 2\n", ("new", "old"))
    assert metrics.total("new", "old") == 2
    assert Metrics("old 1\n", ("new", "old")).total("new", "old") == 1


@pytest.mark.parametrize("name", ["y", "inf", "below", "z"])
def test_what_cannot_be_true_is_unknown(name: str) -> None:
    """NaN, infinite, negative, damaged."""
    metrics = Metrics(TEXT, (name,))
    assert metrics.total(name) is None
    assert metrics.count(name) is None
    assert metrics.share(name) is None


def test_one_figure_that_cannot_be_true_spoils_the_sum() -> None:
    """A part of it would be a wrong figure."""
    assert Metrics('x{e="0"} 1\nx{e="1"} NaN\n', ("x",)).total("x") is None


@pytest.mark.parametrize(
    "line",
    [
        "x{" + 'a="1",' * 5000 + "} 1",
        "x" + "9" * 40_000,
        "x 1_0",
        "x",
        "x{",
        'x{ ="a"} 1',
        'x{a="1"',
        "x " + "9" * 5000,
        "x{\x00} 1",
        'x{a="1",a="2"} 1',
        "x 1 2 3 4 #",
        "x{}{} 1",
    ],
)
def test_no_line_is_too_damaged(line: str) -> None:
    """It is left out, or read as far as it can be; the next one is read as ever."""
    metrics = Metrics(f"{line}\nok 3\n", ("x", "ok"))
    assert metrics.total("ok") == 3
    assert metrics.total("x") in (None, 1.0)


def test_a_share_is_at_most_one() -> None:
    """A rounding error is none; percents are not taken for a share."""
    assert Metrics("x 1.0000001\n", ("x",)).share("x") == 1.0
    assert Metrics("x 37\n", ("x",)).share("x") is None


def test_labels_hold_numbers_too() -> None:
    """Summed over all engines, and unknown where one of them does not tell."""
    told = 'c_info{n="3"} 1\nc_info{n="4"} 1\n'
    assert Metrics(told, ("c_info",)).label_total("c_info", "n") == 7
    assert Metrics(told + 'c_info{n="None"} 1\n', ("c_info",)).label_total("c_info", "n") is None


def test_a_damaged_pull_line_changes_nothing() -> None:
    """And bytes never run backwards."""
    progress = PullProgress()
    for line in (
        b'{"status":"pulling a","digest":"d","total":10,"completed":7}',
        b"",
        b"{oops",
        b'{"status":"pulling a","digest":"d","total":10}',
    ):
        progress.feed(line)
    assert (progress.completed_bytes, progress.total_bytes, progress.done) == (7, 10, False)
    assert progress.status == "pulling a"
