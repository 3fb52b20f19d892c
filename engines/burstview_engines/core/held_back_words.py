"""How findings about what held a burst back are said, each with its figures."""

from __future__ import annotations

from typing import Literal

from burstview_engines.core.events import ClientHealth
from burstview_engines.core.evidence import EngineFigures, Evidence, GpuFigures, Stranger
from burstview_engines.core.knobs import KNOBS
from burstview_engines.core.verdict import Verdict
from burstview_engines.core.views import RunView
from burstview_engines.core.wording import count, factor, seconds

BEGIN = "Held back by"
GOOD_GAIN = 0.6
"""Of as many times one request's tokens per second as ran together."""


def unknown(why: str) -> str:
    """Where nothing can be said."""
    return f"What held it back is not known: {why}."


def client(health: ClientHealth, seen: Evidence) -> str:
    """Who fired could not keep up."""
    lag = max(health.launch_lag_p95, health.loop_lag_p95)
    return (
        f"{BEGIN} the client, not the server: it ran up to {seconds(lag)} late in a burst of"
        f" {seconds(seen.duration)}, and its {count(health.workers, 'worker')} computed for"
        f" {seconds(health.cpu)}."
    )


def loading(seen: Evidence) -> str:
    """The model was not in memory."""
    return (
        f"{BEGIN} loading the model: its memory grew while the first token took"
        f" {seconds(seen.loading)} of {seconds(seen.duration)}."
    )


def other_process(stranger: Stranger, seen: Evidence) -> str:
    """Somebody else's work on the same GPU."""
    share = percent(stranger.sm_percent)
    return (
        f"{BEGIN} another process on the GPU: {stranger.name} (pid {stranger.pid}) had {share} of"
        f" its SMs meanwhile{_all_of(seen.gpu)}."
    )


def kv_memory(engine: EngineFigures) -> str:
    """Blocks ran out."""
    if engine.preemptions:
        text = (
            f"{count(engine.preemptions, 'preemption')}: a request lost its blocks, went back to"
            " the queue and was computed again"
        )
    else:
        text = f"{count(engine.peak_waiting or 0, 'request')} waited for room, not for a seat"
    filled = (
        f"; the KV cache was up to {percent(100 * engine.kv_peak)} full"
        if (engine.kv_peak is not None)
        else ""
    )
    return f"{BEGIN} KV memory: {text}{filled}."


def queue(run: RunView, verdict: Verdict, seen: Evidence) -> str:
    """Requests waited for a seat."""
    seats = verdict.k or run.backend.seats or seen.engine.seats
    number = len(run.requests)
    told = seen.engine.peak_waiting or 0
    waited = max(told, number - seats) if seats else told
    served = (
        f"{count(seats, 'seat')} for {count(number, 'request')}"
        if seats
        else f"answers to {count(number, 'request')} came in turns"
    )
    said = f"{BEGIN} the queue: {served}" + (f", up to {waited} waited" if waited else "")
    knob = KNOBS.get(run.backend.engine)
    return said + (f" ({knob})" if knob else "") + f"{_no_use(verdict)}{_meanwhile(seen)}."


def _no_use(verdict: Verdict) -> str:
    """Where those that ran together slowed each other down, more seats promise little."""
    if verdict.gain is None or not verdict.k or verdict.k < 2:
        return ""
    if verdict.gain >= GOOD_GAIN * verdict.k:
        return ""
    return (
        f", and more seats may not help: {verdict.k} at once made only {factor(verdict.gain)} the"
        " tokens per second of one"
    )


def full_gpu(which: Literal["gpu-arithmetic", "gpu-memory"], seen: Evidence) -> str:
    """What GPM says was at its limit."""
    gpu = seen.gpu or GpuFigures()
    held = (
        f"; its clocks were held down ({', '.join(gpu.throttle_reasons)})"
        if (gpu.throttle_reasons)
        else ""
    )
    if which == "gpu-memory":
        return (
            f"{BEGIN} the GPU's memory: {percent(gpu.dram)} of its bandwidth, while the tensor"
            f" cores were at {percent(gpu.tensor)}{_both(gpu)}{held}."
        )
    return (
        f"{BEGIN} the GPU's arithmetic: tensor cores at {percent(gpu.tensor)}, memory at"
        f" {percent(gpu.dram)} of its bandwidth{_both(gpu)}{held}."
    )


def full_core(run: RunView, seen: Evidence) -> str:
    """One thread of the engine set the pace."""
    thread = seen.cpu.thread_of or run.backend.name
    return (
        f"{BEGIN} the CPU: one thread of {thread} filled {percent(seen.cpu.busiest_thread)} of a"
        f" core{_while_gpu(seen.gpu)}."
    )


