"""The terminal's end of life: signals, a hang-up, and a driver that survives both."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
from collections.abc import Callable

from textual.drivers.linux_driver import LinuxDriver

LEAVING = {
    signal.SIGINT: 130,
    signal.SIGTERM: 143,
    signal.SIGHUP: 129,
}
"""Signals that end the monitor cleanly, and the exit status that tells of them."""


class TerminalDriver(LinuxDriver):
    """Textual's driver, but writing to a terminal that is gone never blocks the event loop.

    The writer thread dies on the first failed write; its queue of 30 would fill up and stop all.
    """

    def write(self, data: str) -> None:
        """Queue the text, or drop it when nobody can write it any more."""
        if self._writer_thread is not None and self._writer_thread.is_alive():
            super().write(data)


class Farewell:
    """Calls `leave(status)` once on SIGINT, SIGTERM, SIGHUP or when the terminal hangs up."""

    def __init__(self, leave: Callable[[int], None]) -> None:
        self._leave = leave
        self._loop = asyncio.get_running_loop()
        self._hangup: select.epoll | None = None
        for number, status in LEAVING.items():
            self._loop.add_signal_handler(number, self._signalled, number, status)
        self._watch_terminal()

    def close(self) -> None:
        """Give the signals back."""
        for number in LEAVING:
            self._loop.remove_signal_handler(number)
        if self._hangup is not None:
            self._loop.remove_reader(self._hangup.fileno())
            self._hangup.close()
            self._hangup = None

    def _watch_terminal(self) -> None:
        """A hang-up is reported even for no events at all: this costs nothing until it happens."""
        if sys.__stdin__ is None or not sys.__stdin__.isatty() or not hasattr(select, "epoll"):
            return
        self._hangup = select.epoll()
        self._hangup.register(sys.__stdin__.fileno(), 0)
        self._loop.add_reader(self._hangup.fileno(), self._hung_up)

    def _signalled(self, number: int, status: int) -> None:
        if number == signal.SIGHUP:
            silence_terminal()
        self._leave(status)

    def _hung_up(self) -> None:
        if self._hangup is not None:
            self._loop.remove_reader(self._hangup.fileno())
        silence_terminal()
        self._leave(LEAVING[signal.SIGHUP])


def silence_terminal() -> None:
    """Point the standard streams of a terminal that hung up to nowhere.

    Reads end at once and writes succeed, where each would fail or spin. A terminal that is still
    there (SIGHUP sent by hand) is left alone, so that it can be restored.
    """
    if sys.__stdin__ is None or sys.__stdin__.isatty():
        return
    nowhere = os.open(os.devnull, os.O_RDWR)
    terminal = os.fstat(0).st_rdev
    for number in (0, 1, 2):
        if os.fstat(number).st_rdev == terminal:
            os.dup2(nowhere, number)
    os.close(nowhere)
