"""A daemon's bytes, cut into lines and made readable."""

from __future__ import annotations

import struct

import pytest

from burstview_engines.places.docker.log_lines import (
    SHOWN_BYTES,
    FrameLines,
    GarbledLog,
    LineReader,
    TerminalLines,
    readable,
)

STAMP = "2026-11-26T11:43:25.663614889Z"
LATER = "2026-11-26T11:43:26.000000001Z"


def frame(text: str | bytes, *, stream: int = 1, stamp: str = STAMP) -> bytes:
    """A message of a container without a terminal."""
    payload = stamp.encode() + b" " + (text if isinstance(text, bytes) else text.encode())
    return struct.pack(">BxxxL", stream, len(payload)) + payload


def shown(reader: LineReader, *chunks: bytes) -> list[str]:
    """The texts of all complete lines."""
    return [readable(line)[1] for chunk in chunks for line in reader.feed(chunk)]


def test_frames_become_lines_wherever_the_chunks_are_cut() -> None:
    sent = frame("one\n") + frame("two\n", stream=2) + frame("three — ä\n", stamp=LATER)
    whole = FrameLines().feed(sent)
    reader = FrameLines()
    pieces = [line for at in range(len(sent)) for line in reader.feed(sent[at : at + 1])]
    assert pieces == whole
    assert [readable(line) for line in whole] == [
        (STAMP, "one"),
        (STAMP, "two"),
        (LATER, "three — ä"),
    ]


def test_a_line_in_several_messages_is_joined_and_its_stamps_are_left_out() -> None:
    reader = FrameLines()
    assert shown(reader, frame("a" * 100)) == []
    assert reader.open_stamp == STAMP.encode()
    assert shown(reader, frame("error\n", stream=2), frame("b\n")) == ["error", "a" * 100 + "b"]
    assert reader.open_stamp == b""


def test_utf_8_that_is_split_between_messages_is_whole_again() -> None:
    letter = "ä".encode()
    assert shown(FrameLines(), frame(letter[:1]) + frame(letter[1:] + b"\n")) == ["ä"]


def test_bytes_that_are_no_text_are_shown_as_such() -> None:
    assert shown(FrameLines(), frame(b"a\xffb\n")) == ["a\ufffdb"]


def test_a_line_whose_process_died_in_it_ends_before_the_next_run() -> None:
    reader = FrameLines()
    assert shown(reader, frame("half"), frame("next run\n", stamp=LATER)) == ["half", "next run"]


def test_a_very_long_line_is_cut_and_the_rest_counted() -> None:
    pieces = [frame("x" * 16_384) for _ in range(100)]
    (text,) = shown(FrameLines(), *pieces, frame("end\n"))
    assert text == "x" * SHOWN_BYTES + f"… ({100 * 16_384 + 3 - SHOWN_BYTES:,} more bytes)"


def test_a_cut_does_not_split_a_letter() -> None:
    (text,) = shown(FrameLines(), frame("x" + "ä" * 10_000 + "\n"))
    assert text.startswith("x" + "ä" * (SHOWN_BYTES // 2 - 1) + "… (")


def test_of_a_long_progress_bar_its_last_state_is_kept() -> None:
    states = "".join(f"\r{number:5} of 9,999" for number in range(10_000))
    pieces = [frame(states[at : at + 16_384]) for at in range(0, len(states), 16_384)]
    assert shown(FrameLines(), *pieces, frame("\n")) == [" 9999 of 9,999"]


@pytest.mark.parametrize(
    ("written", "shown_text"),
    [
        ("10 %\r50 %\rdone\n", "done"),
        ("a long word\rab\n", "ablong word"),
        ("a long word\r\x1b[Kab\n", "ab"),
        ("windows\r\n", "windows"),
        ("half\r", "half"),
        ("\x1b[1;31mred\x1b[0m\n", "red"),
        ("\x1b]0;title\x07text\n", "text"),
        ("tab\there\n", "tab    here"),
        ("over\u202eride\n", "override"),
        ("two\u2028lines\n", "two lines"),
        ("\n", ""),
        ("  indented\n", "  indented"),
    ],
)
def test_text_is_shown_as_a_terminal_leaves_it(written: str, shown_text: str) -> None:
    assert readable(f"{STAMP} {written}".encode())[1] == shown_text


def test_a_line_without_a_stamp_is_all_text() -> None:
    assert readable(b"Error grabbing logs: broken\n") == ("", "Error grabbing logs: broken")


def test_stamps_of_other_engines_are_known_too() -> None:
    assert readable(b"2026-11-26T12:43:25.6636+01:00 podman\n") == (
        "2026-11-26T12:43:25.6636+01:00",
        "podman",
    )


def test_a_terminal_s_log_comes_byte_by_byte() -> None:
    sent = f"{STAMP} one\r\n{LATER} two\r\n{LATER} thr".encode()
    reader = TerminalLines()
    got = [line for at in range(len(sent)) for line in reader.feed(sent[at : at + 1])]
    assert [readable(line) for line in got] == [(STAMP, "one"), (LATER, "two")]
    assert reader.open_stamp == LATER.encode()


def test_a_long_line_of_a_terminal_loses_the_stamps_within() -> None:
    sent = f"{STAMP} {'a' * 16_384}{STAMP} bc\r\n".encode()
    (text,) = shown(TerminalLines(), sent)
    assert text == "a" * SHOWN_BYTES + f"… ({16_384 + 2 - SHOWN_BYTES:,} more bytes)"


def test_what_is_written_over_a_long_line_is_seen() -> None:
    (text,) = shown(FrameLines(), frame("a" * 16_384), frame("\rready\n"))
    assert text.startswith("readyaaa")


def test_what_is_no_log_is_refused() -> None:
    with pytest.raises(GarbledLog):
        FrameLines().feed(b"\x01\0\0\0\xff\xff\xff\xff" + b"x" * 100)


def test_an_empty_message_is_no_line() -> None:
    assert FrameLines().feed(struct.pack(">BxxxL", 1, 0)) == []
