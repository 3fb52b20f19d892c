"""Where a daemon leaves out lines of a log that it writes faster than it sends."""

from __future__ import annotations

import math

import pytest

from burstview_engines.places.docker.log_skips import Skips, file_bytes
from burstview_engines.places.docker.log_stamps import stamp

MEGABYTE = 1 << 20
BEGIN = 1_795_000_000


def lines(*at: float) -> list[bytes]:
    """Lines so many seconds after the beginning."""
    return [stamp(BEGIN * 10**9 + round(after * 1e9)) + b" x\n" for after in at]


def test_a_steady_flood_has_no_jump() -> None:
    skips = Skips(MEGABYTE, BEGIN)
    for at in range(100):
        batch = lines(*(at * 0.05 + n * 0.001 for n in range(50)))
        assert skips.before(batch, 50_000, at * 0.05) == 50


def test_a_late_reader_is_told_where_a_line_was_written_much_later() -> None:
    skips = Skips(MEGABYTE, BEGIN)
    assert skips.before(lines(0.0, 0.1), 100, 5.0) == 2
    assert skips.before(lines(0.11, 0.12, 0.5, 0.51), 200, 5.01) == 2


def test_a_late_daemon_is_told_in_a_flood_only() -> None:
    for size, told in ((1_000_000, 1), (1_000, 2)):
        skips = Skips(MEGABYTE, BEGIN)
        skips.before(lines(0.0), size, 0.0)
        skips.before(lines(0.5), size, 0.5)
        assert skips.before(lines(0.51, 2.0), size, 2.0) == told


def test_a_calm_log_may_pause() -> None:
    skips = Skips(MEGABYTE, BEGIN)
    for at in range(20):
        assert skips.before(lines(at * 7.0), 100, at * 7.0) == 1


def test_the_past_comes_at_once_and_is_not_suspected() -> None:
    skips = Skips(MEGABYTE, BEGIN + 100)
    assert skips.before(lines(0.0, 10.0), 100, 5.0) == 2
    assert skips.before(lines(20.0, 30.0), 100, 5.0) == 2


def test_of_a_single_file_nothing_can_be_left_out() -> None:
    skips = Skips(None, BEGIN)
    assert skips.before(lines(0.0, 10.0), 10**9, 5.0) == 2
    assert skips.before(lines(20.0, 30.0), 10**9, 5.0) == 2
    assert Skips(MEGABYTE, math.inf).before([b"no stamp\n"], 9, 5.0) == 1


@pytest.mark.parametrize(
    ("driver", "size", "expected"),
    [
        ("json-file", "10m", 10 * MEGABYTE),
        ("json-file", "300KB", 300 << 10),
        ("json-file", "1.5g", 3 << 29),
        ("json-file", "1000", 1000),
        ("json-file", None, None),
        ("json-file", "-1", None),
        ("json-file", "much", None),
        ("local", None, 20 * MEGABYTE),
        ("journald", "10m", None),
    ],
)
def test_the_size_of_a_file_is_read_as_docker_reads_it(
    driver: str, size: str | None, expected: int | None
) -> None:
    assert file_bytes(driver, size) == expected
