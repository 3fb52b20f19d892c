"""llama.cpp's server, alone or inside Ollama: a fixed number of slots, step by step."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from itertools import pairwise

from burstview_engines.core import engine_gauges
from burstview_engines.simulator.calibration import CROWDED_ROWS, SlotCosts
from burstview_engines.simulator.cost import FITTED_VOCAB, Batch, GpuCost, Use
from burstview_engines.simulator.engine import NO_USE, Inside, Job, Step

BATCH_TOKENS = 2048
"""llama.cpp's n_batch: prompt and answer tokens of one pass together."""
KEPT_TOKENS = 4
"""First tokens that Ollama keeps of a prompt it cuts (n_keep)."""
GRAPH_AFTER = 2
"""A pass is replayed as a CUDA graph once the two before it had its shape."""


@dataclass(frozen=True, slots=True)
class SlotLimits:
    """What the server was started with."""

    slots: int
    context_tokens: int
    """Of one slot; reserved for it from the start."""
    shifts_context: bool
    """Ollama cuts a prompt that is too long in silence and moves its window on when an answer
    outgrows it; llama.cpp answers 400 to the one and ends the other."""


@dataclass(slots=True, eq=False)
class _Request:
    job: Job
    prompt: int
    computed: int = 0
    emitted: int = 0

    @property
    def is_generating(self) -> bool:
        return self.computed >= self.prompt


@dataclass(slots=True)
class _Slot:
    index: int
    request: _Request | None = None
    held: int = 0
    """Tokens that the last request left in the slot's cache."""
    used: int = 0
    """Number of the launch that last took it."""


