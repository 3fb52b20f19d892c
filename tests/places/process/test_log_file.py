"""The log of a local engine: stamped, bounded, readable while it grows."""

from __future__ import annotations

import re
from pathlib import Path

from burstview_engines.places.process.log_file import MOST_LINE, LogFile, older

STAMP = re.compile(rb"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z ")


def _texts(path: Path) -> list[bytes]:
    lines = path.read_bytes().splitlines()
    assert all(STAMP.match(line) for line in lines)
    return [STAMP.sub(b"", line) for line in lines]


def test_lines_are_whole_whatever_the_reads_were(tmp_path: Path) -> None:
    """A read may end in mid-line; a carriage return ends one, so that progress shows."""
    path = tmp_path / "x.log"
    with LogFile(path, lambda: 1_700_000_000_000_000_000) as log:
        log.write(b"first\nsec")
        log.write(b"ond\r\n 10%\r 20%\r")
        assert _texts(path) == [b"first", b"second", b" 10%", b" 20%"]
        log.write(b"last words")
    assert _texts(path)[-1] == b"last words"


def test_stamps_always_rise(tmp_path: Path) -> None:
    """Although the clock stands, or is set back: a reader goes on behind the last one it saw."""
    path = tmp_path / "x.log"
    times = iter([5, 5, 3, 10])
    with LogFile(path, lambda: next(times)) as log:
        log.write(b"a\nb\nc\nd\n")
    stamps = [line.split()[0] for line in path.read_bytes().splitlines()]
    assert [int(stamp[-10:-1]) for stamp in stamps] == [5, 6, 7, 10]


def test_the_log_does_not_fill_the_disk(tmp_path: Path) -> None:
    """The older half goes to a second file, the oldest is dropped, and nothing between."""
    path = tmp_path / "x.log"
    with LogFile(path, lambda: 0, most_bytes=4000) as log:
        for number in range(1000):
            log.write(f"line {number}\n".encode())
    kept = _texts(older(path)) + _texts(path)
    assert kept == [f"line {number}".encode() for number in range(1000 - len(kept), 1000)]
    assert path.stat().st_size <= 4000
    assert older(path).stat().st_size <= 4000


def test_a_line_without_an_end_is_cut(tmp_path: Path) -> None:
    """Memory stays bounded."""
    path = tmp_path / "x.log"
    with LogFile(path, lambda: 0) as log:
        log.write(b"y" * (3 * MOST_LINE + 5))
    assert [len(text) for text in _texts(path)] == [MOST_LINE, MOST_LINE, MOST_LINE, 5]


def test_the_log_is_for_its_owner_only(tmp_path: Path) -> None:
    """Prompts may be in it."""
    path = tmp_path / "x.log"
    LogFile(path, lambda: 0).close()
    assert path.stat().st_mode & 0o777 == 0o600
