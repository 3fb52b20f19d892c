"""A program in a pseudo-terminal: what it writes and when, what it costs, keys to it.

A thread reads as a fast terminal would, and answers the queries that a modern one answers, so that
programs take the same path as there.
"""

from __future__ import annotations

import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

import pyte

_LOOK = 0.1
"""Seconds after which the reader notices that the terminal is to die; a read would hold it open."""
_TICKS = os.sysconf("SC_CLK_TCK")
_QUERIES = re.compile(rb"\x1b\[\?(\d+)\$p|\x1b\[6n|\x1b\[0?c|\x1b\[>c")
_NOT_FOR_PYTE = re.compile(rb"\x1b\[[<=>?][0-9;]*u|\x1b\[\?\d+\$p|\x1b\[>\d*[a-z]")
_LAUNCH = 'exec 0<>"$BURSTVIEW_TTY" 1>&0 2>&0; unset BURSTVIEW_TTY; exec "$@"'
"""A session leader that opens a terminal gets it as its controlling one, and with it its SIGHUP."""


class PtyTerminal:
    """Starts `argv` in a terminal of `columns` x `lines`; a context manager that ends it."""

    def __init__(
        self,
        argv: Sequence[str],
        columns: int = 120,
        lines: int = 40,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        answers: bool = True,
    ) -> None:
        self.columns, self.lines, self._answers = columns, lines, answers
        self._master, slave = os.openpty()
        self._resize(columns, lines)
        self._lock = threading.Condition()
        self.chunks: list[tuple[float, bytes]] = []
        """(seconds since the start, bytes) as they were read."""
        self.is_open = True
        self._is_dying = False
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            ["/bin/sh", "-c", _LAUNCH, "sh", *argv],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=_environment(os.ttyname(slave), env or {}),
            cwd=cwd,
            start_new_session=True,
        )
        self._slave: int | None = slave
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> PtyTerminal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def now(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.started

    @property
    def received(self) -> int:
        """Bytes read so far."""
        with self._lock:
            return sum(len(data) for _, data in self.chunks)

    def data(self) -> bytes:
        """All that was written so far."""
        with self._lock:
            return b"".join(data for _, data in self.chunks)

    def send(self, keys: bytes) -> float:
        """Type; gives the second at which it was done."""
        os.write(self._master, keys)
        return self.now

    def resize(self, columns: int, lines: int) -> None:
        """The window gets another size; the program is told by SIGWINCH."""
        self.columns, self.lines = columns, lines
        self._resize(columns, lines)

    def wait_for(self, pattern: bytes, since: int = 0, timeout: float = 10.0) -> float | None:
        """The second at which `pattern` stood in what came from chunk `since` on; None if never."""
        deadline, read, tail = time.monotonic() + timeout, since, b""
        with self._lock:
            while True:
                for second, data in self.chunks[read:]:
                    if re.search(pattern, tail + data):
                        return second
                    tail = (tail + data)[-256:]
                read = len(self.chunks)
                left = deadline - time.monotonic()
                if left <= 0 or not self.is_open:
                    return None
                self._lock.wait(left)

    def wait_for_text(self, text: str, timeout: float = 10.0) -> bool:
        """Whether `text` comes to stand on one line of the screen in time."""
        deadline = time.monotonic() + timeout
        while True:
            seen = len(self.chunks)
            if any(text in line for line in self.screen().display):
                return True
            with self._lock:
                if len(self.chunks) == seen:
                    left = deadline - time.monotonic()
                    if left <= 0 or not self.is_open:
                        return False
                    self._lock.wait(left)

    def screen(self) -> pyte.Screen:
        """The screen as an emulator shows it now."""
        screen = pyte.Screen(self.columns, self.lines)
        pyte.ByteStream(screen).feed(_NOT_FOR_PYTE.sub(b"", self.data()))
        return screen

    def first_paint(self, timeout: float = 10.0) -> float | None:
        """The second at which the first cell was not blank any more."""
        deadline, read = time.monotonic() + timeout, 0
        screen = pyte.Screen(self.columns, self.lines)
        stream = pyte.ByteStream(screen)
        while time.monotonic() < deadline:
            with self._lock:
                if len(self.chunks) == read and self.is_open:
                    self._lock.wait(deadline - time.monotonic())
                fresh = self.chunks[read:]
            read += len(fresh)
            for second, data in fresh:
                stream.feed(_NOT_FOR_PYTE.sub(b"", data))
                if any(line.strip() for line in screen.display):
                    return second
            if not fresh and not self.is_open:
                return None
        return None

    def cpu_seconds(self) -> float:
        """User and system time of the program itself, without its children."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def resident_bytes(self) -> int:
        """RSS of the program itself."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        return int(found[1]) * 1024 if found else 0

    def measure(self, seconds: float) -> tuple[float, float]:
        """(CPU in percent of a core, bytes per second) over a window of `seconds`."""
        cpu, received, start = self.cpu_seconds(), self.received, time.monotonic()
        threading.Event().wait(seconds)
        lasted = time.monotonic() - start
        used, written = self.cpu_seconds() - cpu, self.received - received
        return 100 * used / lasted, written / lasted

    def hang_up(self) -> None:
        """The terminal dies."""
        self._is_dying = True
        self._release_slave()
        self._reader.join()
        self.is_open = False
        os.close(self._master)
        self._master = -1

    def wait(self, timeout: float = 5.0) -> int | None:
        """The program's exit code, None if it still runs after `timeout`."""
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None

    def close(self, keys: bytes = b"") -> int | None:
        """End the program, by keys first if given, then by signals; gives its exit code."""
        if keys and self.process.poll() is None and self._master >= 0:
            self.send(keys)
            self.wait(2.0)
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self.process.poll() is None:
                os.killpg(self.process.pid, number)
                self.wait(2.0)
        if self._master >= 0:
            self._release_slave()
            self._reader.join(2.0)
            os.close(self._master)
            self._master = -1
        return self.process.poll()

    def _release_slave(self) -> None:
        """With our own descriptor gone, the reader sees the end when the program is gone."""
        if self._slave is not None:
            os.close(self._slave)
            self._slave = None

    def _resize(self, columns: int, lines: int) -> None:
        size = struct.pack("HHHH", lines, columns, columns * 8, lines * 16)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, size)

    def _read(self) -> None:
        master, tail = self._master, b""
        while True:
            ready, _, _ = select.select([master], [], [], _LOOK)
            if self._is_dying:
                return
            if not ready:
                continue
            try:
                data = os.read(master, 65536)
            except OSError:
                data = b""
            with self._lock:
                if data:
                    self.chunks.append((self.now, data))
                self.is_open = bool(data)
                self._lock.notify_all()
            if not data:
                return
            if self._answers:
                self._answer(master, tail, data)
            tail = data[-16:]

    def _answer(self, master: int, tail: bytes, data: bytes) -> None:
        replies = b"".join(
            _reply(query) for query in _QUERIES.finditer(tail + data) if query.end() > len(tail)
        )
        if replies and self.is_open:
            os.write(master, replies)


def _reply(query: re.Match[bytes]) -> bytes:
    if query[1]:
        return b"\x1b[?%s;%d$y" % (query[1], 2 if query[1] == b"2026" else 0)
    if query[0].endswith(b"6n"):
        return b"\x1b[1;1R"
    return b"\x1b[>0;276;0c" if b">" in query[0] else b"\x1b[?62;22c"


def _environment(tty: str, extra: Mapping[str, str]) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("TEXTUAL")}
    for name in ("LINES", "COLUMNS", "NO_COLOR"):
        kept.pop(name, None)
    terminal = {
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
    }
    return {**kept, **terminal, **extra, "BURSTVIEW_TTY": tty}