class SlotsModel:
    """Rules of llama.cpp's `update_slots`; a first-come queue in front; a `StepModel`."""

    def __init__(
        self,
        *,
        gpu: GpuCost,
        host: SlotCosts,
        limits: SlotLimits,
        layers: int,
        vocab: int,
        cold: float = 0.0,
    ) -> None:
        """`cold`: seconds of loading, added to the first pass."""
        self.limits = limits
        self._gpu = gpu
        self._host = host
        self._uncaptured = layers * host.uncaptured_layer
        self._sample = host.sample * vocab / FITTED_VOCAB
        self._cold = cold
        self._queue: deque[_Request] = deque()
        self._slots = tuple(_Slot(index) for index in range(limits.slots))
        self._launches = 0
        self._shape: tuple[int, ...] = ()
        self._repeats = 0
        self._refused: list[tuple[int, str]] = []
        self._leaving: dict[int, _Request] = {}
        """By slot: those whose last token the newest step makes."""

    @property
    def seats(self) -> int:
        """Requests served at once."""
        return self.limits.slots

    @property
    def kv_held_tokens(self) -> int:
        """The whole context of each busy slot."""
        busy = sum(slot.request is not None for slot in self._slots)
        return (busy + len(self._leaving)) * self.limits.context_tokens

    def inside(self) -> Inside:
        """What is reserved for each slot, and what is used of it."""
        context = self.limits.context_tokens
        return Inside(
            slots=tuple(
                _shown(slot, slot.request or self._leaving.get(slot.index), context)
                for slot in self._slots
            )
        )

    def kept_prompt(self, prompt_tokens: int) -> int:
        """How much of a prompt is used: Ollama drops the middle of one that is too long."""
        context = self.limits.context_tokens
        if prompt_tokens < context:
            return prompt_tokens
        return KEPT_TOKENS + (context - KEPT_TOKENS) // 2

    def refusal(self, prompt_tokens: int, output_tokens: int) -> str | None:
        """The sentence with which llama.cpp answers 400 to such a prompt; None if it takes it."""
        context = self.limits.context_tokens
        if self.limits.shifts_context or prompt_tokens < context:
            return None
        return (
            f"request ({prompt_tokens} tokens) exceeds the available context size "
            f"({context} tokens), try increasing it"
        )

    def submit(self, job: Job) -> None:
        """Queue a job; llama.cpp ends its answer early where the slot's context does."""
        refusal = self.refusal(job.prompt_tokens, job.output_tokens)
        if refusal is not None:
            self._refused.append((job.id, refusal))
            return
        self._queue.append(_Request(job, self.kept_prompt(job.prompt_tokens)))

    def cancel(self, job_id: int) -> None:
        """Drop the request from the queue or free its slot."""
        self._refused = [refused for refused in self._refused if refused[0] != job_id]
        self._queue = deque(r for r in self._queue if r.job.id != job_id)
        for slot in self._slots:
            if slot.request is not None and slot.request.job.id == job_id:
                _free(slot)
        self._leaving = {n: left for n, left in self._leaving.items() if left.job.id != job_id}

    def step(self, now: float) -> Step | None:
        """Launch what has a slot, then one pass over all busy slots."""
        failed, self._refused = tuple(self._refused), []
        self._leaving = {}
        launching = self._launch()
        rows = self._rows()
        if not rows:
            return self._state(0.0, failed=failed) if failed else None
        batch = _batch(rows, self.limits.context_tokens)
        gpu = self._gpu_seconds(rows, batch)
        host = self._sampling_seconds(batch.logits)
        duration = launching + gpu + host + self._cold
        self._cold = 0.0
        tokens, finished = self._advance(rows)
        return self._state(
            duration,
            tokens=tokens,
            finished=finished,
            failed=failed,
            batch_tokens=batch.tokens,
            rows=len(rows),
            gpu_busy=gpu / duration,
            use=self._gpu.use(batch).times(_runs(sorted(slot.index for slot, _, _ in rows))),
        )

    def _sampling_seconds(self, rows: int) -> float:
        """One CPU thread picks the words, a row after the other."""
        crowd = float(min(rows, CROWDED_ROWS))
        return self._sample * rows * math.pow(crowd, self._host.crowding)

    def _launch(self) -> float:
        """Give free slots, longest unused first, to the queue's head; the seconds that takes."""
        seconds = 0.0
        free = sorted((s for s in self._slots if s.request is None), key=_staleness)
        for slot in free[: len(self._queue)]:
            seconds += self._host.launch + self._host.stale_token * slot.held
            self._launches += 1
            slot.request, slot.held, slot.used = self._queue.popleft(), 0, self._launches
        return seconds

    def _rows(self) -> list[tuple[_Slot, _Request, int]]:
        """One token for every generating slot, then prompts in slot order up to the batch."""
        busy = [(slot, slot.request) for slot in self._slots if slot.request is not None]
        rows = [(slot, request, 1) for slot, request in busy if request.is_generating]
        room = BATCH_TOKENS - len(rows)
        for slot, request in busy:
            if not request.is_generating and room > 0:
                count = min(request.prompt - request.computed, room)
                room -= count
                rows.append((slot, request, count))
        return rows

    def _gpu_seconds(self, rows: list[tuple[_Slot, _Request, int]], batch: Batch) -> float:
        """Slots that are not neighbours go through the layers in separate passes."""
        passes = _runs(sorted(slot.index for slot, _, _ in rows))
        is_decoding = batch.tokens == len(rows)
        captured = self._is_captured(rows) and passes == 1
        if not is_decoding and batch.logits > 0:
            passes += self._host.prefill_passes - 1
        seconds = self._gpu.seconds(batch) + (passes - 1) * (self._gpu.weights + self._gpu.layers)
        return seconds if captured else seconds + passes * self._uncaptured

    def _is_captured(self, rows: list[tuple[_Slot, _Request, int]]) -> bool:
        shape = tuple(number for slot, _, count in rows for number in (slot.index, count))
        self._repeats = self._repeats + 1 if shape == self._shape else 0
        self._shape = shape
        return self._repeats >= GRAPH_AFTER

    def _advance(
        self, rows: list[tuple[_Slot, _Request, int]]
    ) -> tuple[tuple[int, ...], tuple[int, ...]]:
        tokens: list[int] = []
        finished: list[int] = []
        for slot, request, count in rows:
            request.computed += count
            if not request.is_generating:
                continue
            request.emitted += 1
            tokens.append(request.job.id)
            if self._is_over(request):
                finished.append(request.job.id)
                self._leaving[slot.index] = request
                _free(slot)
        return tuple(tokens), tuple(finished)

    def _is_over(self, request: _Request) -> bool:
        if request.emitted >= request.job.output_tokens:
            return True
        used = request.prompt + request.emitted
        return used >= self.limits.context_tokens and not self.limits.shifts_context

    def _state(
        self,
        duration: float,
        *,
        tokens: tuple[int, ...] = (),
        finished: tuple[int, ...] = (),
        failed: tuple[tuple[int, str], ...] = (),
        batch_tokens: int = 0,
        rows: int = 0,
        gpu_busy: float = 0.0,
        use: Use = NO_USE,
    ) -> Step:
        busy = sum(slot.request is not None for slot in self._slots)
        context = self.limits.context_tokens
        return Step(
            duration=duration,
            tokens=tokens,
            finished=finished,
            failed=failed,
            running=busy,
            waiting=len(self._queue),
            kv_used_tokens=busy * context,
            kv_capacity_tokens=len(self._slots) * context,
            kv_held_tokens=self.kv_held_tokens,
            batch_tokens=batch_tokens,
            rows=rows,
            gpu_busy=gpu_busy,
            use=use,
        )


def _shown(slot: _Slot, request: _Request | None, context: int) -> engine_gauges.Slot:
    """A window that moves on never uses more than the context."""
    if request is None:
        return engine_gauges.Slot(
            id=slot.index, context_tokens=context, used_tokens=min(slot.held, context)
        )
    return engine_gauges.Slot(
        id=slot.index,
        is_busy=True,
        task=request.job.id,
        context_tokens=context,
        used_tokens=min(request.computed, context),
        prompt_tokens=request.prompt,
    )


def _staleness(slot: _Slot) -> tuple[int, int]:
    return slot.used, slot.index


def _free(slot: _Slot) -> None:
    if slot.request is not None:
        slot.held = slot.request.computed
    slot.request = None


def _runs(indices: list[int]) -> int:
    """How many runs of neighbours are in these ascending numbers."""
    return 1 + sum(after - before > 1 for before, after in pairwise(indices))


def _batch(rows: list[tuple[_Slot, _Request, int]], context: int) -> Batch:
    tokens = logits = kv_tokens = 0
    attended = 0.0
    for _, request, count in rows:
        tokens += count
        if request.is_generating:
            kv_tokens += min(request.computed, context)
        else:
            attended += count * (request.computed + (count + 1) / 2)
        logits += request.computed + count >= request.prompt
    return Batch(tokens, logits, kv_tokens, attended)
