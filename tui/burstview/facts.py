"""Figures as (name, value) rows: one request's, and the proof of a run's sentence. Pure."""

from __future__ import annotations

from burstview import format as say
from burstview_engines.core import metrics
from burstview_engines.core.sentences import label_words
from burstview_engines.core.text import one_line
from burstview_engines.core.verdict import Verdict, of_run
from burstview_engines.core.views import RequestView, RunView
from burstview_engines.core.wording import count

Facts = list[tuple[str, str]]
FEW = 10
"""Below so many gaps, percentiles say nothing."""


def of_request(request: RequestView, run: RunView, arrivals: tuple[float, ...]) -> Facts:
    """Times and ending of one request; `arrivals` are its chunks', session seconds."""
    start = run.burst_started if run.burst_started is not None else request.intended
    facts = [
        ("state", _state(request)),
        ("written", f"{say.seconds(max(0.0, request.written - start))} into the burst"),
        ("TTFT (written → first token)", say.seconds(metrics.ttft(request))),
        ("first answer text", say.seconds(metrics.first_answer_time(request))),
        ("TPOT (mean time per token after)", say.seconds(metrics.tpot(request))),
        ("ITL (gaps between chunks)", gaps(arrivals)),
        ("E2E (written → last token)", say.seconds(metrics.e2e(request))),
        ("prompt tokens", say.count(request.prompt_tokens)),
        ("output tokens", say.count(request.output_tokens)),
        ("chunks", _chunks(request)),
        ("HTTP status", say.UNKNOWN if request.status is None else str(request.status)),
        ("finish reason", request.finish_reason or say.UNKNOWN),
    ]
    times = request.server_times or {}
    facts += [(f"server: {name}", say.seconds(value)) for name, value in times.items()]
    facts += [("note", request.note)] if request.note else []
    facts += [("error", request.error)] if request.error else []
    return [(name, one_line(value, 1000)) for name, value in facts]


def gaps(arrivals: tuple[float, ...]) -> str:
    """Percentiles with their count; the values themselves when there are few."""
    itl = metrics.itl(arrivals)
    if not itl:
        return say.UNKNOWN
    if len(itl) < FEW:
        return ", ".join(say.seconds(gap) for gap in itl)
    p50, p90, p99 = (say.seconds(metrics.percentile(itl, p)) for p in (50, 90, 99))
    return f"p50 {p50}  p90 {p90}  p99 {p99}  longest {say.seconds(max(itl))}  of {len(itl)}"


def of_run_proof(run: RunView) -> Facts:
    """What the verdict and the gain of one run rest on."""
    verdict = of_run(run)
    facts = [
        ("verdict", label_words(verdict) or "no shape"),
        ("because", verdict.why or say.UNKNOWN),
        ("held back", run.held_back.sentence if run.held_back else say.UNKNOWN),
        *_figures(verdict),
        ("makespan", say.seconds(metrics.makespan(run))),
        ("TTFT of all", spread([metrics.ttft(r) for r in run.requests])),
        ("E2E of all", spread([metrics.e2e(r) for r in run.requests])),
        *_gain(run, verdict),
        *_client(run),
    ]
    if run.reason:
        facts.append(("the run ended", run.reason))
    return [(name, one_line(value, 400)) for name, value in facts]


def spread(values: list[float | None]) -> str:
    """Percentiles of what is known, with the count; the values themselves when there are few."""
    known = sorted(value for value in values if value is not None)
    if not known:
        return say.UNKNOWN
    if len(known) < FEW:
        return ", ".join(say.seconds(value) for value in known)
    p50, p90, p99 = (say.seconds(metrics.percentile(known, p)) for p in (50, 90, 99))
    return f"p50 {p50}  p90 {p90}  p99 {p99}  of {len(known)}"


def _state(request: RequestView) -> str:
    return "thinking" if request.state == "streaming" and request.is_thinking else request.state


def _chunks(request: RequestView) -> str:
    thought = f", {request.thinking_chunks:,} of them thinking" if request.thinking_chunks else ""
    return f"{request.chunks:,}{thought} (a chunk is not a token)"


def _figures(verdict: Verdict) -> Facts:
    facts = [("answered", f"{verdict.answered:,} of {verdict.of:,}")]
    seen = verdict.figures
    if seen is None:
        return facts
    return [
        *facts,
        ("started before any end", say.count(seen.early)),
        ("started late", say.count(seen.late)),
        ("side by side: most/held", f"{seen.peak:,} / {seen.sustained:,}"),
        ("answer's text, median", say.seconds(seen.median_decode)),
        ("time not spent waiting", say.percent(100 * seen.share)),
    ]


def _gain(run: RunView, verdict: Verdict) -> Facts:
    alone, burst = metrics.alone_tokens_per_s(run), metrics.output_tokens_per_s(run)
    how = f"median of {len(run.alone)}" if run.alone else "none was sent alone"
    return [
        ("one request alone", f"{say.rate(alone)} ({how})"),
        ("the burst", say.rate(burst)),
        ("gain (burst / alone)", say.factor(verdict.gain)),
    ]


def _client(run: RunView) -> Facts:
    health = run.health
    if health is None:
        return [("client", say.UNKNOWN)]
    workers, sockets = count(health.workers, "worker"), count(health.connections, "socket")
    return [
        ("launch skew", say.seconds(health.launch_skew)),
        ("launch lag p95/worst", _two(health.launch_lag_p95, health.launch_lag_max)),
        ("loop lag p95/worst", _two(health.loop_lag_p95, health.loop_lag_max)),
        ("client", f"{health.transport}, {workers}, {sockets}"),
        *([("warning", health.warning)] if health.warning else []),
    ]


def _two(one: float, other: float) -> str:
    return f"{say.seconds(one)} / {say.seconds(other)}"
