"""The process that holds a local engine: keeps its log within bounds, ends it whole, tells its end.

It outlives the monitor: `burstview up` may end while the engine serves. Engines leave orphans with
gigabytes of memory when their first process is killed (vLLM's EngineCore, Ollama's runner), so all
that descends from this process is ended with the engine.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
import psutil

from burstview_engines.places.process.log_file import LogFile
from burstview_engines.places.process.record import Asked, Became, Folder

PR_SET_PDEATHSIG = 1
"""linux/prctl.h: the signal that a process gets when its parent has ended."""
PR_SET_CHILD_SUBREAPER = 36
"""linux/prctl.h: orphans of our descendants become our children."""
ORPHAN_TIME = 2.0
"""Seconds that what is left of an engine may take to end before it is killed."""


def main(arguments: Sequence[str]) -> int:
    """`FOLDER NAME`: start what was asked for and stay until it ended."""
    folder, name = Folder(Path(arguments[0])), arguments[1]
    asked = folder.asked(name)
    if asked is None:
        return 2
    adopt_orphans()
    return Supervisor(folder, asked).run()


def adopt_orphans() -> None:
    """Linux only; elsewhere an orphan is found by its process group."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_with_parent() -> None:
    """Of the engine, before it becomes one: should somebody kill its supervisor, it is asked to
    end, for nobody could stop it any more and it holds a GPU. Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


class Supervisor:
    """One engine, from start to end."""

    def __init__(self, folder: Folder, asked: Asked) -> None:
        self._folder, self._asked = folder, asked
        self._became = Became(
            supervisor=os.getpid(),
            supervisor_born=psutil.Process().create_time(),
            started_wall=time.time(),
        )
        self._engine: subprocess.Popen[bytes] | None = None
        self._is_stopping = threading.Event()

    def run(self) -> int:
        """Returns when the engine and all its descendants are gone."""
        self._tell()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._take_signal)
        try:
            self._engine = self._start()
        except OSError as refusal:
            self._tell(ended_wall=time.time(), problem=refusal.strerror or str(refusal))
            return 1
        self._tell(pid=self._engine.pid)
        pump = threading.Thread(target=self._pump, args=(self._engine,), daemon=True)
        pump.start()
        threading.Thread(target=self._stop_when_asked, daemon=True).start()
        code = self._engine.wait()
        end_orphans(ORPHAN_TIME)
        pump.join(ORPHAN_TIME)
        self._tell(
            ended_wall=time.time(),
            exit_code=code if code >= 0 else 128 - code,
            was_asked_to_stop=self._is_stopping.is_set(),
        )
        return 0

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._asked.argv,
            env=os.environ | self._asked.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=end_with_parent,
        )

    def _pump(self, engine: subprocess.Popen[bytes]) -> None:
        assert engine.stdout is not None
        with LogFile(self._folder.log_path(self._asked.name), time.time_ns) as log:
            while data := os.read(engine.stdout.fileno(), 65536):
                log.write(data)

    def _take_signal(self, number: int, frame: object) -> None:
        self._is_stopping.set()

    def _stop_when_asked(self) -> None:
        """SIGTERM to the engine itself, which ends its own; after its time, SIGKILL to all."""
        self._is_stopping.wait()
        engine = self._engine
        if engine is None or engine.poll() is not None:
            return
        engine.terminate()
        try:
            engine.wait(self._asked.stop_seconds)
        except subprocess.TimeoutExpired:
            _signal(psutil.Process().children(recursive=True), signal.SIGKILL)

    def _tell(self, **news: object) -> None:
        self._became = msgspec.structs.replace(self._became, **news)
        self._folder.write(self._folder.became_path(self._asked.name), self._became)


def end_orphans(grace: float) -> None:
    """SIGTERM to what the ended engine left behind, SIGKILL after `grace` seconds."""
    left = psutil.Process().children(recursive=True)
    _signal(left, signal.SIGTERM)
    _, left = psutil.wait_procs(left, timeout=grace)
    _signal(left, signal.SIGKILL)
    psutil.wait_procs(left, timeout=1.0)


def _signal(processes: Sequence[psutil.Process], number: int) -> None:
    for process in processes:
        try:
            process.send_signal(number)
        except psutil.Error:
            continue


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
