"""A session that replays written events when it is told to: no sleep, no socket, no clock."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from burstview_engines.control import EngineControl
from burstview_engines.core.backend import Backend
from burstview_engines.core.events import (
    AnyEvent,
    BackendSeen,
    GpuSampled,
    HostSampled,
    Noticed,
    PhaseStarted,
    RequestEnded,
    RequestSent,
    RunEnded,
    RunStarted,
    SessionStarted,
    TokensReceived,
)
from burstview_engines.core.gpu import Gpu
from burstview_engines.core.plan import BurstPlan, Order
from burstview_engines.core.session import SessionFold, Snapshot
from burstview_engines.source import SessionError

VLLM = Backend(
    key="vllm",
    name="vLLM",
    engine="vllm",
    place="embedded",
    url="http://127.0.0.1:8000",
    model="Qwen3-8B",
    models=("Qwen3-8B",),
    simulated=True,
    seats=256,
    context_tokens=40960,
    kv_tokens=61000,
    quant="bf16",
    gpu="L4",
    hardware="simulated:vllm",
)
OLLAMA = Backend(
    key="ollama",
    name="Ollama",
    engine="ollama",
    place="embedded",
    url="http://127.0.0.1:11434",
    model="qwen3:8b",
    models=("qwen3:8b", "qwen3:4b"),
    simulated=True,
    seats=1,
    context_tokens=4096,
    quant="q4_K_M",
    gpu="L4",
    hardware="simulated:ollama",
)
REMOTE = Backend(
    key="remote",
    name="llama.cpp",
    engine="llamacpp",
    place="url",
    url="http://127.0.0.1:8080",
    model="tiny",
    models=("tiny",),
    seats=4,
)


class ScriptedSession:
    """Fires bursts whose events are written by `burst`; `play(seconds)` lets them happen.

    Unless `held`, a burst happens at once when it is fired.
    """

    def __init__(
        self,
        *backends: Backend,
        held: bool = False,
        is_recording: bool = False,
        refusal: str | None = None,
        slowness: float = 1.0,
        text: str = "word ",
        engines: EngineControl | None = None,
    ) -> None:
        self.fold = SessionFold()
        self.is_recording = is_recording
        self.engines = engines
        self.held, self.refusal, self.slowness, self.text = held, refusal, slowness, text
        self.plans: list[BurstPlan] = []
        self.orders: list[Order] = []
        self.fired: list[tuple[str, ...]] = []
        self.chosen: list[tuple[str, str]] = []
        self.is_open = self.is_closed = self.was_cancelled = False
        self.now = 0.0
        self._backends = backends or (VLLM, OLLAMA)
        self._ahead: list[AnyEvent] = []
        self._over = asyncio.Event()
        self._runs = 0
        self.fold.apply(
            SessionStarted(at=0.0, version=1, program="burstview test", wall=0.0, host="gpu-box")
        )

    def snapshot(self) -> Snapshot:
        """Now is where the script was played to."""
        return self.fold.snapshot(self.now)

    async def open(self) -> None:
        """All backends are found at once."""
        self.is_open = True
        for backend in self._backends:
            self.fold.apply(BackendSeen(at=self.now, backend=backend))
        self.fold.apply(simulated_gpus(self.now, self._backends))
        self.fold.apply(
            HostSampled(
                at=self.now,
                cpu_percent=12.0,
                cores=8,
                memory_used_bytes=6 << 30,
                memory_total_bytes=32 << 30,
            )
        )

    async def fire(
        self, backends: Sequence[str], plan: BurstPlan, *, order: Order = "auto"
    ) -> tuple[int, ...]:
        """Lay the runs' events ahead; they happen as `play` goes on."""
        self.plans.append(plan)
        self.orders.append(order)
        self.fired.append(tuple(backends))
        if self.refusal is not None:
            raise SessionError(self.refusal)
        runs = []
        duel = self._runs + 1 if len(backends) > 1 else None
        for key in backends:
            self._runs += 1
            runs.append(self._runs)
            seats = next(b.seats or 1 for b in self._backends if b.key == key)
            self._ahead += burst(
                self._runs, key, plan, seats, self.now, duel, self.slowness, self.text
            )
        self._ahead.sort(key=lambda event: event.at)
        self._over.clear()
        self.play(0.0 if self.held else 1e6)
        await self._over.wait()
        return tuple(runs)

    def play(self, seconds: float) -> None:
        """Let so many seconds of the script happen."""
        until = self.now + seconds
        while self._ahead and self._ahead[0].at <= until:
            event = self._ahead.pop(0)
            self.now = max(self.now, event.at)
            self.fold.apply(event)
        if self._ahead:
            self.now = until
        else:
            self._over.set()

    def notice(self, text: str) -> None:
        """One sentence for the person."""
        self.fold.apply(Noticed(at=self.now, text=text))

    def cancel(self) -> None:
        """What is ahead never happens."""
        self.was_cancelled = True
        self._ahead.clear()
        for run in self.fold.snapshot().runs:
            if run.outcome is None:
                self._cancel_run(run.run)
        self._over.set()

    def _cancel_run(self, number: int) -> None:
        run = self.fold.snapshot().run(number)
        assert run is not None
        for request in run.requests:
            if request.ended is None:
                self.fold.apply(
                    RequestEnded(
                        at=self.now,
                        run=number,
                        phase="burst",
                        id=request.id,
                        cancelled=True,
                        error="Cancelled.",
                    )
                )
        self.fold.apply(
            RunEnded(
                at=self.now, run=number, outcome="cancelled", reason="Cancelled by the person."
            )
        )

    async def choose_model(self, backend: str, model: str) -> None:
        """Remember the choice."""
        self.chosen.append((backend, model))

    async def close(self) -> None:
        """Nothing runs; remember that it was asked."""
        self.is_closed = True
        self._over.set()


