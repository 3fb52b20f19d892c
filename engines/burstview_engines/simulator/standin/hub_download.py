"""The download of simulated weights into the Hugging Face cache, with its progress bar."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from burstview_engines.simulator.presets import Model
from burstview_engines.simulator.standin.hub_cache import CachedModel
from burstview_engines.simulator.standin.log import bar, write

STEPS = 10
"""States of the bar."""
STALL_AT = 4
"""After so many of them a stall is due."""


async def download(cached: CachedModel, model: Model, seconds: float, stall: float) -> None:
    """Takes `seconds` and then `stall` more, in which nothing comes. Raises OSError."""
    cached.grow(0)
    for step in range(STEPS + 1):
        done = cached.weight_bytes * step // STEPS
        _draw(cached.file, done, cached.weight_bytes, seconds * step / STEPS)
        if step == STALL_AT and stall:
            await _silence(stall)
        cached.grow(done)
        await asyncio.sleep(seconds / STEPS)
    write("", "err")
    cached.finish(model)


async def _silence(seconds: float) -> None:
    """May be for ever."""
    for _ in _minutes(seconds):
        await asyncio.sleep(60.0)
    if seconds != float("inf"):
        await asyncio.sleep(seconds % 60.0)


def _minutes(seconds: float) -> Iterator[int]:
    passed = 0
    while (passed + 1) * 60.0 <= seconds:
        yield passed
        passed += 1


def _draw(title: str, done: int, total: int, seconds: float) -> None:
    """`model.safetensors:  20%|██        | 238M/1.19G [00:00<00:00, 1.99GB/s]`."""
    line = bar(title, done, total, seconds, unit="B/s")
    shown = line.replace(f"| {done}/{total} ", f"| {_size(done)}/{_size(total)} ")
    if done and seconds:
        shown = f"{shown.rpartition(', ')[0]}, {_size(int(done / seconds))}B/s]"
    write("\r" + shown, "err", "")


def _size(count: int) -> str:
    """As tqdm scales it: three digits and a letter."""
    value = float(count)
    for letter in ("", "k", "M"):
        if value < 999.5:
            return f"{value:.3g}{letter}"
        value /= 1000.0
    return f"{value:.2f}G"
