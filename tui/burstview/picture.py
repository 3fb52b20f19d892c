"""What the main screen shows of a snapshot, given what the person chose. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from burstview import deck
from burstview import format as say
from burstview.deck import Sides, SideView
from burstview.draw.lane_order import LaneOrder
from burstview.draw.side import Side, moment_of
from burstview.meaning import Pair, reading_period
from burstview.slow_motion import TOO_FAST_TO_SEE, SlowMotion
from burstview_engines.core.text import one_line
from burstview_engines.core.views import RunView, Snapshot

if TYPE_CHECKING:
    from burstview_engines.core.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Picture:
    """Both sides as they are drawn."""

    views: Pair
    """What is known: the sentences are read from these."""
    lanes: tuple[Side, ...]
    """One for each side that has a backend."""


class Headings:
    """What stands behind each side's name, judged anew only when it may differ."""

    def __init__(self) -> None:
        self._said: dict[int, tuple[RunView, float, str]] = {}

    def of(self, run: RunView | None, now: float, is_narrow: bool) -> str:
        """The words about a run, as old as `reading_period` has it while it goes on."""
        if run is None:
            return "no burst yet"
        said = self._said.get(run.run)
        if said is None or not _still_holds(said[0], said[1], run, now):
            said = self._said[run.run] = (run, now, _verdict(run))
        if is_narrow:
            return _narrow(run, said[2])
        mark = "SIMULATED" if run.backend.simulated else ""
        return " · ".join(part for part in (said[2], mark) if part)


def _narrow(run: RunView, said: str) -> str:
    """SIMULATED first, since what comes last is cut; `so far` is said by the sentence below."""
    mark = "SIMULATED " if run.backend.simulated else ""
    return mark + said.replace(" · ", " ").removeprefix("so far ")


def _still_holds(said: RunView, at: float, run: RunView, now: float) -> bool:
    if said is run:
        return True
    same = said.outcome == run.outcome is None and said.burst_started == run.burst_started
    return same and now - at < reading_period(run)


def picture(
    snapshot: Snapshot,
    sides: Sides,
    selected: int = 0,
    slow: SlowMotion | None = None,
    clock: float = 0.0,
    headings: Headings | None = None,
    is_narrow: bool = False,
    order: LaneOrder | None = None,
) -> Picture:
    """The two sides, each on a time axis that begins with its own burst."""
    known, order = headings or Headings(), order or LaneOrder()
    pair = _of_one_duel(deck.view(sides[0], snapshot), deck.view(sides[1], snapshot))
    lanes = [
        Side(
            run=order.of(view.run),
            moment=_moment(view.run, snapshot.now, slow, clock),
            name=_name(view, number == selected),
            verdict=known.of(view.run, snapshot.now, is_narrow),
            settled=view.run is None or view.run.outcome is not None,
        )
        for number, view in enumerate(pair)
        if view.backend is not None
    ]
    return Picture(pair, tuple(lanes))


def span(runs: tuple[RunView, ...]) -> float:
    """Seconds of the longest of these bursts."""
    return max((deck.span(run, run.ended or 0.0) for run in runs), default=0.0)


def is_too_fast_to_see(runs: tuple[RunView, ...]) -> bool:
    """Whether all of them ended well and the longest took less than the eye needs."""
    return all(run.outcome == "done" for run in runs) and 0 < span(runs) < TOO_FAST_TO_SEE


def _moment(run: RunView | None, now: float, slow: SlowMotion | None, clock: float) -> float:
    moment = moment_of(run, now)
    if slow is None or run is None or run.outcome is None:
        return moment
    return min(moment, slow.shown(clock))


def _name(view: SideView, is_selected: bool) -> str:
    if view.backend is None:
        return ""
    name = one_line(view.backend.backend.name, 24)
    return f"{'▸' if is_selected else ' '}{name}"


def _verdict(run: RunView) -> str:
    """`all together · 0.45 s · ×15`; while it runs, `so far one at a time, 9 of 64`."""
    from burstview_engines.core.verdict import of_run  # after the first paint

    verdict = of_run(run)
    return " · ".join(_live_words(run, verdict) if verdict.so_far else _final_words(run, verdict))


def _live_words(run: RunView, verdict: Verdict) -> list[str]:
    if run.burst_started is None:
        return []
    from burstview_engines.core.sentences import label_words  # after the first paint

    words, answered = label_words(verdict), f"{verdict.answered} of {verdict.of}"
    return [f"so far {words}, {answered}" if words else answered]


def _final_words(run: RunView, verdict: Verdict) -> list[str]:
    from burstview_engines.core import metrics  # after the first paint
    from burstview_engines.core.sentences import label_words

    parts = [label_words(verdict) or f"{verdict.answered} of {verdict.of} answered"]
    if run.outcome is not None and run.outcome != "done":
        parts.append(run.outcome.upper())
    if (took := metrics.makespan(run)) is not None:
        parts.append(say.seconds(took))
    if verdict.gain is not None:
        parts.append(say.factor(verdict.gain))
    return parts


def _of_one_duel(one: SideView, other: SideView) -> Pair:
    """While a duel is under way, a side whose turn has not come does not show an older run."""
    runs = [side.run for side in (one, other) if side.run is not None]
    newest = max(runs, key=lambda run: run.run, default=None)
    if newest is None or newest.outcome is not None or newest.duel is None:
        return one, other
    return _only(one, newest.duel), _only(other, newest.duel)


def _only(side: SideView, duel: int) -> SideView:
    if side.run is None or side.run.duel == duel:
        return side
    return replace(side, run=None)
