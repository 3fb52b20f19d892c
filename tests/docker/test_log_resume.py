"""Where a log goes on after a break."""

from __future__ import annotations

import pytest

from burstview_engines.places.docker.log_recent import Recent
from burstview_engines.places.docker.log_resume import Repeats, Resume
from burstview_engines.places.docker.log_stamps import nanoseconds, stamp

SECOND = 10**9
BEGIN = nanoseconds("2026-11-26T11:43:25.5Z")


def line(after: float, text: str = "x") -> bytes:
    """A line so many seconds after the beginning."""
    return stamp(BEGIN + round(after * SECOND)) + b" " + text.encode() + b"\n"


def test_lines_that_come_again_are_left_out_and_new_ones_are_not() -> None:
    recent = Recent()
    resume = Resume(recent)
    seen = [line(0), line(0.1), line(0.2)]
    recent.remember(seen)
    resume.since()
    assert resume.fresh([*seen[1:], line(0.3)]) == [line(0.3)]


def test_lines_that_share_a_stamp_are_counted() -> None:
    recent = Recent()
    resume = Resume(recent)
    recent.remember([line(0), line(0, "y"), line(0, "y")])
    resume.since()
    again = [line(0), line(0, "y"), line(0, "y"), line(0, "y"), line(0, "z")]
    assert resume.fresh(again) == [line(0, "y"), line(0, "z")]


def test_a_line_with_an_earlier_stamp_that_comes_later_is_not_lost() -> None:
    recent = Recent()
    resume = Resume(recent)
    recent.remember([line(1.0, "stdout")])
    resume.since()
    again = [line(1.0, "stdout"), line(0.999, "stderr"), line(1.1)]
    assert resume.fresh(again) == [line(0.999, "stderr"), line(1.1)]


def test_it_asks_from_a_second_before_the_last_line() -> None:
    recent = Recent()
    resume = Resume(recent)
    recent.remember([line(0), line(5.000000001)])
    assert resume.since() == f"{BEGIN // SECOND + 4}.500000001"


def test_it_asks_for_a_line_that_had_not_come_wholly() -> None:
    recent = Recent()
    resume = Resume(recent)
    for at in range(100):
        recent.remember([line(at)])
    assert resume.since(line(3.25, "")[:30]) == f"{BEGIN // SECOND + 3}.750000000"
    again = [line(3.25, "long"), *(line(at) for at in range(4, 101))]
    assert resume.fresh(again) == [line(3.25, "long"), line(100)]


def test_what_was_forgotten_is_older_than_what_is_asked_for() -> None:
    recent = Recent()
    resume = Resume(recent)
    for at in range(1000):
        recent.remember([line(at / 10), line(at / 10, "y")])
    resume.since()
    assert not resume.is_told(line(90))
    assert all(resume.is_told(line(at / 10)) for at in range(985, 1000))


def test_without_a_line_there_is_nothing_to_go_on_from() -> None:
    recent = Recent()
    resume = Resume(recent)
    recent.remember([b"no stamp\n"])
    assert not resume.is_possible
    assert resume.fresh([line(0)]) == [line(0)]


def test_lines_from_before_the_first_that_was_read_stay_out() -> None:
    recent = Recent()
    resume = Resume(recent)
    recent.remember([line(0.5), line(0.6)])
    resume.since()
    assert resume.fresh([line(0.1), line(0.4), line(0.5), line(0.6), line(0.7)]) == [line(0.7)]


def test_a_log_whose_told_lines_are_gone_goes_on_with_what_is_there() -> None:
    recent = Recent()
    resume = Resume(recent)
    recent.remember([line(0.5)])
    resume.since()
    assert resume.fresh([line(0.7), line(0.8)]) == [line(0.7), line(0.8)]


def follow(repeats: Repeats, recent: Recent, *batches: list[bytes]) -> list[bytes]:
    """What is told of a stream."""
    told: list[bytes] = []
    for batch in batches:
        once = repeats.once(batch)
        recent.remember(once)
        told += once
    return told


def test_a_run_of_lines_that_a_daemon_repeats_is_left_out() -> None:
    recent = Recent()
    sent = [line(at / 1000 + at / 1e9) for at in range(100)]
    batches = [
        sent[:40],
        sent[40:80] + sent[30:50],
        sent[50:80],
        [*sent[80:90], sent[89]],
        sent[90:],
    ]
    assert follow(Repeats(recent), recent, *batches) == sent


def test_lines_out_of_order_are_no_repeats() -> None:
    recent = Recent()
    sent = [line(0.002), line(0.001), line(0.004, "a"), line(0.003, "b"), line(0.004, "b")]
    assert follow(Repeats(recent), recent, sent[:2], sent[2:]) == sent


def test_equal_lines_of_a_coarse_clock_are_two() -> None:
    recent = Recent()
    coarse, fine = line(0.001), line(0.002000001)
    assert follow(Repeats(recent), recent, [coarse, coarse, fine, fine]) == [coarse, coarse, fine]


def test_a_flood_is_not_remembered_wholly() -> None:
    recent = Recent()
    for at in range(200):
        recent.remember([line(at / 1e6 + n / 1e9) for n in range(1000)])
    assert sum(recent.counted().values()) <= 50_000
    assert recent.holds(line(199 / 1e6))
    assert recent.forgot(line(50 / 1e6))
    assert not recent.forgot(line(-2.5))
    again = [line(at / 1e6) for at in (100, 101, 199)]
    assert Repeats(recent).once([*again, line(1)]) == [line(1)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:01Z", 1_000_000_000),
        ("1970-01-01T00:00:01.5Z", 1_500_000_000),
        ("1970-01-01T00:00:00.000000001Z", 1),
        ("1970-01-01T01:00:01+01:00", 1_000_000_000),
        ("1969-12-31T23:30:01-00:30", 1_000_000_000),
    ],
)
def test_a_stamp_is_a_time(text: str, expected: int) -> None:
    assert nanoseconds(text) == expected


def test_a_time_becomes_the_stamp_it_was() -> None:
    written = b"2026-11-26T11:43:25.663614889Z"
    assert stamp(nanoseconds(written.decode())) == written


def test_what_is_no_stamp_is_no_time() -> None:
    with pytest.raises(ValueError, match="not a time"):
        nanoseconds("yesterday")