def simulated_gpus(at: float, backends: Sequence[Backend]) -> GpuSampled:
    """One simulated GPU a backend."""
    gpus = tuple(
        Gpu(
            index=number,
            name=backend.gpu or "L4",
            utilisation=95.0,
            memory_used_bytes=20 << 30,
            memory_total_bytes=24 << 30,
            power_watts=71.0,
            power_limit_watts=72.0,
            temperature_celsius=61.0,
            sm_clock_mhz=2040.0,
            backend=backend.key,
        )
        for number, backend in enumerate(backends)
    )
    return GpuSampled(at=at, gpus=gpus, simulated=True)


def burst(
    run: int,
    backend: str,
    plan: BurstPlan,
    seats: int,
    at: float,
    duel: int | None = None,
    slowness: float = 1.0,
    text: str = "word ",
    chunks: int = 8,
) -> list[AnyEvent]:
    """One answer takes `slowness` seconds; `seats` run side by side, the others wait in line."""
    requests = range(1, plan.concurrency + 1)
    events: list[AnyEvent] = [
        RunStarted(at=at, run=run, backend=backend, plan=plan, duel=duel),
        PhaseStarted(at=at, run=run, phase="burst", requests=plan.concurrency),
    ]
    end = at
    for number in requests:
        start = at + (number - 1) // seats * slowness
        events.append(
            RequestSent(
                at=at + number * 1e-5,
                run=run,
                phase="burst",
                id=number,
                intended=at,
                prompt=f"{plan.tag}-{number:02}: {plan.prompt}",
            )
        )
        for chunk in range(1, chunks + 1):
            stamp = start + slowness * (0.1 + 0.9 * chunk / (chunks + 1)) + number * 1e-5
            events.append(
                TokensReceived(at=stamp, run=run, phase="burst", id=number, chunks=((stamp, text),))
            )
        end = max(end, stamp + 1e-3)
        events.append(
            RequestEnded(
                at=stamp + 1e-3,
                run=run,
                phase="burst",
                id=number,
                status=200,
                finish_reason="length",
                prompt_tokens=21,
                output_tokens=plan.max_tokens,
                server_times={"queue": start - at},
            )
        )
    events.append(RunEnded(at=end + 1e-3, run=run, outcome="done"))
    return events
