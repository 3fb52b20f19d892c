"""What the picture says in words: the sentence, what differs, and what makes it doubtful."""

from __future__ import annotations

from burstview.deck import SideView
from burstview_engines.core.finding import BRIEFLY
from burstview_engines.core.silence import stalled_for
from burstview_engines.core.text import one_line
from burstview_engines.core.views import RunView

LOOKING = "Looking for engines…"
FIRST_STEP = "Move the slider, then press d for a duel or f for the selected side."
NOTHING_READY = "No engine is ready yet; the table above says why."
MOST_WARNINGS = 2

Pair = tuple[SideView, SideView]
READING_PERIOD = 0.25
"""Seconds for which words about a burst in progress stay."""
CROWD = 128
"""Requests from which on they stay longer: judging costs with their number."""
LONGEST_READING_PERIOD = 1.0
Said = tuple[float, Pair]
"""Session second and the sides that the words are about."""


def sentence_of(sides: Pair) -> str:
    """The duel in one sentence, or the newest run, or what to do first."""
    runs = [side.run for side in sides if side.run is not None]
    if not runs:
        return _before_the_first(sides)
    from burstview_engines.core import sentences  # after the first paint

    if len(runs) == 2 and _are_comparable(*runs):
        return one_line(sentences.duel_sentence(*runs), 600)
    return one_line(sentences.sentence(max(runs, key=lambda run: run.run)), 600)


def findings_of(sides: Pair) -> tuple[str, ...]:
    """What held each side's burst back, as far as it is known; one that is not known is told by
    the key `w` only."""
    found = []
    for side in sides:
        told = side.run.held_back if side.run is not None else None
        if side.run is not None and told is not None and told.cause != "unknown":
            found.append(one_line(f"{side.run.backend.name}: {told.sentence}", 400))
    return tuple(dict.fromkeys(found))


def brief_findings_of(sides: Pair) -> str:
    """The same in a few words for where there is no room."""
    told = []
    for side in sides:
        found = side.run.held_back if side.run is not None else None
        if side.run is not None and found is not None and found.cause in BRIEFLY:
            told.append(f"{side.run.backend.name} by {BRIEFLY[found.cause]}")
    simulated = any(side.run is not None and side.run.backend.simulated for side in sides)
    mark = "SIMULATED: " if simulated else ""
    return one_line(f"{mark}held back: {', '.join(dict.fromkeys(told))} (w)") if told else ""


def differences_of(sides: Pair) -> tuple[str, ...]:
    """What differs besides the engine; nothing unless both sides show a run."""
    one, other = (side.run for side in sides)
    if one is None or other is None:
        return ()
    from burstview_engines.core.differences import differences  # after the first paint

    return tuple(one_line(phrase) for phrase in differences(one, other))


def warnings_of(sides: Pair, now: float, said: str = "") -> tuple[str, ...]:
    """One sentence for what makes the picture doubtful, the gravest first; the rest counted. What
    was `said` already is not said again."""
    warnings = all_warnings_of(sides, now)
    found = tuple(one for one in warnings if (one.partition(": ")[2] or one) not in said)
    if len(found) <= MOST_WARNINGS:
        return found
    kept = found[: MOST_WARNINGS - 1]
    return (*kept, f"{found[MOST_WARNINGS - 1]} (+{len(found) - MOST_WARNINGS} more: w)")


def all_warnings_of(sides: Pair, now: float) -> tuple[str, ...]:
    """The same without a limit."""
    found = [text for side in sides if side.run is not None for text in _warnings(side.run, now)]
    return tuple(dict.fromkeys(one_line(text) for text in found))


def _before_the_first(sides: Pair) -> str:
    if all(side.backend is None for side in sides):
        return LOOKING
    return FIRST_STEP if any(side.is_ready for side in sides) else NOTHING_READY


def _are_comparable(one: RunView, other: RunView) -> bool:
    """Of one duel, or both over and of the same size."""
    if one.duel is not None and one.duel == other.duel:
        return True
    over = one.outcome is not None and other.outcome is not None
    return over and one.plan.concurrency == other.plan.concurrency


def _warnings(run: RunView, now: float) -> list[str]:
    from burstview_engines.core.wording import count, seconds  # after the first paint

    name = run.backend.name
    found = []
    if run.outcome not in (None, "done") and run.reason:
        found.append(f"{name}: {run.reason}")
    if errors := [r.error for r in run.requests if r.state == "failed" and r.error]:
        found.append(f"{name}: {len(errors)} of {len(run.requests)} failed: {errors[0]}")
    silent = [s for r in run.requests if (s := stalled_for(r, run, now)) is not None]
    if silent and run.outcome is None:
        found.append(
            f"{name}: {count(len(silent), 'request')} stalled, silent for {seconds(max(silent))}."
        )
    if run.health is not None and run.health.warning:
        found.append(f"{name}: {run.health.warning}")
    found += [f"{name}: the {_phase(phase)} failed: {why}" for phase, why in run.failed_phases]
    if run.held_back is not None and run.held_back.disturbed_by is not None:
        found.append(f"{name}: DISTURBED: {run.held_back.disturbed_by} meanwhile.")
    if run.contended:
        found.append("CONTENDED: both sides ran at the same time on the same hardware.")
    notes = [request.note for request in run.requests if request.note]
    found += [f"{name}: {note} ({notes.count(note)}×)" for note in dict.fromkeys(notes)]
    return found


def _phase(phase: str) -> str:
    return {"warm_up": "warm-up", "alone": "request alone"}.get(phase, phase)


def says_anew(old: Said | None, new: Said) -> bool:
    """Whether the words may differ: at once when a run began or ended, else after a while."""
    if old is None:
        return True
    pairs = list(zip(old[1], new[1], strict=True))
    if any(_run_number(a) != _run_number(b) or _outcome(a) != _outcome(b) for a, b in pairs):
        return True
    same = all(a.run is b.run and a.backend is b.backend for a, b in pairs)
    at_rest = all(_outcome(view) is not None for view in new[1] if view.run is not None)
    period = max(reading_period(view.run) for view in new[1])
    return not same if at_rest else new[0] - old[0] >= period


def reading_period(run: RunView | None) -> float:
    """Seconds for which words about this run stay while it goes on: a second for 512 requests."""
    share = len(run.requests) / CROWD if run is not None else 0.0
    return min(LONGEST_READING_PERIOD, READING_PERIOD * max(1.0, share))


def _run_number(view: SideView) -> int | None:
    return view.run.run if view.run is not None else None


def _outcome(view: SideView) -> str | None:
    return view.run.outcome if view.run is not None else None
