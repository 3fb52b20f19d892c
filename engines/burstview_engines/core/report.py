"""The JSON of `fire`, `duel` and `simulate`, field by field as docs/json.md describes it."""

from __future__ import annotations

import msgspec

from burstview_engines.core import metrics
from burstview_engines.core.differences import differences
from burstview_engines.core.events import ClientHealth
from burstview_engines.core.sentences import duel_sentence, sentence
from burstview_engines.core.verdict import of_run
from burstview_engines.core.views import RequestView, RunView

Json = dict[str, object]

_MICRO = 6


def run_report(run: RunView) -> Json:
    """One run as plain dicts, lists and numbers; seconds, null for unknown."""
    backend = run.backend
    return {
        "backend": {
            "name": backend.name,
            "engine": backend.engine,
            "place": backend.place,
            "url": backend.url or None,
            "model": backend.model,
            "gpu": backend.gpu,
        },
        "simulated": backend.simulated,
        "plan": msgspec.structs.asdict(run.plan),
        "outcome": run.outcome,
        "reason": run.reason,
        "contended": run.contended,
        "warm_up": _warm_up(run),
        "alone": [request_report(request, run.alone) for request in run.alone],
        "verdict": _verdict(run),
        "held_back": _held_back(run),
        "requests": [request_report(request, run.requests) for request in run.requests],
        "makespan_s": _rounded(metrics.makespan(run)),
        "output_tokens_per_s": _rounded(metrics.output_tokens_per_s(run)),
        "alone_output_tokens_per_s": _rounded(metrics.alone_tokens_per_s(run)),
        "client": _client(run.health),
    }


def duel_report(one: RunView, other: RunView) -> Json:
    """Both runs, the sentence, and what differs."""
    return {
        "runs": [run_report(one), run_report(other)],
        "sentence": duel_sentence(one, other),
        "differences": list(differences(one, other)),
    }


def request_report(request: RequestView, phase: tuple[RequestView, ...]) -> Json:
    """One request; `sent_s` counts from the first intended send of its phase."""
    start = min(other.intended for other in phase)
    return {
        "id": request.id,
        "status": request.status,
        "state": request.state,
        "sent_s": _rounded(request.written - start) if request.was_sent else None,
        "ttft_s": _rounded(metrics.ttft(request)),
        "first_answer_s": _rounded(metrics.first_answer_time(request)),
        "tpot_s": _rounded(metrics.tpot(request)),
        "e2e_s": _rounded(metrics.e2e(request)),
        "prompt_tokens": request.prompt_tokens,
        "output_tokens": request.output_tokens,
        "finish_reason": request.finish_reason,
        "error": request.error,
        "note": request.note,
    }


def _verdict(run: RunView) -> Json:
    verdict = of_run(run)
    return {
        "label": verdict.label,
        "k": verdict.k,
        "share": _rounded(verdict.share),
        "gain": _rounded(verdict.gain),
        "why": verdict.why,
        "sentence": sentence(run),
        "estimate": verdict.is_estimate,
        "told_by_engine": verdict.is_told,
    }


def _held_back(run: RunView) -> Json | None:
    found = run.held_back
    if found is None:
        return None
    return {
        "cause": found.cause,
        "sentence": found.sentence,
        "disturbed_by": found.disturbed_by,
    }


def _warm_up(run: RunView) -> Json | None:
    problem = next((reason for phase, reason in run.failed_phases if phase == "warm_up"), None)
    if not run.warm_up and problem is None:
        return None
    ends = [request.ended for request in run.warm_up if request.ended is not None]
    span = max(ends) - min(r.intended for r in run.warm_up) if ends else None
    return {
        "requests": len(run.warm_up),
        "succeeded": sum(request.state == "done" for request in run.warm_up),
        "seconds": _rounded(span),
        "error": problem,
    }


def _client(health: ClientHealth | None) -> Json | None:
    if health is None:
        return None
    return {
        "transport": health.transport,
        "workers": health.workers,
        "connections": health.connections,
        "launch_skew_s": _rounded(health.launch_skew),
        "launch_lag_p95_s": _rounded(health.launch_lag_p95),
        "launch_lag_max_s": _rounded(health.launch_lag_max),
        "loop_lag_p95_s": _rounded(health.loop_lag_p95),
        "loop_lag_max_s": _rounded(health.loop_lag_max),
        "reads": health.reads,
        "chunks": health.chunks,
        "cpu_s": _rounded(health.cpu),
        "warning": health.warning,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _MICRO)