def one_core(seen: Evidence) -> str:
    """A core was full, and nobody tells whose thread it was."""
    return (
        f"{BEGIN} the CPU: one core of this machine was {percent(seen.cpu.busiest_core)} busy"
        f"{_while_gpu(seen.gpu)}."
    )


def throttled(seen: Evidence) -> str:
    """The cgroup's limit."""
    share = percent(100 * (seen.cpu.throttled or 0.0))
    return (
        f"{BEGIN} the CPU: its limit held this cgroup back for {share} of the time"
        f"{_while_gpu(seen.gpu)}."
    )


def busy_host(seen: Evidence) -> str:
    """All cores were taken, by whomever."""
    return (
        f"{BEGIN} the CPU: all cores of this machine were {percent(seen.cpu.host_percent)} busy"
        f"{_while_gpu(seen.gpu)}."
    )


def model_on_cpu(run: RunView, seen: Evidence) -> str:
    """The server says where the model lies."""
    share = run.backend.on_gpu or 0.0
    where = (
        "no GPU computes the model"
        if share == 0
        else (f"only {100 * share:.0f} % of the model is on the GPU")
    )
    busy = seen.cpu.host_percent
    cores = f", all cores of this machine were {percent(busy)} busy" if busy is not None else ""
    return f"{BEGIN} the CPU: {where}{cores}."


def no_gpu_here(seen: Evidence) -> str:
    """A local engine on a machine without a GPU."""
    return (
        f"{BEGIN} the CPU: this machine has no GPU that can be seen, and its cores were"
        f" {percent(seen.cpu.host_percent)} busy."
    )


def host(run: RunView, seen: Evidence) -> str:
    """The GPU waited for its next step."""
    number = len(run.requests)
    who = "its one request ran" if number == 1 else f"all {number} ran together"
    thread = seen.cpu.busiest_thread
    core = f"; its busiest thread filled {percent(thread)} of a core" if thread is not None else ""
    return f"{BEGIN} the host between the GPU's steps: {who}{_while_gpu(seen.gpu)}{core}."


def no_gpu_seen(run: RunView, seen: Evidence) -> str:
    """Why there are no figures."""
    if run.backend.simulated:
        return "the simulated GPU tells too little of this burst"
    if seen.has_gpu_problem:
        return "no GPU could be looked at on this machine"
    return "it is not known on which GPU the engine runs, or it runs elsewhere"


def idle_gpu(seen: Evidence) -> str:
    """Somewhere else, or on the CPU."""
    return f"this machine's GPU had no part in it ({_figures(seen.gpu)})"


def not_clear(seen: Evidence) -> str:
    """Figures, but none that settles it."""
    gpu = seen.gpu
    if gpu is None or not gpu.has_activity:
        if gpu is None or gpu.utilisation is None:
            return f"{seconds(seen.duration)} is too short to measure what the GPU did"
        return (
            f"utilisation ({percent(gpu.utilisation)}) says how long the GPU had work, not how"
            " much, and this card tells no more"
        )
    return f"the GPU was neither idle nor at a limit ({_figures(gpu)})"


def small_kernels(seen: Evidence) -> str:
    """Always some kernel, but none that fills anything."""
    return (
        f"some kernel ran nearly all the time, but it used little of the GPU ({_figures(seen.gpu)})"
    )


def disturbance(stranger: Stranger) -> str:
    """A phrase, not a sentence."""
    return f"{stranger.name} (pid {stranger.pid}) used {percent(stranger.sm_percent)} of the GPU"


def percent(value: float | None) -> str:
    """`0.1 %`, `3 %`, `78 %`; below ten with one digit, as small ones matter here."""
    if value is None:
        return "—"
    return f"{value:.0f} %" if value >= 9.95 or value == 0 else f"{value:.1f} %"


def _meanwhile(seen: Evidence) -> str:
    """What the GPU did while they queued."""
    if seen.gpu is None or not _figures(seen.gpu):
        return ""
    return f"; the GPU meanwhile: {_figures(seen.gpu)}"


def _while_gpu(gpu: GpuFigures | None) -> str:
    told = _figures(gpu) if gpu is not None else ""
    return f", while the GPU had room ({told})" if told else ""


def _figures(gpu: GpuFigures | None) -> str:
    if gpu is None:
        return ""
    named = (
        ("SM", gpu.sm),
        ("tensor", gpu.tensor),
        ("DRAM", gpu.dram),
        ("utilisation", gpu.utilisation),
    )
    told = ", ".join(f"{name} {percent(value)}" for name, value in named if value is not None)
    return f"{told}{_both(gpu)}" if told else ""


def _both(gpu: GpuFigures) -> str:
    return ", both bursts together" if gpu.is_shared else ""


def _all_of(gpu: GpuFigures | None) -> str:
    told = _figures(gpu)
    return f" (the GPU in all: {told})" if told else ""
