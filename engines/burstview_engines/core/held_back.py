"""What held a burst back: one cause from what was sampled, or that it is not known and why.

The rule, its thresholds and how it does on real bursts: docs/held-back.md. Utilisation alone never
says that a GPU was the limit: it is the share of time in which any kernel ran, however small.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from burstview_engines.core import held_back_words as words
from burstview_engines.core.events import ClientHealth
from burstview_engines.core.evidence import Evidence, GpuFigures
from burstview_engines.core.finding import Cause, HeldBack
from burstview_engines.core.verdict import Verdict, of_run
from burstview_engines.core.views import RunView

FULL = 50.0
"""Percent of the tensor cores' or the memory's rate from which they set the pace: real kernels
reach 80 to 90 in a loop, less between a server's steps."""
LIGHT = 35.0
"""Percent of both below which neither did."""
SPARE_SM = 60.0
"""Percent of the SMs' cycles below which the GPU had room for more kernels."""
SPARE_UTILISATION = 40.0
"""Percent of the time with a kernel below which the GPU surely waited; above it says nothing."""
IDLE = 1.0
"""Percent; a GPU below it had no part in the burst."""
WAITED_FOR = 80.0
"""Percent of the time with a kernel from which the CPU waits for the GPU, not the other way."""
FULL_CORE = 90.0
"""Percent of one core from which a thread set the pace."""
BUSY_HOST = 85.0
"""Percent of all cores."""
THROTTLED = 0.1
"""Share of the time."""
STRANGE_SM = 25.0
"""Percent of the SMs from which another process disturbs."""
KV_FULL = 0.95
LOADED_SHARE = 0.3
"""Share of a burst spent on loading from which that is what held it back."""
SHARES_WEIGHTS = 16
"""Requests in a batch below which another one costs the memory hardly anything: its weights are
read once for all."""
CLIENT_LAG = 0.1
"""Of a burst's duration by which the client itself was late."""
CLIENT_CPU = 0.9
"""Of a burst's duration for which each of its workers computed."""
ONE_THREAD = ("ollama", "llamacpp")
"""Engines whose sampling runs on one CPU thread, which is theirs alone."""


@dataclass(frozen=True, slots=True)
class _Case:
    """One burst with all that is known of it."""

    run: RunView
    verdict: Verdict
    evidence: Evidence


def of_burst(run: RunView, evidence: Evidence | None) -> HeldBack | None:
    """The finding on a burst that is over; None while it runs and where nothing was answered."""
    answered = any(request.state == "done" for request in run.requests)
    if run.outcome is None or evidence is None or not answered:
        return None
    case = _Case(run, of_run(run), evidence)
    cause, said = _find(case)
    sentence = f"SIMULATED: {said}" if run.backend.simulated else said
    return HeldBack(cause, sentence, _disturbance(evidence))


def _find(case: _Case) -> tuple[Cause, str]:
    run, seen = case.run, case.evidence
    if run.outcome != "done" or any(request.state == "failed" for request in run.requests):
        return "unknown", words.unknown("not all of its requests were answered")
    if run.health is not None and _is_slow(run.health, seen.duration):
        return "client", words.client(run.health, seen)
    if seen.loading is not None and seen.loading > LOADED_SHARE * seen.duration:
        return "loading", words.loading(seen)
    stranger = seen.strangers[0] if seen.strangers else None
    if stranger is not None and (stranger.sm_percent or 0.0) >= STRANGE_SM:
        return "other-process", words.other_process(stranger, seen)
    if _is_out_of_blocks(case):
        return "kv-memory", words.kv_memory(seen.engine)
    gpu = _full_gpu(seen.gpu)
    if _has_queue(case) and not _is_full_anyway(case, gpu):
        return "queue", words.queue(run, case.verdict, seen)
    if gpu is not None:
        return gpu, words.full_gpu(gpu, seen)
    return _beside_the_gpu(case)


def _is_slow(client: ClientHealth, duration: float) -> bool:
    """Late for a good part of the burst, or out of CPU: not just late enough for a warning."""
    lag = max(client.launch_lag_p95, client.loop_lag_p95)
    cpu = client.cpu / max(1, client.workers)
    is_late = client.warning is not None and lag >= CLIENT_LAG * duration
    return is_late or (lag > 0.0 and cpu >= CLIENT_CPU * duration)


