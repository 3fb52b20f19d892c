"""What is remembered between sessions: adopted containers, and how long starts took."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from burstview_engines.core.prepared import prepare

FILE_NAME = "engines.json"
MOST_STARTS = 200
"""Kept; the oldest are forgotten first."""


class MemoryProblem(Exception):  # noqa: N818  nothing stops for it
    """Why nothing can be remembered, in one sentence."""


class Remembered(msgspec.Struct, frozen=True):
    """The file's content."""

    adopted: dict[str, str] = {}
    """Container id -> the name it had."""
    starts: dict[str, float] = {}
    """Hash of a spec -> seconds of its last start, oldest first."""


prepare(Remembered)


def default_folder() -> Path:
    """The platform's place for a user's state."""
    import platformdirs

    return Path(platformdirs.user_state_dir("burstview", appauthor=False))


class Memory:
    """Read anew and written whole at every change, under a lock: several sessions may share it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME

    def read(self) -> Remembered:
        """What is there; a missing or damaged file is an empty one."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Remembered)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return Remembered()

    def is_adopted(self, container: str) -> bool:
        """Whether the person took that container over."""
        return container in self.read().adopted

    def adopt(self, container: str, name: str) -> None:
        """From now on. Raises MemoryProblem when it cannot be written."""
        self._change(lambda old: _with_adopted(old, container, name))

    def forget(self, container: str) -> None:
        """It is gone."""
        if self.is_adopted(container):
            self._change(lambda old: _without_adopted(old, container))

    def last_start(self, spec_hash: str) -> float | None:
        """Seconds that the last start of the same spec took; None if there was none."""
        return self.read().starts.get(spec_hash)

    def took(self, spec_hash: str, seconds: float) -> None:
        """One start is over. Raises MemoryProblem when it cannot be written."""
        self._change(lambda old: _with_start(old, spec_hash, seconds))

    def _change(self, change: Callable[[Remembered], Remembered]) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with _locked(self._path.with_suffix(".lock")):
                fresh = self._path.with_suffix(f".{os.getpid()}.new")
                fresh.write_bytes(msgspec.json.encode(change(self.read())))
                fresh.replace(self._path)
        except OSError as refusal:
            raise MemoryProblem(
                f"{self._path} cannot be written ({refusal.strerror}): adoptions and the times of"
                " starts are not remembered."
            ) from refusal


def _with_adopted(old: Remembered, container: str, name: str) -> Remembered:
    return msgspec.structs.replace(old, adopted=old.adopted | {container: name})


def _without_adopted(old: Remembered, container: str) -> Remembered:
    kept = {key: name for key, name in old.adopted.items() if key != container}
    return msgspec.structs.replace(old, adopted=kept)


def _with_start(old: Remembered, spec_hash: str, seconds: float) -> Remembered:
    starts = {key: value for key, value in old.starts.items() if key != spec_hash}
    starts[spec_hash] = round(seconds, 3)
    newest = list(starts.items())[-MOST_STARTS:]
    return msgspec.structs.replace(old, starts=dict(newest))


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One writer at a time, on file systems that lock."""
    with path.open("w") as lock:
        with suppress(OSError):
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
