"""/metrics in Prometheus' text format: the parser is prometheus_client's.

It takes 9 ms for all that vLLM writes, most of it buckets. So only the lines of the names that are
asked for are looked at, and of those only labels that are new: the others were read before.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

MOST_COUNT = 2**53
"""No engine has counted so far; a larger figure is damaged."""
_LONGEST_LINE = 20_000


class Sample(NamedTuple):
    """One line: vLLM labels each value with model and engine, so a name can come many times."""

    name: str
    labels: Mapping[str, str]
    value: float


def samples(text: str, names: Sequence[str]) -> Iterator[Sample]:
    """Those of exactly these names, in order; lines that are damaged are left out."""
    begins, wanted = tuple(names), frozenset(names)
    for line in text.split("\n"):
        if line.startswith(begins) and len(line) < _LONGEST_LINE:
            sample = _sample(line)
            if sample is not None and sample.name in wanted:
                yield sample


class Metrics:
    """What one answer holds under some names; a figure that cannot be true is unknown."""

    def __init__(self, text: str, names: Sequence[str]) -> None:
        self._samples: dict[str, list[Sample]] = {}
        for sample in samples(text, names):
            self._samples.setdefault(sample.name, []).append(sample)

    def __bool__(self) -> bool:
        return bool(self._samples)

    def of(self, *names: str) -> list[Sample]:
        """All of the first of these names that occurs: newer names come first."""
        return next((self._samples[name] for name in names if name in self._samples), [])

    def total(self, *names: str) -> float | None:
        """Summed over all labels."""
        return _sum([sample.value for sample in self.of(*names)])

    def count(self, *names: str) -> int | None:
        """The same as a whole number."""
        return whole(self.total(*names))

    def share(self, *names: str) -> float | None:
        """The largest over all labels, 0 to 1."""
        values = [sample.value for sample in self.of(*names)]
        largest = max(values) if values and all(map(_is_sane, values)) else None
        return None if largest is None or largest > 1.001 else min(largest, 1.0)

    def total_of_largest(self, apart: str, *names: str) -> float | None:
        """Summed over the values of the label `apart`, of each the largest: for figures that
        others repeat."""
        found: dict[str, float] = {}
        for sample in self.of(*names):
            key = sample.labels.get(apart, "")
            if not _is_sane(sample.value):
                return None
            found[key] = max(found.get(key, 0.0), sample.value)
        return _sum(list(found.values()))

    def label_total(self, name: str, label: str) -> int | None:
        """A whole number in a label, summed over all samples."""
        texts = [sample.labels.get(label, "") for sample in self.of(name)]
        numbers = [int(text) for text in texts if text.isascii() and text.isdigit()]
        return whole(sum(numbers)) if numbers and len(numbers) == len(texts) else None


def whole(value: float | None) -> int | None:
    """A count; None where it cannot be one."""
    return int(value) if value is not None and _is_sane(value) else None


def _sum(values: Sequence[float]) -> float | None:
    return sum(values) if values and all(map(_is_sane, values)) else None


def _is_sane(value: float) -> bool:
    """No counter or level of an engine is negative, infinite or NaN."""
    return math.isfinite(value) and 0 <= value < MOST_COUNT


def _sample(line: str) -> Sample | None:
    """Labels hardly ever change: the value alone is read anew."""
    head, brace, rest = line.rpartition("}")
    words = rest.split()
    if not brace or len(words) != 1 or "_" in rest:
        return _parsed(line)
    known = _labelled(head)
    try:
        return None if known is None else known._replace(value=float(words[0]))
    except ValueError:
        return None


@lru_cache(maxsize=128)
def _labelled(head: str) -> Sample | None:
    return _parsed(head + "} 0")


def _parsed(line: str) -> Sample | None:
    from prometheus_client.parser import text_string_to_metric_families

    try:
        for family in text_string_to_metric_families(line):
            for sample in family.samples:
                return Sample(sample.name, sample.labels, float(sample.value))
    except (ValueError, IndexError, OverflowError):  # IndexError: of labels without a name
        return None
    return None
