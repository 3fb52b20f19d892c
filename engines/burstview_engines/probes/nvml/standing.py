"""How a GPU stands at a look: answered, late, slow or lost. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from burstview_engines.core.gpu import Gpu

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


def bare(gpu: Gpu) -> Gpu:
    """Without what belongs to one look only."""
    return msgspec.structs.replace(gpu, activity=None, power_history=(), utilisation_history=())


def _aged(index: int, last: Answer | None, state: str, since: float) -> Gpu:
    gpu = Gpu(index=index, name=f"GPU {index}") if last is None else bare(last.gpu)
    return msgspec.structs.replace(
        gpu, state=state, state_since=since, seen_at=None if last is None else last.at
    )
