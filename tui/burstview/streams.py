"""Standard streams that are closed, or whose reader is gone."""

from __future__ import annotations

import os
import sys


def fill() -> None:
    """Give a stream that was closed before the start nowhere to write to.

    Its number would go to the next file or socket otherwise, and messages would end up in that.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115  # for good
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115  # for good


def hush() -> None:
    """Send what nobody can read any more nowhere, so that the interpreter ends without a word."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
