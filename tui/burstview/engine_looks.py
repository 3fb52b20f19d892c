"""Looks at one engine from several sources, joined: Ollama's memory by /api/ps, slots by its log.

The log tells only changes, so what it told last holds at every look after it.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from burstview_engines.core.engine_gauges import GaugeSource
from burstview_engines.core.events import EngineSampled
from burstview_engines.core.series import Series

_BOTH: tuple[GaugeSource, GaugeSource] = ("log", "ps")


class JoinedLooks:
    """Joins each look once; a look that needs nothing stays the same object."""

    def __init__(self, log: EngineSampled | None = None) -> None:
        """`log` is what the log told last before the first look."""
        self._before = log
        self._begin()

    def _begin(self) -> None:
        self._raw: list[EngineSampled] = []
        self._joined: list[EngineSampled] = []
        self._log = self._before
        self._ps: EngineSampled | None = None

    def follow(self, samples: Sequence[EngineSampled]) -> Sequence[EngineSampled]:
        """All of them; those that were joined before must come first, or all are joined anew."""
        known = len(self._raw)
        if known > len(samples) or (known and samples[known - 1] is not self._raw[-1]):
            self._begin()
            known = 0
        for sample in samples[known:]:
            self._raw.append(sample)
            self._joined.append(self._join(sample))
        return self._joined

    def _join(self, sample: EngineSampled) -> EngineSampled:
        if sample.problem is not None:
            return sample
        if sample.source == "log":
            self._log = sample
            return join(sample, self._ps)
        if sample.source == "ps":
            self._ps = sample
            return join(self._log, sample) if self._log is not None else sample
        return sample


def join(log: EngineSampled, ps: EngineSampled | None) -> EngineSampled:
    """Slots of the one, memory of the other; stamped with the later one's time."""
    if ps is None:
        return log
    context = log.context_tokens if log.context_tokens is not None else ps.context_tokens
    return replace(
        log,
        at=max(log.at, ps.at),
        took=ps.took,
        context_tokens=context,
        model_bytes=ps.model_bytes,
        model_gpu_bytes=ps.model_gpu_bytes,
        expires_wall=ps.expires_wall,
    )


def newest(series: Series[EngineSampled]) -> EngineSampled | None:
    """The newest good look, joined; None before the first."""
    last = series.newest
    if last is not None and last.problem is not None:
        looks = reversed(series.between(float("-inf"), last.at))
        last = next((one for one in looks if one.problem is None), None)
    if last is None or last.source not in ("log", "ps"):
        return last
    log, ps = (last_of(series, source, last.at) for source in _BOTH)
    return ps if log is None else join(log, ps)


def last_of(
    series: Series[EngineSampled], source: GaugeSource, until: float
) -> EngineSampled | None:
    """The newest good look from that source up to second `until`."""
    looks = reversed(series.between(float("-inf"), until))
    return next((one for one in looks if one.source == source and one.problem is None), None)
