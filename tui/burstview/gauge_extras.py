"""What the main screen's gauges say besides a look at the GPUs themselves."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from burstview import gpu_words as words
from burstview.draw.gauge_rows import NOTHING, Extras
from burstview.gpu_shown import Key, gpus_of, memory_by_owner, processes_of
from burstview_engines.core.events import GpuSampled
from burstview_engines.core.views import RunView, Snapshot

TOO_SHORT = f"burst {words.TOO_SHORT}"


def extras_of(snapshot: Snapshot, clock: words.Clock, *, is_shown_again: bool) -> dict[Key, Extras]:
    """Of each GPU of which there is anything to say; `is_shown_again`: a burst is, slower."""
    reading = ""
    if words.newest_was_too_short(snapshot.runs, snapshot.now, is_shown_again=is_shown_again):
        reading = TOO_SHORT
    owners = memory_by_owner(processes_of(snapshot)) if snapshot.gpu_processes is not None else {}
    extras = {}
    for shown in gpus_of(snapshot):
        one = Extras(
            words.state_words(shown, snapshot.now, clock),
            () if shown.is_simulated else tuple(owners.get(shown.gpu.index, ())),
            "" if shown.is_simulated else reading,
        )
        if one != NOTHING:
            extras[shown.key] = one
    return extras


def believed_look(sample: GpuSampled | None, runs: Sequence[RunView]) -> GpuSampled | None:
    """The look, without readings that a burst which has just begun cannot have reached."""
    if sample is None or not runs:
        return sample
    gpus = [words.believed_gpu(gpu, sample.at, runs) for gpu in sample.gpus]
    if all(one is other for one, other in zip(gpus, sample.gpus, strict=True)):
        return sample
    return msgspec.structs.replace(sample, gpus=tuple(gpus))
