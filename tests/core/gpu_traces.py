"""Real bursts with what was sampled on the GPU and in the engine beside them, as a session."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from burstview_engines.core.events import (
    AnyEvent,
    BackendSeen,
    EngineSampled,
    GpuSampled,
    RunEnded,
    RunStarted,
)
from burstview_engines.core.gpu import Gpu, GpuActivity
from burstview_engines.core.plan import BurstPlan
from burstview_engines.core.session import SessionFold
from burstview_engines.core.views import RunView
from tests.core.bursts import TRACES, Trace, backend, phase_events, trace_of

ROWS = Path(__file__).resolve().parents[1] / "data" / "gpu_rows"
ZERO = 10.0
"""Session seconds of the burst's start: samples begin before it."""
MIB = 1024**2


@dataclass(frozen=True)
class SampledTrace:
    """One real burst; `gpu` and `metrics` are rows of microseconds and values."""

    trace: Trace
    label: str
    fields: Sequence[str]
    gpu: Sequence[Sequence[float]]
    metrics: Sequence[tuple[float, Mapping[str, float]]]

    def __str__(self) -> str:
        return f"{self.label}-{self.trace.concurrency}x{self.trace.max_tokens}-{self.trace.name}"


def sampled_traces() -> list[SampledTrace]:
    """Every burst of the traces."""
    found = []
    for path in sorted(ROWS.glob("*.jsonl.gz")):
        bursts = gzip.decompress((TRACES / path.name).read_bytes()).splitlines()
        rows = gzip.decompress(path.read_bytes()).splitlines()
        for number, (line, sampled) in enumerate(zip(bursts, rows, strict=True), 1):
            told = json.loads(sampled)
            trace = trace_of(f"{path.name}:{number}", json.loads(line))
            found.append(
                SampledTrace(trace, told["label"], told["gpu_fields"], told["gpu"], told["metrics"])
            )
    return found


def session_of(sampled: SampledTrace, *, contended: bool = False) -> SessionFold:
    """The whole session with that one burst, ended and settled."""
    trace = sampled.trace
    end = ZERO + max(request.ended or 0.0 for request in trace.requests)
    on = backend(trace.engine, url="http://127.0.0.1:8000")
    plan = BurstPlan(concurrency=trace.concurrency, max_tokens=trace.max_tokens)
    events: list[AnyEvent] = [BackendSeen(at=0.0, backend=on)]
    events.append(RunStarted(at=0.0, run=1, backend=on.key, plan=plan, contended=contended))
    events += phase_events("burst", [request.later(ZERO) for request in trace.requests])
    events.append(RunEnded(at=end, run=1, outcome="done"))
    events += gpu_samples(sampled)
    events += engine_samples(sampled, on.key)
    fold = SessionFold()
    for event in sorted(events, key=lambda event: event.at):
        fold.apply(event)
    fold.settle()
    return fold


def view_of(sampled: SampledTrace) -> RunView:
    """The burst, with what was found."""
    return session_of(sampled, contended="together" in sampled.label).snapshot().runs[0]


def gpu_samples(sampled: SampledTrace) -> Iterator[GpuSampled]:
    """Each row's GPM window is the time since the row before."""
    before: float | None = None
    for row in sampled.gpu:
        told = dict(zip(sampled.fields, row, strict=True))
        at = ZERO + told["t"] / 1e6
        yield GpuSampled(at=at, gpus=(_gpu(told, before, at),))
        before = at


def _gpu(told: Mapping[str, float], before: float | None, at: float) -> Gpu:
    activity = None
    if "gpm_sm" in told and before is not None:
        activity = GpuActivity(
            begin=before,
            end=at,
            sm=told["gpm_sm"],
            occupancy=told["gpm_occupancy"],
            tensor=told["gpm_tensor"],
            dram=told["gpm_dram"],
        )
    used = told.get("used_mib_v2", told.get("mem_mib", 0.0))
    power = told.get("power_instant_mw", told.get("power_mw", 0.0))
    return Gpu(
        index=0,
        name="NVIDIA H200",
        utilisation=told["util_gpu"],
        memory_utilisation=told["util_mem"],
        memory_used_bytes=int(used * MIB),
        memory_total_bytes=143771 * MIB,
        power_watts=power / 1000,
        power_limit_watts=700.0,
        temperature_celsius=told["temp_c"],
        sm_clock_mhz=told["sm_mhz"],
        activity=activity,
    )


def engine_samples(sampled: SampledTrace, key: str) -> Iterator[EngineSampled]:
    """What /metrics said."""
    for moment, told in sampled.metrics:
        running = _first(told, "num_requests_running", "requests_processing")
        waiting = _first(told, "num_requests_waiting", "requests_deferred")
        preemptions = _first(told, "num_preemptions_total")
        yield EngineSampled(
            at=ZERO + moment / 1e6,
            backend=key,
            source="metrics",
            running=None if running is None else int(running),
            waiting=None if waiting is None else int(waiting),
            kv_usage=_first(told, "kv_cache_usage_perc"),
            preemptions=None if preemptions is None else int(preemptions),
        )


def _first(told: Mapping[str, float], *names: str) -> float | None:
    for key, value in told.items():
        if key.partition(":")[2].partition("{")[0] in names:
            return value
    return None
