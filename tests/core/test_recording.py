"""A recording opens after every kind of accident that still leaves something to read."""

from __future__ import annotations

from pathlib import Path

import pytest

from burstview_engines.core.events import HostSampled, Noticed, SessionStarted, encode
from burstview_engines.core.recording import VERSION, Recorder, RecordingError, read

START = SessionStarted(at=0.0, version=VERSION, program="burstview test", wall=1.0, host="here")
NOTICE = Noticed(at=1.0, text="한글 and \x1b[31m")


def _written(path: Path, *lines: bytes) -> Path:
    path.write_bytes(b"".join(lines))
    return path


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """Also what a second session appended."""
    path = tmp_path / "burst.jsonl"
    for _ in range(2):
        recorder = Recorder(path)
        recorder.write(START, NOTICE)
        recorder.close()
    assert list(read(path)) == [START, NOTICE, START, NOTICE]


def test_a_cut_last_line_is_left_out(tmp_path: Path) -> None:
    """A crash in mid-line loses that line only."""
    path = _written(tmp_path / "cut", encode(START), encode(NOTICE), encode(NOTICE)[:-9])
    assert list(read(path)) == [START, NOTICE]


def test_older_lines_open(tmp_path: Path) -> None:
    """Fields that are new since have their defaults; fields that are unknown are ignored."""
    line = b'{"type":"host","at":2,"cpu_percent":1,"cores":2,"memory_used_bytes":3,'
    line += b'"memory_total_bytes":4,"moons":7}\n'
    seen = list(read(_written(tmp_path / "old", encode(START), line)))
    expected = HostSampled(
        at=2.0, cpu_percent=1.0, cores=2, memory_used_bytes=3, memory_total_bytes=4
    )
    assert seen[1] == expected


@pytest.mark.parametrize(
    ("lines", "place"),
    [
        ((encode(START), b"nonsense\n", encode(NOTICE)), "line 2 is damaged"),
        ((encode(START), b'{"type":"notice","at":1,"text":"\xff"}\n'), "line 2 is damaged"),
        ((encode(NOTICE),), "line 1 starts no session"),
        ((b"PK\x03\x04",), "its first line is cut"),
        ((encode(START).replace(b'"version":1', b'"version":99'),), "format 99 is newer"),
    ],
)
def test_damage_is_told_with_its_place(
    tmp_path: Path, lines: tuple[bytes, ...], place: str
) -> None:
    """Everything else than a cut end is one sentence that names the line."""
    with pytest.raises(RecordingError, match=place):
        list(read(_written(tmp_path / "bad", *lines)))


def test_a_missing_file_and_a_missing_folder_are_sentences(tmp_path: Path) -> None:
    """No traceback for a mistyped path."""
    with pytest.raises(RecordingError, match="cannot read"):
        list(read(tmp_path / "none"))
    with pytest.raises(RecordingError, match="cannot record"):
        Recorder(tmp_path / "no" / "folder")