def _is_out_of_blocks(case: _Case) -> bool:
    engine = case.evidence.engine
    is_full = (engine.kv_peak or 0.0) >= KV_FULL and (engine.peak_waiting or 0) > 0
    has_seats = engine.peak_running is not None and engine.peak_running < (
        case.run.backend.seats or engine.seats or len(case.run.requests)
    )
    is_paged = case.run.backend.engine not in ONE_THREAD
    return bool(engine.preemptions) or (is_paged and is_full and has_seats)


def _has_queue(case: _Case) -> bool:
    """Answers came in turns, or the engine itself told of a queue most of the time."""
    verdict, engine = case.verdict, case.evidence.engine
    if verdict.label in ("one-at-a-time", "k-at-a-time"):
        return True
    return verdict.label != "all-together" and (engine.waiting_share or 0.0) >= 0.5


def _full_gpu(gpu: GpuFigures | None) -> Literal["gpu-arithmetic", "gpu-memory"] | None:
    if gpu is None or gpu.tensor is None or gpu.dram is None:
        return None
    if gpu.tensor >= FULL and gpu.tensor >= gpu.dram:
        return "gpu-arithmetic"
    return "gpu-memory" if gpu.dram >= FULL else None


def _is_full_anyway(case: _Case, full: Cause | None) -> bool:
    """More requests at once would not have been faster."""
    if full == "gpu-arithmetic":
        return True
    return full == "gpu-memory" and (case.verdict.k or 0) >= SHARES_WEIGHTS


def _beside_the_gpu(case: _Case) -> tuple[Cause, str]:
    """Nobody queued, and the GPU's memory and arithmetic are not known to be the limit."""
    run, seen = case.run, case.evidence
    if (found := _on_cpu(case)) is not None:
        return "cpu", found
    if seen.gpu is None:
        return "unknown", words.unknown(words.no_gpu_seen(run, seen))
    if _is_idle(seen.gpu):
        return "unknown", words.unknown(words.idle_gpu(seen))
    if not _has_room(seen.gpu):
        return "unknown", words.unknown(words.not_clear(seen))
    if (seen.cpu.throttled or 0.0) >= THROTTLED:
        return "cpu", words.throttled(seen)
    if run.backend.engine in ONE_THREAD and not _had_work(seen.gpu):
        if (seen.cpu.busiest_thread or 0.0) >= FULL_CORE:
            return "cpu", words.full_core(run, seen)
        if seen.cpu.busiest_thread is None and (seen.cpu.busiest_core or 0.0) >= FULL_CORE:
            return "cpu", words.one_core(seen)
    if (seen.cpu.host_percent or 0.0) >= BUSY_HOST:
        return "cpu", words.busy_host(seen)
    if _had_work(seen.gpu):
        return "unknown", words.unknown(words.small_kernels(seen))
    return "host", words.host(run, seen)


def _on_cpu(case: _Case) -> str | None:
    """Where no GPU computes the model, or only a part of it."""
    run, seen = case.run, case.evidence
    if run.backend.on_gpu is not None and run.backend.on_gpu < 1:
        return words.model_on_cpu(run, seen)
    is_ours = run.backend.place in ("container", "process") and not run.backend.simulated
    if seen.has_gpu_problem and is_ours and (seen.cpu.host_percent or 0.0) >= FULL:
        return words.no_gpu_here(seen)
    return None


def _is_idle(gpu: GpuFigures) -> bool:
    figures = (gpu.sm, gpu.utilisation, gpu.dram)
    known = [figure for figure in figures if figure is not None]
    return bool(known) and max(known) < IDLE


def _has_room(gpu: GpuFigures) -> bool:
    """Memory and arithmetic both had much to spare."""
    if gpu.tensor is not None and gpu.dram is not None:
        return max(gpu.tensor, gpu.dram) < LIGHT and (gpu.sm or 0.0) < SPARE_SM
    return gpu.utilisation is not None and gpu.utilisation < SPARE_UTILISATION


def _had_work(gpu: GpuFigures) -> bool:
    """A kernel ran most of the time: llama.cpp's thread spins while it waits for it, so that a
    full core says nothing."""
    return gpu.utilisation is not None and gpu.utilisation >= WAITED_FOR


def _disturbance(seen: Evidence) -> str | None:
    busy = [one for one in seen.strangers if (one.sm_percent or 0.0) >= 1.0]
    return words.disturbance(busy[0]) if busy else None
