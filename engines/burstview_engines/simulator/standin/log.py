"""A stand-in's log: lines on stdout or stderr as the real engine has them, at their time."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Stream = Literal["out", "err"]
_DESCRIPTORS = {"out": 1, "err": 2}

SIMULATED = (
    "SIMULATED {engine} of burstview: no model runs here, every answer is a prepared text,"
    " and the log below is an imitation."
)


@dataclass(frozen=True, slots=True)
class Line:
    """Some text of a start, at a share (0 to 1) of its time."""

    share: float
    text: str
    stream: Stream = "out"
    end: str = "\n"
    """Progress bars end with nothing: they begin with a carriage return."""


def write(text: str, stream: Stream = "out", end: str = "\n") -> None:
    """At once and whole; a reader that is gone is not missed."""
    data = (text + end).encode("utf-8", "replace")
    try:
        while data:
            data = data[os.write(_DESCRIPTORS[stream], data) :]
    except OSError:
        return


def announce(engine: str, stream: Stream) -> None:
    """The first line of every stand-in's log."""
    write(SIMULATED.format(engine=engine), stream)


NOW = "{now}"
"""Stands in a line for the time at which it is written."""


async def play(lines: Iterable[Line], seconds: float, now: Callable[[], str]) -> None:
    """Write each line when its share of the seconds has passed; `now` fills in the time."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    for line in lines:
        if (left := begun + line.share * seconds - loop.time()) > 0:
            await asyncio.sleep(left)
        write(line.text.replace(NOW, now()), line.stream, line.end)
    if (left := begun + seconds - loop.time()) > 0:
        await asyncio.sleep(left)


def bar(title: str, done: int, total: int, seconds: float, unit: str = "it/s") -> str:
    """One state of a progress bar as tqdm draws it, without the carriage return."""
    filled = 10 * done / max(1, total)
    whole = int(filled)
    part = "" if whole >= 10 else " ▏▎▍▌▋▊▉"[int((filled - whole) * 8)]
    cells = ("█" * whole + part).ljust(10)[:10]
    rate = f"{done / seconds:5.2f}{unit}" if done and seconds else f"?{unit}"
    left = f"{_clock((total - done) * seconds / done)}" if done else "?"
    return (
        f"{title}: {round(100 * done / max(1, total)):3d}%|{cells}| {done}/{total} "
        f"[{_clock(seconds)}<{left}, {rate}]"
    )


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60:02d}:{int(seconds) % 60:02d}"


def spread(texts: Sequence[str], begin: float, end: float, stream: Stream = "out") -> list[Line]:
    """Lines at even distances between two shares."""
    step = (end - begin) / max(1, len(texts))
    return [Line(begin + number * step, text, stream) for number, text in enumerate(texts)]
