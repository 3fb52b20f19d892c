"""The Prometheus text format, as far as engines use it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

_LINE = re.compile(r"([A-Za-z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+\d+)?\s*")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


class Sample(NamedTuple):
    """One line: vLLM labels each value with model and engine, so a name can come many times."""

    name: str
    labels: Mapping[str, str]
    value: float


def samples(text: str) -> Iterator[Sample]:
    """Every sample in order; comments and lines that are none are left out."""
    for line in text.split("\n"):
        found = None if line.startswith("#") else _LINE.fullmatch(line)
        if found is None:
            continue
        name, labels, value = found.groups()
        try:
            yield Sample(name, dict(_LABEL.findall(labels or "")), float(value))
        except ValueError:
            continue


def total(text: str, name: str) -> float | None:
    """Sum over all label sets of exactly this name; None when it does not occur."""
    values = [sample.value for sample in samples(text) if sample.name == name]
    return sum(values) if values else None
