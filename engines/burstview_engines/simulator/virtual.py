"""A burst in virtual time: the events a live run would make, without a clock or a socket."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from burstview_engines.core.backend import Backend
from burstview_engines.core.events import (
    AnyEvent,
    BackendSeen,
    HeadersReceived,
    Noticed,
    PhaseFailed,
    PhaseStarted,
    RequestEnded,
    RequestSent,
    RunEnded,
    RunStarted,
    TokensReceived,
)
from burstview_engines.core.plan import BurstPlan, Phase
from burstview_engines.simulator import presets
from burstview_engines.simulator.engine import Job, Step
from burstview_engines.simulator.paged import BLOCK_TOKENS, PagedModel
from burstview_engines.simulator.slots import SlotsModel
from burstview_engines.simulator.spec import EngineSpec, build, capacity, extrapolated, parts
from burstview_engines.simulator.virtual_gauges import VirtualGauges

PROMPT_TOKENS = 23
"""Tokens of a prompt whose length the plan leaves open: those of the traces."""
PAUSE = 0.1
"""Seconds of quiet between two phases."""
TEXT = "token "

EXTRAPOLATED = "Extrapolated: no recorded burst backs the {gpu}; the constants come from one H200."

NAMES = {"vllm": "vLLM", "ollama": "Ollama", "llamacpp": "llama.cpp"}


def backend_of(spec: EngineSpec, *, key: str | None = None) -> Backend:
    """The backend a simulated engine appears as; raises SpecError."""
    named, room = parts(spec), capacity(spec)
    model = named.model.tag if spec.engine == "ollama" else named.model.hub
    return Backend(
        key=key or f"simulated-{spec.engine}",
        name=NAMES[spec.engine],
        engine=spec.engine,
        place="embedded",
        url="",
        model=model,
        models=(model,),
        simulated=True,
        seats=room.seats,
        context_tokens=room.context_tokens,
        kv_tokens=room.kv_tokens,
        quant=named.quant.label,
        gpu=named.gpu.name,
        hardware=f"simulated-{spec.engine}",
        loaded=True,
    )


def simulate(
    spec: EngineSpec, plan: BurstPlan, *, run: int = 1, backend: Backend | None = None
) -> Iterator[AnyEvent]:
    """One run in virtual time, its engine warm unless the spec is cold; raises SpecError.

    A cold engine gets its burst first and nothing alone: the burst shall show the cold start.
    """
    seen = backend or backend_of(spec)
    driver = _Driver(spec, build(spec), plan, run)
    return driver.events(seen)


@dataclass(slots=True)
class _Driver:
    spec: EngineSpec
    model: PagedModel | SlotsModel
    plan: BurstPlan
    run: int
    now: float = 0.0
    _gauges: VirtualGauges | None = None
    """While the burst runs."""
    _next_job: int = 0
    _emitted: dict[int, int] = field(default_factory=dict)

    def events(self, backend: Backend) -> Iterator[AnyEvent]:
        """The whole run, in order of time."""
        yield BackendSeen(at=self.now, backend=backend)
        if extrapolated(self.spec):
            yield Noticed(
                at=self.now, text=EXTRAPOLATED.format(gpu=presets.gpu(self.spec.gpu).name)
            )
        yield RunStarted(at=self.now, run=self.run, backend=backend.key, plan=self.plan)
        if not self.spec.cold:
            if self.spec.engine != "vllm":
                self._warm_up()
            if self.plan.warm_up and self.plan.alone:
                yield from self._alone()
        block = BLOCK_TOKENS if isinstance(self.model, PagedModel) else None
        self._gauges = gauges = VirtualGauges(backend, block)
        yield from gauges.begin(self.now)
        yield PhaseStarted(at=self.now, run=self.run, phase="burst", requests=self.plan.concurrency)
        yield from self._phase("burst", range(1, self.plan.concurrency + 1))
        yield from gauges.end(self.now)
        yield RunEnded(at=self.now, run=self.run, outcome="done")

    def _warm_up(self) -> None:
        """One unseen wave of the burst's shape: slots then hold what a running server's hold."""
        wave = min(self.plan.concurrency, self.model.seats)
        for _ in self._phase("warm_up", range(1, wave + 1)):
            continue
        self.now += PAUSE

    def _alone(self) -> Iterator[AnyEvent]:
        yield PhaseStarted(at=self.now, run=self.run, phase="alone", requests=self.plan.alone)
        refusals: list[str] = []
        for number in range(1, self.plan.alone + 1):
            for event in self._phase("alone", range(number, number + 1)):
                if isinstance(event, RequestEnded) and event.error:
                    refusals.append(event.error)
                yield event
        if refusals:
            yield PhaseFailed(at=self.now, run=self.run, phase="alone", reason=refusals[0])
        self.now += PAUSE

    def _phase(self, phase: Phase, numbers: range) -> Iterator[AnyEvent]:
        """Send all at once, then step until the engine is idle."""
        ids: dict[int, int] = {}
        for number in numbers:
            job = self._job()
            ids[job.id] = number
            self.model.submit(job)
            yield RequestSent(at=self.now, run=self.run, phase=phase, id=number, intended=self.now)
        while (step := self.model.step(self.now)) is not None:
            began, self.now = self.now, self.now + step.duration
            yield from self._events_of(step, began, phase, ids)
            if self._gauges is not None:
                yield from self._gauges.add(step, self.now)

    def _job(self) -> Job:
        self._next_job += 1
        prompt = self.plan.prompt_tokens or PROMPT_TOKENS
        return Job(self._next_job, self.now, prompt, self.plan.max_tokens)

    def _events_of(
        self, step: Step, began: float, phase: Phase, ids: dict[int, int]
    ) -> Iterator[AnyEvent]:
        run, now = self.run, self.now
        for job, error in step.failed:
            yield HeadersReceived(at=now, run=run, phase=phase, id=ids[job], status=400)
            yield RequestEnded(at=now, run=run, phase=phase, id=ids[job], status=400, error=error)
        for job in step.tokens:
            if job not in self._emitted:
                at = now if self.spec.engine == "ollama" else began
                yield HeadersReceived(at=at, run=run, phase=phase, id=ids[job], status=200)
            self._emitted[job] = self._emitted.get(job, 0) + 1
            chunks = ((now, TEXT),)
            yield TokensReceived(at=now, run=run, phase=phase, id=ids[job], chunks=chunks)
        for job in step.finished:
            yield self._ended(phase, ids[job], self._emitted.pop(job))

    def _ended(self, phase: Phase, number: int, emitted: int) -> RequestEnded:
        prompt = self.model.kept_prompt(self.plan.prompt_tokens or PROMPT_TOKENS)
        return RequestEnded(
            at=self.now,
            run=self.run,
            phase=phase,
            id=number,
            status=200,
            finish_reason="length",
            prompt_tokens=prompt,
            output_tokens=emitted,
        )
