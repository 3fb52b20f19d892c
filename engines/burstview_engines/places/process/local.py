"""Start, find, stop and remove local engines. All of it blocks for moments: call it in threads."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import psutil

from burstview_engines.places.process.record import NAME, Asked, Became, Folder
from burstview_engines.source import SessionError

POLL = 0.05
START_LIMIT = 10.0
"""Seconds that the supervisor may take until it tells of itself."""
BIRTH_SLACK = 1.0
"""Seconds by which two readings of one process's birth may differ (clock steps)."""


class Taken(SessionError):  # noqa: N818  the world's fault, not the program's
    """Another engine has the name or the port."""

    def __init__(self, kind: str, sentence: str) -> None:
        super().__init__(sentence)
        self.kind = kind
        """`name-taken` or `port-taken`."""


@dataclass(frozen=True, slots=True)
class LocalEngine:
    """One local process as it is now."""

    asked: Asked
    became: Became | None

    @property
    def is_running(self) -> bool:
        """Its supervisor lives and has not told its end."""
        became = self.became
        return became is not None and became.ended_wall is None and _lives(became)

    @property
    def was_lost(self) -> bool:
        """The supervisor was killed or the machine restarted: nobody told the end."""
        became = self.became
        return became is not None and became.ended_wall is None and not _lives(became)


def start(
    folder: Folder,
    asked: Asked,
    secrets: Mapping[str, str],
    environ: Mapping[str, str] = os.environ,
    clock: Callable[[], float] = time.monotonic,
) -> LocalEngine:
    """Start it in the background; `secrets` are variables that are written nowhere.

    Raises SessionError when the command is not there or nothing can be written, Taken when another
    one was faster.
    """
    try:
        with folder.locked():
            _check(folder, asked, environ)
            folder.became_path(asked.name).unlink(missing_ok=True)
            folder.write(folder.asked_path(asked.name), asked)
            _spawn(folder, asked, {**environ, **secrets})
            return _begun(folder, asked, clock)
    except OSError as refusal:
        raise SessionError(
            f"{asked.name} cannot be started: {refusal.strerror} ({folder.path})."
        ) from refusal


def find(folder: Folder) -> tuple[LocalEngine, ...]:
    """All that were started and not removed."""
    found = ((folder.asked(name), folder.became(name)) for name in folder.names())
    return tuple(LocalEngine(asked, became) for asked, became in found if asked is not None)


def get(folder: Folder, name: str) -> LocalEngine:
    """The one of that name. Raises SessionError."""
    asked = folder.asked(name)
    if asked is None:
        raise SessionError(f"There is no local engine {name}; see `burstview ps`.")
    return LocalEngine(asked, folder.became(name))


def stop(engine: LocalEngine) -> None:
    """Ask it to end; its supervisor kills it after its time. Returns at once."""
    if engine.is_running and engine.became is not None:
        _send(engine.became.supervisor, signal.SIGTERM)


def kill(engine: LocalEngine) -> None:
    """End it and all its descendants at once."""
    became = engine.became
    if became is None or not engine.is_running:
        return
    try:
        supervisor = psutil.Process(became.supervisor)
        for process in supervisor.children(recursive=True):
            _send(process.pid, signal.SIGKILL)
    except psutil.Error:
        return


def remove(folder: Folder, engine: LocalEngine) -> None:
    """Forget it, its log too. Raises SessionError while it runs."""
    if engine.is_running:
        raise SessionError(f"{engine.asked.name} is running; stop it before removing it.")
    try:
        folder.forget(engine.asked.name)
    except OSError as refusal:
        raise SessionError(
            f"The files of {engine.asked.name} cannot be removed: {refusal.strerror}."
        ) from refusal


def is_here(command: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the command is on the PATH."""
    return shutil.which(command, path=environ.get("PATH")) is not None


def _begun(folder: Folder, asked: Asked, clock: Callable[[], float]) -> LocalEngine:
    """Once its supervisor tells of it."""
    until = clock() + START_LIMIT
    while clock() < until:
        became = folder.became(asked.name)
        if became is not None and (became.pid is not None or became.problem):
            return LocalEngine(asked, became)
        time.sleep(POLL)
    raise SessionError(f"{asked.name} did not start within {START_LIMIT:.0f} s; try again.")


def _check(folder: Folder, asked: Asked, environ: Mapping[str, str]) -> None:
    if not NAME.fullmatch(asked.name):
        raise SessionError(f"{asked.name!r} is no name: use letters, digits, `_`, `.` and `-`.")
    for other in find(folder):
        if not other.is_running:
            continue
        if other.asked.name == asked.name:
            raise Taken(
                "name-taken", f"{asked.name} runs already; stop it, or choose another name."
            )
        if other.asked.url == asked.url:
            raise Taken(
                "port-taken",
                f"{other.asked.name} has {asked.url} already; stop it, or choose another port.",
            )
    command = asked.argv[0]
    if not is_here(command, environ):
        raise SessionError(
            f"There is no command `{command}` on the PATH; install it, or start the engine as a"
            " container."
        )


def _spawn(folder: Folder, asked: Asked, environ: dict[str, str]) -> None:
    """The supervisor, in a session of its own: closing the terminal does not end it."""
    argv = [sys.executable, "-m", "burstview_engines.places.process.supervisor"]
    supervisor = subprocess.Popen(
        [*argv, str(folder.path), asked.name],
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    threading.Thread(target=supervisor.wait, name="reaper", daemon=True).start()


def _lives(became: Became) -> bool:
    try:
        process = psutil.Process(became.supervisor)
        is_same = abs(process.create_time() - became.supervisor_born) < BIRTH_SLACK
        return is_same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _send(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
    except PermissionError as refusal:
        raise SessionError(
            f"Process {pid} belongs to another user; it was left alone."
        ) from refusal
