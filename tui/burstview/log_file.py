"""A followed log as a file."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import count
from pathlib import Path

from burstview_engines.control import LogLine

_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]+")


def save(lines: Iterable[LogLine], name: str, folder: Path) -> Path:
    """Write a new file named after the engine; one that is there stays. Raises OSError."""
    stem = _UNSAFE.sub("-", name).strip("-.") or "engine"
    text = "".join(f"{line.stamp} {line.text}".strip() + "\n" for line in lines)
    for number in count(1):
        path = folder / (f"{stem}.log" if number == 1 else f"{stem}-{number}.log")
        try:
            with path.open("x", encoding="utf-8", errors="replace") as file:
                file.write(text)
        except FileExistsError:
            continue
        break
    return path
