"""Adoptions and start times survive the session, damage and other writers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from burstview_engines.fleet.memory import MOST_STARTS, Memory, MemoryProblem


def test_an_adoption_is_remembered_by_id_until_it_is_forgotten(tmp_path: Path) -> None:
    """Another session reads it; an id that was never adopted stays foreign."""
    Memory(tmp_path / "new").adopt("abc", "ollama")
    other = Memory(tmp_path / "new")
    assert other.is_adopted("abc")
    assert not other.is_adopted("abcd")
    other.forget("abc")
    assert not Memory(tmp_path / "new").is_adopted("abc")


def test_the_last_start_of_a_spec_counts(tmp_path: Path) -> None:
    """Not the first, and not another spec's."""
    memory = Memory(tmp_path)
    memory.took("one", 95.0)
    memory.took("two", 7.0)
    memory.took("one", 31.25)
    assert memory.last_start("one") == 31.25
    assert memory.last_start("three") is None


def test_old_starts_are_forgotten_and_adoptions_stay(tmp_path: Path) -> None:
    """The file does not grow for ever."""
    memory = Memory(tmp_path)
    memory.adopt("abc", "ollama")
    for number in range(MOST_STARTS + 5):
        memory.took(str(number), 1.0)
    assert memory.last_start("4") is None
    assert memory.last_start("5") == 1.0
    assert memory.is_adopted("abc")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'{"adopted": 3}'])
def test_a_damaged_file_is_an_empty_one(tmp_path: Path, content: bytes) -> None:
    """And the next change mends it."""
    (tmp_path / "engines.json").write_bytes(content)
    memory = Memory(tmp_path)
    assert memory.last_start("one") is None
    memory.took("one", 2.0)
    assert memory.last_start("one") == 2.0


def test_several_writers_lose_nothing(tmp_path: Path) -> None:
    """Each change is made on what is there under the lock."""

    def adopt(number: int) -> None:
        Memory(tmp_path).adopt(f"id{number}", "x")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(adopt, range(40)))
    assert len(Memory(tmp_path).read().adopted) == 40


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    """Reading goes on: nothing is adopted."""
    (tmp_path / "file").write_text("")
    memory = Memory(tmp_path / "file" / "below")
    with pytest.raises(MemoryProblem, match="cannot be written"):
        memory.adopt("abc", "x")
    assert not memory.is_adopted("abc")
