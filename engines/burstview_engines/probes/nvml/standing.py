"""How a GPU stands at a look: answered, late, slow or lost. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from burstview_engines.core.gpu import Gpu, GpuActivity

SLOW_AFTER = 2.0
"""Seconds without an answer after which a GPU is called slow."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The last good values of a GPU."""

    at: float
    gpu: Gpu


def standing(
    index: int,
    last: Answer | None,
    at: float,
    *,
    waiting_since: float | None,
    lost_since: float | None,
) -> Gpu | None:
    """The GPU as it is to be shown at `at`; None before its first answer, unless that takes long.

    `waiting_since` is when the question was asked that has no answer yet, `lost_since` when the
    driver first said that the GPU is gone.
    """
    if lost_since is not None:
        return _aged(index, last, "lost", lost_since)
    if waiting_since is None:
        return None if last is None else last.gpu
    if at - waiting_since >= SLOW_AFTER:
        return _aged(index, last, "slow", waiting_since)
    return None if last is None else msgspec.structs.replace(bare(last.gpu), seen_at=last.at)


def with_unshown(gpu: Gpu, unshown: Gpu | None) -> Gpu:
    """An answer with what an earlier one saw that came too late to be shown."""
    if unshown is None:
        return gpu
    return msgspec.structs.replace(
        gpu,
        activity=joined(unshown.activity, gpu.activity),
        power_history=unshown.power_history + gpu.power_history,
        utilisation_history=unshown.utilisation_history + gpu.utilisation_history,
    )


def joined(first: GpuActivity | None, second: GpuActivity | None) -> GpuActivity | None:
    """One window of two that follow each other."""
    if first is None or second is None:
        return second or first
    lengths = (first.end - first.begin, second.end - second.begin)

    def mean(one: float | None, other: float | None) -> float | None:
        if one is None or other is None:
            return None
        return (one * lengths[0] + other * lengths[1]) / sum(lengths)

    return GpuActivity(
        begin=first.begin,
        end=second.end,
        sm=mean(first.sm, second.sm),
        occupancy=mean(first.occupancy, second.occupancy),
        tensor=mean(first.tensor, second.tensor),
        dram=mean(first.dram, second.dram),
    )


def bare(gpu: Gpu) -> Gpu:
    """Without what belongs to one look only."""
    return msgspec.structs.replace(gpu, activity=None, power_history=(), utilisation_history=())


def _aged(index: int, last: Answer | None, state: str, since: float) -> Gpu:
    gpu = Gpu(index=index, name=f"GPU {index}") if last is None else bare(last.gpu)
    return msgspec.structs.replace(
        gpu, state=state, state_since=since, seen_at=None if last is None else last.at
    )
