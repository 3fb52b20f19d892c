"""A local engine's log is read as it grows, no line lost and none twice."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from burstview_engines.places.docker.log_book import LogBook
from burstview_engines.places.process.follow import TAIL, LogTail, last_lines
from burstview_engines.places.process.log_file import LogFile


def until(condition: Callable[[], bool]) -> None:
    """Fails after ten seconds."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.005)


def texts(book: LogBook) -> list[str]:
    """All that the book keeps."""
    return [line.text for line in book.since(0)]


def test_lines_come_as_they_are_written_across_the_turn_of_the_file(tmp_path: Path) -> None:
    """Some are there before, the log turns while it is followed, and it starts anew."""
    path, book = tmp_path / "x.log", LogBook(kept=10_000)
    follower = LogTail(path, book, period=0.005)
    with LogFile(path, time.time_ns, most_bytes=20_000) as log:
        log.write(b"".join(b"line %d\n" % n for n in range(10)))
        follower.start()
        until(lambda: book.last_number == 10)
        for n in range(10, 600):
            log.write(b"line %d\n" % n)
            if n % 100 == 0:
                until(lambda n=n: book.last_number == n + 1)
        until(lambda: book.last_number == 600)
    with LogFile(path, time.time_ns, most_bytes=20_000) as log:
        log.write(b"again\n")
        until(lambda: book.last_number == 601)
    follower.close()
    assert texts(book) == [*(f"line {n}" for n in range(600)), "again"]
    assert all(line.stamp for line in book.since(0))


def test_a_log_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    """The supervisor makes it a moment later."""
    path, book = tmp_path / "x.log", LogBook()
    follower = LogTail(path, book, period=0.005)
    follower.start()
    with LogFile(path, time.time_ns) as log:
        log.write(b"first\n")
    until(lambda: book.last_number == 1)
    follower.close()
    assert texts(book) == ["first"]


def test_of_a_long_past_only_the_end_is_read(tmp_path: Path) -> None:
    """As of a container's."""
    path, book = tmp_path / "x.log", LogBook()
    with LogFile(path, time.time_ns, most_bytes=10_000) as log:
        log.write(b"".join(b"line %d\n" % n for n in range(2000)))
        log.write(b"".join(b"more %d\n" % n for n in range(100)))
    follower = LogTail(path, book, period=0.005)
    follower.start()
    until(lambda: book.last_number > 0)
    follower.close()
    assert book.last_number <= TAIL
    assert texts(book)[-1] == "more 99"
    assert last_lines(path)[-1].endswith(b"more 99")
    assert last_lines(tmp_path / "none") == []
