"""All requests of one or two runs as lanes on one time axis: one line-API widget however many."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import ClassVar, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from burstview.draw import side as draw
from burstview.draw.axis import Axis
from burstview.draw.crowd_memory import CrowdMemory
from burstview.draw.runs import Run
from burstview.draw.side import Detail, Layout, Side
from burstview.draw.side_rows import RowKey, row_key, row_runs

KINDS = (
    "waiting",
    "thinking",
    "streaming",
    "stalled",
    "done",
    "failed",
    "cancelled",
    "first-token",
    "number",
    "cursor",
    "time",
    "name",
    "verdict",
    "truth",
    "rule",
    "axis",
    "note",
)
_FRAME_ROWS = 2
"""The heading above the lanes and the axis below them."""


class Cursor(NamedTuple):
    """Which request is looked at: side 0 or 1, and its number."""

    side: int
    id: int


RowPicture = tuple[RowKey | tuple[Run, ...] | None, ...]
"""What a screen row shows, a part for each side: equal pictures, equal cells."""


class Lanes(Widget, can_focus=True):
    """The picture of a burst; only rows whose picture changed are drawn again."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"lanes--{kind}" for kind in KINDS}
    DEFAULT_CSS = """
    Lanes {
        height: 1fr;
        min-height: 5;
        background: $background;
        color: $foreground;
        & > .lanes--waiting { color: $foreground 35%; }
        & > .lanes--thinking { color: $secondary; }
        & > .lanes--streaming { color: $warning; }
        & > .lanes--stalled { color: $error; }
        & > .lanes--done { color: $success; }
        & > .lanes--failed { color: $error; }
        & > .lanes--cancelled { color: $foreground 60%; }
        & > .lanes--first-token { color: $foreground; text-style: bold; }
        & > .lanes--number { color: $foreground 50%; }
        & > .lanes--cursor { color: $accent; text-style: bold reverse; }
        & > .lanes--time { color: $foreground 80%; }
        & > .lanes--name { color: $foreground; text-style: bold; }
        & > .lanes--verdict { color: $accent; text-style: bold; }
        & > .lanes--truth { color: $foreground 70%; }
        & > .lanes--rule { color: $foreground 25%; }
        & > .lanes--axis { color: $foreground 50%; }
        & > .lanes--note { color: $accent; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Up", show=False, id="lanes.up", tooltip="The request above."),
        Binding(
            "down", "move(1)", "Down", show=False, id="lanes.down", tooltip="The next request."
        ),
        Binding("pageup", "page(-1)", "Page up", show=False, id="lanes.page_up"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="lanes.page_down"),
        Binding("home", "move(-100000)", "First", show=False, id="lanes.first"),
        Binding("end", "move(100000)", "Last", show=False, id="lanes.last"),
        Binding("left", "side(0)", "Left side", show=False, id="lanes.left"),
        Binding("right", "side(1)", "Right side", show=False, id="lanes.right"),
        Binding(
            "enter", "choose", "Open", show=False, id="lanes.open", tooltip="Open the request."
        ),
    ]

    sides: reactive[tuple[Side, ...]] = reactive((), init=False, repaint=False)
    """The one or two runs to draw, each at its moment."""
    own_axis: reactive[bool] = reactive(False, init=False, repaint=False)
    """Each side on an axis of its own instead of the common one."""
    detail: reactive[Detail] = reactive[Detail]("auto", init=False, repaint=False)
    """Every request at once, or a row for each with scrolling."""
    cursor: reactive[Cursor | None] = reactive[Cursor | None](None, init=False, repaint=False)
    """The request looked at."""

    class RequestHighlighted(Message):
        """The cursor is on another request."""

        def __init__(self, side: int, id: int) -> None:
            super().__init__()
            self.side = side
            self.id = id

    class RequestChosen(Message):
        """Enter, or a click on the highlighted request."""

        def __init__(self, side: int, id: int) -> None:
            super().__init__()
            self.side = side
            self.id = id

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        self._pictures: list[RowPicture] = []
        self._strips: dict[int, Strip] = {}
        self._kinds: dict[tuple[str, str], Style] = {}
        self._first_rows = [0, 0]
        self._memories: defaultdict[tuple[int, int], CrowdMemory] = defaultdict(CrowdMemory)
        super().__init__(id=id, classes=classes)

    @property
    def lane_rows(self) -> int:
        """Screen rows for lanes."""
        return max(1, self.size.height - _FRAME_ROWS)

    def layouts(self) -> tuple[Layout, ...]:
        """How each side's requests are put into rows."""
        return tuple(
            draw.layout(draw.expected(side), self.lane_rows, self.detail) for side in self.sides
        )

    def watch_sides(self) -> None:
        """Draw what changed."""
        self._redraw()

    def watch_own_axis(self) -> None:
        """Draw what changed."""
        self._redraw()

    def watch_detail(self) -> None:
        """Bring the cursor's row into view, then draw what changed."""
        self._follow_cursor()
        self._redraw()

    def watch_cursor(self) -> None:
        """Bring the cursor's row into view, then draw what changed."""
        self._follow_cursor()
        self._redraw()

    def on_resize(self) -> None:
        """The rows are laid out anew."""
        self._pictures = []
        self._follow_cursor()
        self._redraw()

    def notify_style_update(self) -> None:
        """Colours are read again when the theme changed."""
        super().notify_style_update()
        self._kinds.clear()
        self._strips.clear()

    def render_line(self, y: int) -> Strip:
        """The row's strip: the same object as long as its picture is the same."""
        strip = self._strips.get(y)
        if strip is None:
            strip = self._strips[y] = self._strip(y)
        return strip

    def action_move(self, steps: int) -> None:
        """The cursor goes up or down by requests."""
        cursor = self._cursor_or_first()
        if cursor is None:
            return
        ids = self._ids(cursor.side)
        at = ids.index(cursor.id) if cursor.id in ids else 0
        if self.cursor is not None:
            at = min(len(ids) - 1, max(0, at + steps))
        self._highlight(Cursor(cursor.side, ids[at]))

    def action_page(self, pages: int) -> None:
        """The cursor goes up or down by the requests of a screen."""
        cursor = self._cursor_or_first()
        if cursor is not None:
            per_row = self.layouts()[cursor.side].per_row
            self.action_move(pages * max(1, self.lane_rows * per_row // 2))

    def action_side(self, side: int) -> None:
        """The cursor goes to the same request of that side."""
        if side >= len(self.sides) or not (ids := self._ids(side)):
            return
        wanted = self.cursor.id if self.cursor is not None else ids[0]
        self._highlight(Cursor(side, wanted if wanted in ids else ids[-1]))

    def action_choose(self) -> None:
        """Open the request under the cursor."""
        cursor = self._cursor_or_first()
        if cursor is not None:
            self.cursor = cursor
            self.post_message(self.RequestChosen(*cursor))

    def on_click(self, event: events.Click) -> None:
        """A click highlights a request, a second one on the same row opens it."""
        side, row = self._side_at(event.x), event.y - 1
        if side is None or not 0 <= row < self.lane_rows:
            return
        per_row = self.layouts()[side].per_row
        ids = self._ids(side)[(row + self._first_rows[side]) * per_row :][:per_row]
        if self.cursor is not None and self.cursor.side == side and self.cursor.id in ids:
            self.action_choose()
        elif ids:
            self._highlight(Cursor(side, ids[0]))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel scrolls the side under it."""
        self._scroll(event.x, 3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel scrolls the side under it."""
        self._scroll(event.x, -3)

    def _ids(self, side: int) -> list[int]:
        run = self.sides[side].run if side < len(self.sides) else None
        return [one.id for one in draw.zero_of(run)[1]] if run is not None else []

    def _cursor_or_first(self) -> Cursor | None:
        if self.cursor is not None and self._ids(self.cursor.side):
            return self.cursor
        found = (
            Cursor(side, ids[0]) for side in range(len(self.sides)) if (ids := self._ids(side))
        )
        return next(found, None)

    def _highlight(self, cursor: Cursor) -> None:
        if cursor != self.cursor:
            self.cursor = cursor
            self.post_message(self.RequestHighlighted(*cursor))

    def _follow_cursor(self) -> None:
        if self.cursor is None or self.cursor.side >= len(self.sides):
            return
        ids = self._ids(self.cursor.side)
        if self.cursor.id not in ids:
            return
        plan = self.layouts()[self.cursor.side]
        row = ids.index(self.cursor.id) // plan.per_row
        first = self._first_rows[self.cursor.side]
        first = min(row, max(first, row - self.lane_rows + 1))
        self._first_rows[self.cursor.side] = first

    def _scroll(self, x: int, rows: int) -> None:
        side = self._side_at(x)
        if side is not None:
            self._first_rows[side] += rows
            self._redraw()

    def _widths(self) -> tuple[int, ...]:
        """Cells of each side; a rule of one cell stands between two."""
        if len(self.sides) < 2:
            return (self.size.width,)
        left = (self.size.width - 1) // 2
        return (left, self.size.width - 1 - left)

    def _side_at(self, x: int) -> int | None:
        if not self.sides:
            return None
        return 0 if len(self.sides) == 1 or x < self._widths()[0] else 1

    def _axes(self, layouts: tuple[Layout, ...]) -> tuple[tuple[Axis, str], ...]:
        """Axis and note of each side; equal cells, or equal seconds would have unequal lengths."""
        pairs = zip(self._widths(), layouts, strict=False)
        cells = min((draw.axis_cells(width, plan.number_cells) for width, plan in pairs), default=4)
        chosen, gained = draw.spans(self.sides, self.own_axis)
        return tuple(
            (Axis(span, cells), draw.axis_note(factor, self.own_axis))
            for span, factor in zip(chosen, gained, strict=True)
        )

    def _redraw(self) -> None:
        """Compare each row's picture with what was drawn; refresh the rows that differ."""
        if not self.is_attached or not self.size:
            return
        pictures = self._picture_rows()
        changed = [y for y, picture in enumerate(pictures) if self._is_new(y, picture)]
        self._pictures = pictures
        for y in changed:
            self._strips.pop(y, None)
        if changed:
            self.refresh(*_regions(changed, self.size.width))

    def _is_new(self, y: int, picture: RowPicture) -> bool:
        return y >= len(self._pictures) or self._pictures[y] != picture

    def _picture_rows(self) -> list[RowPicture]:
        layouts, rows, widths = self.layouts(), self.lane_rows, self._widths()
        axes = self._axes(layouts)
        for index, plan in enumerate(layouts):
            self._first_rows[index] = max(0, min(self._first_rows[index], plan.rows - rows))
        firsts = self._first_rows
        parts = list(zip(self.sides, layouts, axes, firsts, widths, strict=False))
        heads = tuple(draw.heading(s, plan, f, rows, w) for s, plan, _, f, w in parts)
        feet = tuple(draw.footing(axis, plan, note, w) for _, plan, (axis, note), _, w in parts)
        cursors = [self._cursor_on(index) for index in range(len(parts))]
        lanes: list[RowPicture] = [
            tuple(
                row_key(s, plan, axis, row + f, cursor, self._memories[index, row])
                for index, ((s, plan, (axis, _), f, _), cursor) in enumerate(
                    zip(parts, cursors, strict=True)
                )
            )
            for row in range(rows)
        ]
        return [heads, *lanes, feet]

    def _cursor_on(self, side: int) -> int | None:
        return self.cursor.id if self.cursor is not None and self.cursor.side == side else None

    def _strip(self, y: int) -> Strip:
        picture = self._pictures[y] if y < len(self._pictures) else ()
        segments: list[Segment] = []
        for index, (part, width) in enumerate(zip(picture, self._widths(), strict=False)):
            if index:
                segments.append(Segment("│", self._style("rule")))
            segments.extend(self._segments(part, width))
        if not segments:
            return Strip.blank(self.size.width, self._style(""))
        return Strip(segments, self.size.width)

    def _segments(self, part: RowKey | tuple[Run, ...] | None, width: int) -> Iterable[Segment]:
        match part:
            case None:
                runs: tuple[Run, ...] = (Run(" " * width),)
            case RowKey():
                runs = row_runs(part, width)
            case _:
                runs = part
        return (Segment(text, self._style(kind, under)) for text, kind, under in runs)

    def _style(self, kind: str, under: str = "") -> Style:
        style = self._kinds.get((kind, under))
        if style is None:
            style = self.get_component_rich_style(f"lanes--{kind}") if kind else self.rich_style
            if under:
                style += Style(bgcolor=self._style(under).color)
            self._kinds[kind, under] = style
        return style


def _regions(rows: list[int], width: int) -> list[Region]:
    """Neighbouring rows as one region each."""
    regions: list[Region] = []
    for y in rows:
        if regions and regions[-1].bottom == y:
            regions[-1] = regions[-1]._replace(height=regions[-1].height + 1)
        else:
            regions.append(Region(0, y, width, 1))
    return regions
