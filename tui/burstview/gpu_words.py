"""What is said of a GPU's state, of bursts' marks on it, and of who is on it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence

import msgspec

from burstview.gpu_shown import ShownGpu
from burstview_engines.core.events import SessionStarted
from burstview_engines.core.gpu import Gpu
from burstview_engines.core.text import one_line
from burstview_engines.core.views import RunView

TOO_SHORT = "too short to measure"
"""Of a burst that was over before the driver's mean had caught up."""
WINDOW = 1.0
"""Seconds over which NVML's utilisation may be a mean; docs/gpu.md."""
LOW_PERCENT = 5.0
"""Below it a reading in a burst's first second is the time before it (vLLM's 16 x 32: 0 to 4)."""
COUNTER_DELAY = 0.2
"""Seconds after which the counter is renewed at the latest."""
RECENT = 3.0
"""Seconds after a short burst in which its utilisation is still asked for by the eye."""

Clock = Callable[[float], str]
"""Session second -> time of day."""


def wall_clock(started: SessionStarted | None) -> Clock:
    """`14:03:22`, in this machine's time zone; the session's seconds if its start is unknown."""

    def clock(at: float) -> str:
        if started is None:
            return f"{at:.0f} s"
        return time.strftime("%H:%M:%S", time.localtime(started.wall + at - started.at))

    return clock


def state_words(shown: ShownGpu, now: float, clock: Clock) -> str:
    """`LOST since 14:03:22`, `slow: values 3 s old`; empty while all is well."""
    gpu = shown.gpu
    if gpu.state == "lost":
        since = gpu.state_since if gpu.state_since is not None else gpu.seen_at
        return f"LOST since {clock(since)}" if since is not None else "LOST"
    return f"slow: values {age(shown, now)} old" if gpu.state == "slow" else ""


def state_sentence(shown: ShownGpu, now: float, clock: Clock) -> str:
    """One sentence with the next step; empty while all is well."""
    values = f"the last values are {age(shown, now)} old"
    if shown.gpu.state == "lost":
        return f"{state_words(shown, now, clock)}: {values}. See `nvidia-smi` and `dmesg`."
    if shown.gpu.state == "slow":
        return f"The driver has not answered for a while: {values}."
    return ""


def age(shown: ShownGpu, now: float) -> str:
    """Of the values: whole seconds."""
    seen = shown.gpu.seen_at if shown.gpu.seen_at is not None else shown.at
    return f"{max(0, int(now - seen))} s"


def is_too_short(run: RunView) -> bool:
    """Whether the run's burst is over and was shorter than the utilisation counter's window."""
    span = _span(run) if run.outcome is not None else None
    return span is not None and span[1] - span[0] < WINDOW


def utilisation_of_burst(run: RunView, measured: float | None) -> str:
    """`67%`; a burst that was too short says so instead of a number."""
    if is_too_short(run):
        return f"— {TOO_SHORT}"
    return "—" if measured is None else f"{measured:.0f}%"


def believed(gpu: Gpu, at: float, runs: Sequence[RunView]) -> float | None:
    """The live reading; None where it is low only because the counter's window began before the
    burst did."""
    value = gpu.utilisation
    if value is None or value >= LOW_PERCENT or gpu.backend is not None:
        return value
    return None if any(_has_just_begun(run, at) for run in _bursts(runs)) else value


def believed_gpu(gpu: Gpu, at: float, runs: Sequence[RunView]) -> Gpu:
    """The same GPU, without a reading that is not believed."""
    value = believed(gpu, at, runs)
    return gpu if value == gpu.utilisation else msgspec.structs.replace(gpu, utilisation=value)


def _has_just_begun(run: RunView, at: float) -> bool:
    begin = run.burst_started
    if begin is None or not begin <= at <= begin + WINDOW:
        return False
    span = _span(run)
    return run.outcome is None or span is None or at <= span[1] + COUNTER_DELAY


def newest_was_too_short(runs: Sequence[RunView], now: float, *, is_shown_again: bool) -> bool:
    """Whether the eye looks for the utilisation of a burst that was too short: right after it, or
    while it is shown again slower."""
    newest = next(iter(_bursts(reversed(runs))), None)
    if newest is None or not is_too_short(newest):
        return False
    span = _span(newest)
    return is_shown_again or (span is not None and now - span[1] <= RECENT)


def _bursts(runs: Iterable[RunView]) -> Iterable[RunView]:
    """Those that a GPU of this machine may have served."""
    for run in runs:
        from burstview_engines.core.gpu_owners import runs_here  # after the first paint

        if runs_here(run.backend) and not run.backend.simulated:
            yield run


def _span(run: RunView) -> tuple[float, float] | None:
    from burstview_engines.core.gathering import span_of  # after the first paint

    return span_of(run)


def burst_name(run: RunView) -> str:
    """`vLLM 16`: who, and how many at once."""
    return f"{one_line(run.backend.name, 16)} {run.plan.concurrency}"
