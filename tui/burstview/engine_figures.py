"""What an engine's counters and steps say of one burst, as phrases. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from burstview import format as say
from burstview.engine_track import StepTotals
from burstview_engines.core import metrics
from burstview_engines.core.counters import increase
from burstview_engines.core.events import EngineSampled
from burstview_engines.core.text import one_line
from burstview_engines.core.views import RunView
from burstview_engines.core.wording import count

Phrases = tuple[str, ...]
"""Each is kept in one piece on screen."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Counters of an engine compared between two looks: before the burst, and the newest."""

    before: EngineSampled
    after: EngineSampled

    @property
    def seconds(self) -> float:
        """Between the two."""
        return self.after.at - self.before.at

    def rate(self, before: int | None, after: int | None) -> float | None:
        """Per second; None where the counter is unknown or began anew."""
        grown = increase(before, after)
        return None if grown is None or self.seconds <= 0 else grown / self.seconds


def counted(samples: Sequence[EngineSampled], zero: float) -> Counted | None:
    """None without a good look before second `zero` and one after it."""
    good = [sample for sample in samples if sample.problem is None]
    before = [sample for sample in good if sample.at <= zero]
    return Counted(before[-1], good[-1]) if before and good[-1].at > zero else None


def preempted(totals: StepTotals, between: Counted | None) -> int | None:
    """Requests pushed back in the burst: by each pass where it is told, else by the counter."""
    if totals.passes:
        return totals.preempted
    if between is None:
        return None
    return increase(between.before.preemptions, between.after.preemptions)


def phrases(
    run: RunView, samples: Sequence[EngineSampled], totals: StepTotals, zero: float
) -> Phrases:
    """All that is known of the burst in figures; what the engine does not tell is a dash."""
    between = counted(samples, zero)
    found = [_batch(totals, between, samples), _prefix(between, samples)]
    found += [*_tokens(run, between), _waits(between)]
    if between is not None:
        found.append(_window(between, zero))
    return tuple(phrase for phrase in found if phrase)


def failed_looks(samples: Sequence[EngineSampled], zero: float) -> str:
    """One sentence about looks that failed; empty when none did."""
    failed = [sample for sample in samples if sample.problem is not None and sample.at >= zero]
    if not failed:
        return ""
    last, looks = failed[-1], count(len(failed), "look")
    return f"! {looks} failed, at {say.seconds(last.at - zero)}: {one_line(last.problem or '')}"


def _batch(totals: StepTotals, between: Counted | None, samples: Sequence[EngineSampled]) -> str:
    if totals.passes:
        mean, most = totals.rows / totals.passes, count(totals.most_rows, "request")
        passes = "1 pass" if totals.passes == 1 else f"{totals.passes:,} passes"
        return f"batch mean {mean:.1f}, most {most} ({passes})"
    if between is not None:
        steps = increase(between.before.steps, between.after.steps)
        tokens = increase(between.before.step_tokens, between.after.step_tokens)
        if steps and tokens is not None:
            return f"batch mean {tokens / steps:.1f} tokens a pass ({steps:,.0f} passes)"
    told = next((s.rows_per_step for s in reversed(samples) if s.rows_per_step is not None), None)
    if told is not None:
        return f"batch mean {told:.1f} requests a pass since the engine started"
    return f"batch {say.UNKNOWN}"


def _tokens(run: RunView, between: Counted | None) -> list[str]:
    one = (
        between.rate(between.before.prompt_tokens, between.after.prompt_tokens) if between else None
    )
    out = (
        between.rate(between.before.output_tokens, between.after.output_tokens) if between else None
    )
    found = [f"in {say.rate(one)}, out {say.rate(out)} (engine)"]
    if run.outcome is not None:
        found.append(f"out {say.rate(metrics.output_tokens_per_s(run))} (client, the burst)")
    return found


def _prefix(between: Counted | None, samples: Sequence[EngineSampled]) -> str:
    if between is not None:
        asked = increase(between.before.prefix_queries, between.after.prefix_queries)
        hits = increase(between.before.prefix_hits, between.after.prefix_hits)
        if asked and hits is not None:
            return f"prefix cache hit {say.percent(100 * hits / asked)} of {asked:,.0f} tokens"
    told = next(
        (s.prefix_hit_rate for s in reversed(samples) if s.prefix_hit_rate is not None), None
    )
    if told is not None:
        return f"prefix cache hit {say.percent(100 * told)}, as the engine reckons it"
    return f"prefix cache hit {say.UNKNOWN}"


def _waits(between: Counted | None) -> str:
    if between is None:
        return f"queue {say.UNKNOWN}, prefill {say.UNKNOWN}"
    one, other = between.before, between.after
    queue = _mean(one.queue_seconds, other.queue_seconds, one.queue_count, other.queue_count)
    prefill = _mean(
        one.prefill_seconds, other.prefill_seconds, one.prefill_count, other.prefill_count
    )
    of = increase(one.queue_count, other.queue_count) or increase(
        one.prefill_count, other.prefill_count
    )
    words = f"queue {say.seconds(queue)}, prefill {say.seconds(prefill)}"
    return f"{words} (mean of {of:,.0f})" if of else words


def _mean(
    before: float | None, after: float | None, count: int | None, counted: int | None
) -> float | None:
    seconds, number = increase(before, after), increase(count, counted)
    return None if seconds is None or not number else seconds / number


def _window(between: Counted, zero: float) -> str:
    before = say.seconds(zero - between.before.at)
    return f"counted from -{before} to {say.seconds(between.after.at - zero)}"
