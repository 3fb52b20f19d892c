"""What happened, in one plain sentence."""

from __future__ import annotations

from burstview_engines.core import metrics
from burstview_engines.core.backend import Backend
from burstview_engines.core.knobs import KNOBS
from burstview_engines.core.verdict import Verdict, of_run
from burstview_engines.core.views import RunView
from burstview_engines.core.wording import count, factor, seconds

HARDLY_FASTER = 3.0
"""All together with less than this gain is worth saying: together is not faster."""


def label_words(verdict: Verdict) -> str:
    """`one at a time`, `4 at a time`, `all together`, `not sure`, empty while there is no shape."""
    if verdict.label is None:
        return ""
    words = f"{verdict.k} at a time" if verdict.label == "k-at-a-time" else ""
    words = words or verdict.label.replace("-", " ")
    return f"{words} (estimate)" if verdict.is_estimate else words


def sentence(run: RunView) -> str:
    """One sentence on one run, true at any moment of it."""
    verdict = of_run(run)
    said = _live(run, verdict) if verdict.so_far else f"{_final(run, verdict)}{_on_cpu(run)}"
    return f"SIMULATED: {said}" if run.backend.simulated else said


def _live(run: RunView, verdict: Verdict) -> str:
    if run.phase != "burst":
        return {"warm_up": "Warming up.", "alone": "One request alone, for comparison."}.get(
            run.phase or "", "Starting."
        )
    progress = f"{verdict.answered} of {verdict.of}"
    words = label_words(verdict)
    return f"So far {words}, {progress}." if words else f"{progress} answered."


def _final(run: RunView, verdict: Verdict) -> str:
    failed = sum(request.state == "failed" for request in run.requests)
    parts = [_shape(run, verdict), _gain(verdict)]
    if failed:
        parts.append(f"{count(failed, 'request')} failed")
    said = "; ".join(part for part in parts if part)
    ending = f" {run.reason}" if run.outcome != "done" and run.reason else ""
    return f"{said}.{ending}"


def _shape(run: RunView, verdict: Verdict) -> str:
    name, number = run.backend.name, count(verdict.answered, "answer")
    knob = _knob(run, verdict)
    match verdict.label:
        case "all-together":
            text = f"{name}'s {number} ran all together{_limit(run)}"
        case "one-at-a-time":
            text = f"{name}'s {number} ran one at a time, the others waiting in line{knob}"
        case "k-at-a-time":
            text = f"{name}'s {number} ran {verdict.k} at a time, the others waiting{knob}"
        case "not-sure":
            reason = (verdict.why or "").rstrip(".")
            text = f"{name}'s {number} show no clear shape: {reason[:1].lower()}{reason[1:]}"
        case None:
            text = f"{name} answered {verdict.answered} of {count(verdict.of, 'request')}"
    return f"{text} (an estimate: nothing was streamed)" if verdict.is_estimate else text


def _limit(run: RunView) -> str:
    seats = run.backend.seats
    return f" (it serves up to {seats})" if seats and seats >= len(run.requests) else ""


def _knob(run: RunView, verdict: Verdict) -> str:
    """The setting behind a queue, where it is surely that: vLLM's may also be out of KV cache."""
    knob, seats = KNOBS.get(run.backend.engine), run.backend.seats
    if knob and seats is not None and seats == verdict.k:
        return f" ({knob}={seats})"
    is_slots = run.backend.engine in ("ollama", "llamacpp")
    return f" ({knob} sets how many)" if knob and seats is None and is_slots else ""


def _on_cpu(*runs: RunView) -> str:
    """A model that did not fit on the GPU explains more than any engine does."""
    return "".join(f" {said}" for run in runs if (said := on_cpu(run.backend)))


def on_cpu(backend: Backend) -> str:
    """Where the model lies, if not wholly on GPUs; empty otherwise or where nobody tells."""
    share = backend.on_gpu
    if share is None or share >= 1:
        return ""
    if share == 0:
        return f"{backend.name}'s model is on the CPU: no GPU computes it."
    return (
        f"Only {100 * share:.0f} % of {backend.name}'s model is on the GPU:"
        " the CPU computes the rest."
    )


def _gain(verdict: Verdict) -> str:
    if verdict.gain is None:
        return ""
    said = f"{factor(verdict.gain)} the tokens per second of one request alone"
    hardly = verdict.gain < min(HARDLY_FASTER, 0.5 * verdict.answered)
    if verdict.label == "all-together" and verdict.answered > 2 and hardly:
        return f"only {said}: together, but hardly faster"
    return said


def duel_sentence(one: RunView, other: RunView) -> str:
    """One sentence on two runs: both shapes, both times, and how far they are apart."""
    simulated = one.backend.simulated or other.backend.simulated
    if one.outcome is None or other.outcome is None:
        said = " ".join(_so_far(run) for run in (one, other))
    else:
        said = f"{_side(one)}; {_side(other)}{_apart(one, other)}.{_on_cpu(one, other)}"
    return f"SIMULATED: {said}" if simulated else said


def _so_far(run: RunView) -> str:
    verdict = of_run(run)
    return f"{run.backend.name}: {_live(run, verdict)}" if verdict.so_far else f"{_side(run)}."


def _side(run: RunView) -> str:
    verdict, span = of_run(run), metrics.makespan(run)
    if verdict.label is None:
        return _shape(run, verdict)
    words = {"all-together": "ran in one batch", "one-at-a-time": "waited in line"}.get(
        verdict.label or "", label_words(verdict) and f"ran {label_words(verdict)}"
    )
    if verdict.label == "not-sure":
        words = f"({verdict.answered} of {verdict.of}) show no clear shape"
    gained = f", {factor(verdict.gain)}" if verdict.gain is not None else ""
    took = f" in {seconds(span)}" if span is not None else ""
    knob = _knob(run, verdict) if verdict.label in ("one-at-a-time", "k-at-a-time") else ""
    return f"{run.backend.name}'s {count(verdict.answered, 'answer')} {words}{took}{gained}{knob}"


def _apart(one: RunView, other: RunView) -> str:
    a, b = metrics.makespan(one), metrics.makespan(other)
    if not a or not b or any(r.state != "done" for r in (*one.requests, *other.requests)):
        return ""
    slow, ratio = (other, b / a) if b >= a else (one, a / b)
    return f": {slow.backend.name} took {ratio:.1f} times as long" if ratio >= 1.1 else ""
