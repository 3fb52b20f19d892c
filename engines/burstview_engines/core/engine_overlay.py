"""Puts together what several sources tell of one engine."""

from __future__ import annotations

import msgspec

from burstview_engines.core.engine_gauges import GaugeSource
from burstview_engines.core.events import EngineSampled

_OWN = ("at", "backend", "source", "problem", "took", "step_log")
"""Of one look alone."""


class Overlay:
    """Ollama's memory comes from /api/ps and its slots from its log, each when it has news: what
    the one tells holds until it tells otherwise."""

    def __init__(self) -> None:
        self._newest: dict[GaugeSource | None, EngineSampled] = {}

    def take(self, sample: EngineSampled) -> EngineSampled:
        """The sample with what the other sources told last. Its source is the one that tells who
        runs; a look that failed tells nothing else, and what its source told is unknown again."""
        if sample.problem is not None:
            self._newest.pop(sample.source, None)
            return sample
        others = [one for source, one in self._newest.items() if source != sample.source]
        self._newest[sample.source] = sample
        whole = sample
        for other in others:
            whole = _filled(whole, other)
        return whole


def _filled(sample: EngineSampled, other: EngineSampled) -> EngineSampled:
    missing = {
        name: value
        for name, value in msgspec.structs.asdict(other).items()
        if name not in _OWN and value is not None and getattr(sample, name) is None
    }
    if "running" in missing:
        missing["source"] = other.source
    return msgspec.structs.replace(sample, **missing) if missing else sample
