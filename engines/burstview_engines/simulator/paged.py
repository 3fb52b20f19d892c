"""vLLM's engine: continuous batching over a paged KV cache, step by step."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from itertools import chain, islice

from burstview_engines.core.engine_gauges import Holding
from burstview_engines.simulator.calibration import PagedCosts
from burstview_engines.simulator.cost import Batch, GpuCost, Use
from burstview_engines.simulator.engine import NO_USE, Inside, Job, Step

BLOCK_TOKENS = 16
CLOCK_GRAIN = 1e-9
"""Seconds below which two times are one: sums of step durations round."""
SHOWN_WAITING = 256
"""Most of those waiting that are listed: they hold nothing."""


@dataclass(frozen=True, slots=True)
class PagedLimits:
    """What vLLM was started with."""

    seats: int
    """`--max-num-seqs`."""
    kv_blocks: int
    """Blocks of 16 tokens; block 0 is the null block and holds nothing."""
    budget: int
    """`--max-num-batched-tokens`."""
    context_tokens: int
    """`--max-model-len`."""

    @property
    def usable_blocks(self) -> int:
        """Blocks that requests can hold."""
        return self.kv_blocks - 1


@dataclass(slots=True, eq=False)
class _Request:
    job: Job
    enters: float
    """When the API server hands it to the engine."""
    computed: int = 0
    emitted: int = 0
    blocks: int = 0
    preempted: int = 0
    """How often."""

    @property
    def total(self) -> int:
        return self.job.prompt_tokens + self.emitted


@dataclass(slots=True)
class _Work:
    """One step's schedule: who computes how many tokens."""

    rows: list[tuple[_Request, int]] = field(default_factory=list)
    budget: int = 0
    preempted: list[int] = field(default_factory=list)


