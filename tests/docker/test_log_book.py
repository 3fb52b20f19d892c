"""The last lines of a log, read by several threads."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from burstview_engines.control import LogLine, LogView
from burstview_engines.places.docker.log_book import LogBook
from burstview_engines.source import SessionError

STAMP = "2026-11-26T11:43:25.663614889Z"


def raw(*written: str) -> list[bytes]:
    """Lines as a daemon sends them."""
    return [f"{STAMP} {text}\n".encode() for text in written]


def texts(view: LogView, after: int = 0) -> list[str]:
    return [line.text for line in view.since(after)]


def test_lines_are_numbered_and_read_from_a_number_on() -> None:
    book = LogBook()
    assert (book.last_number, book.since(0)) == (0, ())
    book.add(raw("one", "two"))
    book.remark("— stopped —")
    assert book.since(1) == (
        LogLine(2, STAMP, "two"),
        LogLine(3, "", "— stopped —", is_remark=True),
    )
    assert book.since(3) == book.since(99) == ()


def test_the_oldest_lines_go_and_the_numbers_tell_it() -> None:
    book = LogBook(kept=3)
    book.add(raw(*"abcde"))
    assert [line.number for line in book.since(0)] == [3, 4, 5]
    assert texts(book, 4) == ["e"]


def test_a_search_gives_numbers() -> None:
    book = LogBook(kept=3)
    book.add(raw("old error", "CUDA error", "\x1b[31mFatal Error\x1b[0m", "fine"))
    assert book.search("error") == (2, 3)
    assert book.search("Error", case=True) == (3,)
    assert book.search("old") == ()


def test_what_is_saved_is_masked_and_never_overwrites(tmp_path: Path) -> None:
    book = LogBook()
    book.add(raw("token hf_secret", "fine"))
    book.remark("— stopped —")
    path = tmp_path / "engine.log"
    assert book.save(path, lambda text: text.replace("hf_secret", "•••")) == 3
    assert path.read_text() == f"{STAMP} token •••\n{STAMP} fine\n— stopped —\n"
    with pytest.raises(SessionError, match=r"is there already; choose another name\."):
        book.save(path, str)
    with pytest.raises(SessionError, match="cannot be written: No such file or directory"):
        book.save(tmp_path / "nowhere" / "engine.log", str)


def test_subscribers_get_texts_in_batches_but_no_noise() -> None:
    book = LogBook()
    told: list[list[str]] = []
    forget = book.subscribe(lambda lines: told.append(list(lines)), noise=(b"srv  ",))
    book.add(raw("srv  noise", "slot launch", "\x1b[1mready\x1b[0m"))
    book.add(raw("srv  noise"))
    forget()
    book.add(raw("slot release"))
    assert told == [["slot launch", "ready"]]


def test_noise_is_known_in_a_log_without_stamps_too() -> None:
    book = LogBook(text_at=0)
    told: list[str] = []
    book.subscribe(told.extend, noise=(b"srv  ",))
    book.add([b"srv  noise", b"slot launch"])
    assert told == ["slot launch"]


def test_many_threads_lose_no_line() -> None:
    book = LogBook(kept=100_000)
    threads = [
        threading.Thread(target=lambda: [book.add(raw("x", "y")) for _ in range(250)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        numbers = [line.number for line in book.since(book.last_number - 50)]
        assert numbers == sorted(numbers)
    assert [line.number for line in book.since(0)] == list(range(1, 2001))
