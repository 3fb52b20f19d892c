"""What the probe told on two real H100s, and what nvidia-smi said beside it."""

from __future__ import annotations

import gzip
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from tests.benchmarks.smi_comparison import SmiRow, smi_rows

from burstview_engines.core.events import AnyEvent, GpuSampled, decode

FOLDER = Path(__file__).parents[2] / "data/gpu/h100x2"


@cache
def recorded() -> tuple[float, tuple[AnyEvent, ...]]:
    """The wall clock of second 0, and the events."""
    first, *lines = gzip.decompress((FOLDER / "events.jsonl.gz").read_bytes()).splitlines()
    return float(json.loads(first)["wall"]), tuple(map(decode, lines))


def samples(begin: float = 0.0, end: float = 1e9) -> list[GpuSampled]:
    """Of a stretch of session time."""
    seen = (event for event in recorded()[1] if isinstance(event, GpuSampled))
    return [sample for sample in seen if begin <= sample.at <= end]


def smi(name: str) -> list[SmiRow]:
    """nvidia-smi's rows of one stretch."""
    text = gzip.decompress((FOLDER / f"{name}.csv.gz").read_bytes()).decode()
    with utc():
        return smi_rows(text.splitlines(), recorded()[0])


def text(name: str) -> str:
    """A file of nvidia-smi's."""
    return (FOLDER / name).read_text()


@contextmanager
def utc() -> Iterator[None]:
    """nvidia-smi stamps in the machine's own time zone."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "UTC"
    time.tzset()
    try:
        yield
    finally:
        if before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = before
        time.tzset()