class PagedModel:
    """Rules of vLLM's V1 scheduler, first come first served; a `StepModel`."""

    def __init__(
        self,
        *,
        gpu: GpuCost,
        host: PagedCosts,
        limits: PagedLimits,
        eager: float | None = None,
        cold: float = 0.0,
    ) -> None:
        """`eager`: least seconds of a pass without CUDA graphs; `cold`: added to the first pass."""
        self.limits = limits
        self._gpu = gpu
        self._host = host
        self._eager = eager or 0.0
        self._cold = cold
        self._free = limits.usable_blocks
        self._door: deque[_Request] = deque()
        self._door_free = 0.0
        self._waiting: deque[_Request] = deque()
        self._running: list[_Request] = []
        self._leaving: list[tuple[_Request, int]] = []
        """Those whose last token the newest step makes, with the blocks that they hold in it."""
        self._refused: list[tuple[int, str]] = []

    @property
    def seats(self) -> int:
        """Requests served at once."""
        return self.limits.seats

    @property
    def kv_held_tokens(self) -> int:
        """In whole blocks."""
        leaving = sum(blocks for _, blocks in self._leaving)
        return (self.limits.usable_blocks - self._free + leaving) * BLOCK_TOKENS

    def inside(self) -> Inside:
        """All that hold blocks, and the first of those that wait."""
        leaving = [_holding(request, blocks) for request, blocks in self._leaving]
        running = [_holding(request, request.blocks) for request in self._running]
        queue = islice(chain(self._waiting, self._door), SHOWN_WAITING)
        waiting = [_holding(request, 0, is_waiting=True) for request in queue]
        return Inside(holdings=(*leaving, *running, *waiting))

    def kept_prompt(self, prompt_tokens: int) -> int:
        """How much of a prompt is used: all, or it is refused."""
        return prompt_tokens

    def refusal(self, prompt_tokens: int, output_tokens: int) -> str | None:
        """The sentence with which vLLM answers 400 to such a request; None if it takes it."""
        context = self.limits.context_tokens
        if prompt_tokens + output_tokens <= context:
            return None
        return (
            f"This model's maximum context length is {context} tokens. However, you requested "
            f"{output_tokens} output tokens and your prompt contains {prompt_tokens} input tokens, "
            f"for a total of {prompt_tokens + output_tokens} tokens. Please reduce the length of "
            "the input prompt or the number of requested output tokens."
        )

    def submit(self, job: Job) -> None:
        """Queue a job at the API server; one that cannot fit ends with the next step."""
        refusal = self.refusal(job.prompt_tokens, job.output_tokens)
        if refusal is not None:
            self._refused.append((job.id, refusal))
            return
        work = self._host.door + self._host.prompt_token * job.prompt_tokens
        self._door_free = max(self._door_free, job.arrived + self._host.floor) + work
        self._door.append(_Request(job, self._door_free))

    def cancel(self, job_id: int) -> None:
        """Drop the request wherever it is and free its blocks."""
        self._refused = [refused for refused in self._refused if refused[0] != job_id]
        self._door = deque(r for r in self._door if r.job.id != job_id)
        self._waiting = deque(r for r in self._waiting if r.job.id != job_id)
        for request in self._running:
            if request.job.id == job_id:
                self._release(request)
        self._running = [r for r in self._running if r.job.id != job_id]
        self._leaving = [left for left in self._leaving if left[0].job.id != job_id]

    def step(self, now: float) -> Step | None:
        """Schedule and compute one pass, or wait for the API server."""
        failed, self._refused = tuple(self._refused), []
        self._leaving = []
        self._enter(now)
        wait = self._wait_for_door(now)
        if wait is not None:
            return self._state(wait, failed=failed)
        work = self._schedule()
        if not work.rows:
            return self._state(0.0, failed=failed) if failed else None
        return self._compute(work, failed)

    def _enter(self, now: float) -> None:
        while self._door and self._door[0].enters <= now + CLOCK_GRAIN:
            self._waiting.append(self._door.popleft())

    def _wait_for_door(self, now: float) -> float | None:
        """Seconds until the requests at the door are in; None if there is something to compute.

        While its event loop takes requests in, the API server passes no tokens on: the first pass
        of a burst is the one that its requests share.
        """
        if self._running or not self._door:
            return None
        last = now if self._waiting else self._door[0].enters
        for request in self._door:
            if request.enters - last > 2 * self._host.door + self._prompt_work(request):
                break
            last = request.enters
        return last - now if last > now else None

    def _prompt_work(self, request: _Request) -> float:
        return self._host.prompt_token * request.job.prompt_tokens

    def _schedule(self) -> _Work:
        work = _Work(budget=self.limits.budget)
        self._schedule_running(work)
        if not work.preempted:
            self._schedule_waiting(work)
        return work

    def _schedule_running(self, work: _Work) -> None:
        index = 0
        while index < len(self._running) and work.budget > 0:
            request = self._running[index]
            tokens = min(request.total - request.computed, work.budget)
            if not self._make_room(request, tokens, work):
                return
            self._take(request, tokens, work)
            index += 1

    def _make_room(self, request: _Request, tokens: int, work: _Work) -> bool:
        """Preempt from the back until the blocks fit; False if the request preempted itself."""
        needed = _blocks(request.computed + tokens) - request.blocks
        while needed > self._free:
            victim = self._running.pop()
            self._release(victim)
            victim.computed = 0
            victim.preempted += 1
            self._waiting.appendleft(victim)
            work.preempted.append(victim.job.id)
            if victim is request:
                return False
        return True

    def _schedule_waiting(self, work: _Work) -> None:
        while self._waiting and work.budget > 0 and len(self._running) < self.limits.seats:
            request = self._waiting[0]
            if _blocks(request.total) > self._free:
                return
            self._running.append(self._waiting.popleft())
            self._take(request, min(request.total, work.budget), work)

    def _take(self, request: _Request, tokens: int, work: _Work) -> None:
        needed = _blocks(request.computed + tokens) - request.blocks
        self._free -= needed
        request.blocks += needed
        work.budget -= tokens
        work.rows.append((request, tokens))

    def _release(self, request: _Request) -> None:
        self._free += request.blocks
        request.blocks = 0

    def _compute(self, work: _Work, failed: tuple[tuple[int, str], ...]) -> Step:
        batch = _batch(work)
        gpu = self._gpu.seconds(batch)
        host = self._host.step + self._host.row * len(work.rows)
        duration = max(gpu, host, self._eager) + self._cold
        self._cold = 0.0
        tokens, finished = self._advance(work)
        return self._state(
            duration,
            tokens=tokens,
            finished=finished,
            failed=failed,
            preempted=tuple(work.preempted),
            batch_tokens=batch.tokens,
            rows=len(work.rows),
            gpu_busy=gpu / duration,
            use=self._gpu.use(batch),
        )

    def _advance(self, work: _Work) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Every row that has caught up with its text samples one token."""
        tokens: list[int] = []
        finished: list[int] = []
        for request, count in work.rows:
            request.computed += count
            if request.computed < request.total:
                continue
            request.emitted += 1
            tokens.append(request.job.id)
            if request.emitted >= request.job.output_tokens:
                finished.append(request.job.id)
                self._leaving.append((request, request.blocks))
                self._release(request)
        if finished:
            self._running = [r for r in self._running if r.emitted < r.job.output_tokens]
        return tuple(tokens), tuple(finished)

    def _state(
        self,
        duration: float,
        *,
        tokens: tuple[int, ...] = (),
        finished: tuple[int, ...] = (),
        failed: tuple[tuple[int, str], ...] = (),
        preempted: tuple[int, ...] = (),
        batch_tokens: int = 0,
        rows: int = 0,
        gpu_busy: float = 0.0,
        use: Use = NO_USE,
    ) -> Step:
        usable = self.limits.usable_blocks
        return Step(
            duration=duration,
            tokens=tokens,
            finished=finished,
            failed=failed,
            running=len(self._running),
            waiting=len(self._waiting) + len(self._door),
            kv_used_tokens=(usable - self._free) * BLOCK_TOKENS,
            kv_capacity_tokens=usable * BLOCK_TOKENS,
            kv_held_tokens=self.kv_held_tokens,
            preempted=preempted,
            batch_tokens=batch_tokens,
            rows=rows,
            gpu_busy=gpu_busy,
            use=use,
        )


def _holding(request: _Request, blocks: int, *, is_waiting: bool = False) -> Holding:
    return Holding(
        request=request.job.id,
        blocks=blocks,
        tokens=request.computed,
        preempted=request.preempted,
        is_waiting=is_waiting,
    )


def _blocks(tokens: int) -> int:
    return -(-tokens // BLOCK_TOKENS)


def _batch(work: _Work) -> Batch:
    tokens = logits = kv_tokens = 0
    attended = 0.0
    for request, count in work.rows:
        tokens += count
        if count == 1:
            kv_tokens += request.computed
        else:
            attended += count * (request.computed + (count + 1) / 2)
        logits += request.computed + count == request.total
    return Batch(tokens, logits, kv_tokens, attended)
