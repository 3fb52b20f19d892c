"""What the engine room shows of a session, given what the person chose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from burstview import engine_looks
from burstview import room_words as words
from burstview.deck import Sides, SideView
from burstview.draw.axis import Axis
from burstview.draw.room_rows import SideShown
from burstview.draw.side import Side, reach, spans, zero_of
from burstview.engine_figures import failed_looks, phrases
from burstview.picture import Headings, picture
from burstview.room_charts import Tops, over, tops
from burstview.room_known import caption, known
from burstview.room_moment import Follow, Moment, at_cursor, at_fullest, newest
from burstview.room_scene import Memories, Peaks, Scene
from burstview_engines.core.backend import Backend
from burstview_engines.core.series import History
from burstview_engines.core.text import one_line
from burstview_engines.core.views import Snapshot

_MARK = " · SIMULATED"


@dataclass(frozen=True, slots=True)
class Wish:
    """What the person chose."""

    cells: int
    """Of the axis, the same on both sides."""
    selected: int = 0
    own_axis: bool = False
    cursor: float | None = None
    """Second of the axis whose moment is shown; None: `follow`."""
    follow: Follow = "auto"
    has_captions: bool = True


class Asked(NamedTuple):
    """What a picture is made from."""

    snapshot: Snapshot
    history: History
    wish: Wish
    wall: float | None = None
    """The Unix time now, where it is known."""


class Part(NamedTuple):
    """One side: what is there, and how the lanes show it."""

    view: SideView
    lane: Side | None
    """None without a backend."""
    scene: Scene | None
    """None without a run."""


class Room:
    """Remembers what it has put into cells, so that each sample is looked at once."""

    def __init__(self) -> None:
        self._headings, self._memories, self._peaks = Headings(), Memories(), Peaks()
        self.reaches: tuple[float, ...] = (0.0, 0.0)
        """The last second at which each side has anything to draw."""
        self.spans: tuple[float | None, ...] = (None, None)
        """Seconds of each side's axis; None without a run."""
        self.gained = 1.0
        """How many times wider the selected side is, or could be, on an axis of its own."""

    def sides(self, asked: Asked, sides: Sides) -> tuple[SideShown, ...]:
        """Both sides, left first."""
        parts = self._parts(asked, sides)
        scenes = [part.scene for part in parts]
        there = [scene for scene in scenes if scene is not None]
        self.spans = tuple(scene.memory.axis.span if scene else None for scene in scenes)
        selected = scenes[asked.wish.selected]
        self.gained = selected.gained if selected is not None else 1.0
        ends = tops(there)
        return tuple(self._shown(part, asked, ends) for part in parts)

    def _parts(self, asked: Asked, sides: Sides) -> list[Part]:
        shown = picture(asked.snapshot, sides, asked.wish.selected, headings=self._headings)
        lanes = iter(shown.lanes)
        pairs = [(view, next(lanes) if view.backend else None) for view in shown.views]
        drawn = tuple(lane for _, lane in pairs if lane is not None and lane.run is not None)
        self.reaches = tuple(reach(lane) if lane is not None else 0.0 for _, lane in pairs)
        chosen, gained = spans(drawn, asked.wish.own_axis)
        axes = iter(zip(chosen, gained, strict=True))
        parts = []
        for view, lane in pairs:
            scene = None
            if lane is not None and lane.run is not None:
                span, factor = next(axes)
                scene = self._scene(view, Axis(span, asked.wish.cells), factor, asked)
            parts.append(Part(view, lane, scene))
        return parts

    def _scene(self, view: SideView, axis: Axis, gained: float, asked: Asked) -> Scene | None:
        run = view.run
        if run is None:
            return None
        zero = zero_of(run)[0]
        end = asked.snapshot.now if run.ended is None else run.ended
        series = asked.history.engine(run.backend.key)
        memory = self._memories.of(run, zero, axis, series)
        samples = memory.looks.follow(series.around(zero, end))
        track = memory.follow(samples, end if run.ended is not None else float("inf"))
        return Scene(view, run, zero, samples, memory, track, gained)

    def _shown(self, part: Part, asked: Asked, ends: Tops) -> SideShown:
        view, lane, scene = part
        if view.backend is None or lane is None:
            return SideShown(" no engine", "", False, None, nothing=words.NO_SIDE)
        backend = scene.run.backend if scene is not None else view.backend.backend
        moment = self._moment(part, asked)
        return SideShown(
            name=lane.name,
            words=_heading(lane, scene),
            is_simulated=backend.simulated,
            over=over(scene, ends, asked.wish.cursor) if scene is not None else None,
            figures=_figures(scene),
            problem=_problem(scene, asked.history, backend.key),
            moment=moment.words,
            source=_source(moment, backend),
            known=known(moment.sample, backend, scene, asked.wall),
            caption=caption(moment.sample, backend, scene) if asked.wish.has_captions else "",
            held_back=_held_back(scene),
            nothing=words.NO_RUN,
        )

    def _moment(self, part: Part, asked: Asked) -> Moment:
        scene, wish = part.scene, asked.wish
        if scene is not None and wish.cursor is not None:
            return at_cursor(scene, wish.cursor)
        if scene is not None and scene.run.outcome is not None and wish.follow == "auto":
            return at_fullest(scene, self._peaks)
        backend = part.view.backend
        if backend is None:
            return newest(None, asked.snapshot.now)
        latest = engine_looks.newest(asked.history.engine(backend.backend.key))
        return newest(latest or backend.sample, asked.snapshot.now)


def _heading(lane: Side, scene: Scene | None) -> str:
    """Verdict and size; before the burst, what is going on instead."""
    if scene is None:
        return "no burst yet"
    run, said = scene.run, lane.verdict.removesuffix(_MARK)
    if run.burst_started is None:
        said = "one request alone" if run.phase == "alone" else "warming up"
    return one_line(" · ".join(filter(None, (f"{run.plan.concurrency} at once", said))), 80)


def _source(moment: Moment, backend: Backend) -> str:
    """Nothing where only this moment has no look."""
    if moment.sample is None and moment.words:
        return ""
    return words.source_of(moment.sample, backend)


def _held_back(scene: Scene | None) -> str | None:
    found = scene.run.held_back if scene is not None else None
    return one_line(found.sentence, 400) if found is not None else None


def _figures(scene: Scene | None) -> tuple[str, ...]:
    if scene is None:
        return ()
    return phrases(scene.run, scene.samples, scene.memory.totals, scene.zero)


def _problem(scene: Scene | None, history: History, key: str) -> str:
    """Of the burst's looks that failed; without a burst, of the newest look."""
    if scene is not None:
        return failed_looks(scene.samples, scene.zero)
    last = history.engine(key).newest
    told = last.problem if last is not None else None
    return f"! {one_line(told)}" if told else ""
