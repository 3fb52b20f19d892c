"""What is on disk of each local process: what was asked for, and what became of it."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import msgspec

from burstview_engines.core.prepared import prepare
from burstview_engines.launch.spec import LaunchSpec

NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Written before the start: all that the supervisor needs."""

    name: str
    argv: tuple[str, ...]
    environment: dict[str, str]
    """Beside the supervisor's own. Keys are handed over by the environment alone: not here."""
    url: str
    spec: LaunchSpec
    stop_seconds: float = 10.0
    who: str = ""


class Became(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Written by the supervisor."""

    supervisor: int
    supervisor_born: float
    """psutil's create_time: a pid alone may be another process by now."""
    pid: int | None = None
    """Of the engine; None when it could not be started."""
    started_wall: float = 0.0
    ended_wall: float | None = None
    exit_code: int | None = None
    """As a shell counts: 128 and the signal's number for one that a signal ended."""
    problem: str | None = None
    """Why it could not be started, in the system's words."""
    was_asked_to_stop: bool = False


prepare(Asked, Became)


class Folder:
    """One folder a user; three files a process: NAME.asked.json, NAME.became.json, NAME.log."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def asked_path(self, name: str) -> Path:
        """What was asked for."""
        return self.path / f"{name}.asked.json"

    def became_path(self, name: str) -> Path:
        """What became of it."""
        return self.path / f"{name}.became.json"

    def log_path(self, name: str) -> Path:
        """Its output; the older half of it is in `NAME.log.1`."""
        return self.path / f"{name}.log"

    def names(self) -> Iterator[str]:
        """All processes that were started and not removed."""
        suffix = ".asked.json"
        try:
            found = sorted(p.name.removesuffix(suffix) for p in self.path.glob(f"*{suffix}"))
        except OSError:
            return
        yield from (name for name in found if NAME.fullmatch(name))

    def asked(self, name: str) -> Asked | None:
        """None when it is missing or damaged."""
        return _read(self.asked_path(name), Asked)

    def became(self, name: str) -> Became | None:
        """None before the supervisor wrote it."""
        return _read(self.became_path(name), Became)

    def write(self, path: Path, record: Asked | Became) -> None:
        """Whole or not at all; readable by this user only. Raises OSError."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
        number = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(number, "wb") as file:
            file.write(msgspec.json.encode(record))
        fresh.replace(path)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One start at a time, whoever asks, on file systems that lock. Raises OSError."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.path / "starts.lock").open("w") as lock:
            with suppress(OSError):
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def forget(self, name: str) -> None:
        """Delete its files."""
        log = self.log_path(name)
        paths = (log, log.with_name(f"{log.name}.1"), self.became_path(name), self.asked_path(name))
        for path in paths:
            path.unlink(missing_ok=True)


Record = TypeVar("Record", Asked, Became)


def _read(path: Path, kind: type[Record]) -> Record | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None
