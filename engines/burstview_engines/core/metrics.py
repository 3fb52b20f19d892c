"""What is computed from the stamps, as docs/metrics.md defines it. Unknown is None, never 0."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import ceil
from statistics import median

from burstview_engines.core.views import RequestView, RunView


def ttft(request: RequestView) -> float | None:
    """Time to first token: written -> first non-empty answer or reasoning text, seconds."""
    return None if request.first_token is None else request.first_token - request.written


def first_answer_time(request: RequestView) -> float | None:
    """Written -> first non-empty *answer* text, seconds: after TTFT when the model thinks first."""
    return None if request.first_answer is None else request.first_answer - request.written


def e2e(request: RequestView) -> float | None:
    """Written -> last token, seconds; for an answer that was not streamed, -> its end."""
    if request.state != "done":
        return None
    end = request.last_token if request.last_token is not None else request.ended
    return None if end is None else end - request.written


def tpot(request: RequestView) -> float | None:
    """Mean time per output token after the first: (E2E - TTFT) / (output tokens - 1), seconds.

    None below two output tokens, and where the server told no token count.
    """
    whole, first = e2e(request), ttft(request)
    if whole is None or first is None or not request.output_tokens or request.output_tokens < 2:
        return None
    return (whole - first) / (request.output_tokens - 1)


def itl(arrivals: Sequence[float]) -> tuple[float, ...]:
    """Inter-token latencies: gaps between consecutive chunks, seconds; a chunk is not a token."""
    return tuple(b - a for a, b in pairwise(arrivals))


def percentile(values: Iterable[float], percent: float) -> float | None:
    """Nearest rank: the smallest value with `percent` % of all at or below it; None of nothing."""
    ranked = sorted(values)
    if not ranked:
        return None
    return ranked[max(0, ceil(percent / 100 * len(ranked)) - 1)]


def makespan(run: RunView) -> float | None:
    """Burst's first request written -> last response ended, seconds; None while one is open."""
    sent = [request for request in run.requests if request.was_sent]
    ends = [request.ended for request in sent if request.ended is not None]
    if not ends or len(ends) < len(sent):
        return None
    return max(ends) - min(request.written for request in sent)


def output_tokens_per_s(run: RunView) -> float | None:
    """Output tokens of the successful requests over the makespan; None if a count is unknown."""
    span, counts = makespan(run), [r.output_tokens for r in run.requests if r.state == "done"]
    if not span or not counts or any(count is None for count in counts):
        return None
    return sum(count for count in counts if count is not None) / span


def alone_tokens_per_s(run: RunView) -> float | None:
    """Output tokens per second of one warm request alone, over its E2E: the median of all sent."""
    rates = []
    for request in run.alone:
        whole = e2e(request)
        if whole and request.output_tokens:
            rates.append(request.output_tokens / whole)
    return median(rates) if rates else None


def gain(run: RunView) -> float | None:
    """Tokens per second of the burst over those of one request alone; None without either."""
    burst, alone = output_tokens_per_s(run), alone_tokens_per_s(run)
    return None if burst is None or not alone else burst / alone
