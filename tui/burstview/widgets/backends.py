"""The table of backends: what each is, how it is doing, and the knob that matters."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from burstview import engine_words
from burstview import format as say
from burstview.deck import Sides
from burstview.messages import BackendChosen
from burstview_engines.core.text import harmless
from burstview_engines.core.views import BackendView

MARKS: dict[str, str] = {
    "connecting": "◌",
    "loading": "◐",
    "unreachable": "○",
    **{str(status): mark for status, mark in engine_words.MARKS.items()},
}
"""State as a glyph, so that it reads without colour; any other state is `?`."""
TONES = {
    "ready": "$success",
    "unreachable": "$error",
    "failed": "$error",
    "stopped": "$muted-text",
    "pulling": "$accent",
    "starting": "$accent",
    "stopping": "$accent",
}
NAME_CELLS = 14
ROOM = 5
"""Rows at most; a longer list scrolls with the choice."""


class Backends(Widget, can_focus=True):
    """One row a backend; the arrows or a click put one on the selected side."""

    DEFAULT_CSS = """
    Backends {
        height: auto;
        max-height: 5;
        width: 1fr;
        &:focus { background: $surface; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "up",
            "choose(-1)",
            "Backend above",
            False,
            tooltip="Put the backend above on the selected side.",
            id="backends.up",
        ),
        Binding(
            "down",
            "choose(1)",
            "Backend below",
            False,
            tooltip="Put the backend below on the selected side.",
            id="backends.down",
        ),
    ]

    views: reactive[tuple[BackendView, ...]] = reactive((), layout=True)
    """All backends of the session, in the order they appeared."""
    sides: reactive[Sides] = reactive((None, None))
    """Which of them are shown left and right."""
    doing: reactive[dict[str, str]] = reactive[dict[str, str]]({})
    """What managed engines that are not ready do, by key: it stands in place of the details."""
    selected: reactive[int] = reactive(0)
    """The side that `f` fires: 0 left, 1 right."""

    def render(self) -> Content:
        """A window of rows around the choice."""
        if not self.views:
            return Content.styled("  looking for engines…", "$muted-text")
        start = self._first_row()
        rows = [self._row(view) for view in self.views[start : start + ROOM]]
        return Content("\n").join(rows)

    def action_choose(self, step: int) -> None:
        """The next backend that is not on the other side."""
        keys = [view.backend.key for view in self.views]
        chosen, other = self.sides[self.selected], self.sides[1 - self.selected]
        at = keys.index(chosen) if chosen in keys else -1
        candidates = keys[at + 1 :] if step > 0 else keys[: max(at, 0)][::-1]
        key = next((key for key in candidates if key != other), None)
        if key is not None:
            self.post_message(BackendChosen(key))

    def on_click(self, event: events.Click) -> None:
        """The clicked backend takes the selected side."""
        row = self._first_row() + event.y
        if 0 <= row < len(self.views):
            self.post_message(BackendChosen(self.views[row].backend.key))

    def _first_row(self) -> int:
        keys = [view.backend.key for view in self.views]
        chosen = self.sides[self.selected]
        at = keys.index(chosen) if chosen in keys else 0
        return max(0, min(at - ROOM + 2, len(keys) - ROOM))

    def _name_cells(self) -> int:
        """The names' own width, within bounds that leave room for the rest."""
        most = NAME_CELLS if self.size.width < 100 else 2 * NAME_CELLS
        longest = max((len(harmless(view.backend.name)) for view in self.views), default=0)
        return min(most, max(NAME_CELLS, longest))

    def _row(self, view: BackendView) -> Content:
        backend, width, cells = view.backend, self.size.width, self._name_cells()
        side = next((i for i, key in enumerate(self.sides) if key == backend.key), None)
        is_selected = side == self.selected
        mark = " " if side is None else "12"[side]
        pointer = "▸" if is_selected else " "
        known = TONES.get(view.state, "$warning")
        parts = [
            Content.styled(f"{pointer}{mark} ", "bold $accent" if is_selected else "$muted-text"),
            Content.styled(MARKS.get(view.state, "?"), known),
            Content.styled(f" {_name(backend.name, cells):<{cells}} ", "bold"),
            Content.styled(f"{_cut(view.state, 11):<11} ", known),
        ]
        if backend.simulated:
            parts.append(Content.styled("SIMULATED ", "bold $simulated-text"))
        doing = self.doing.get(backend.key) if view.state != "ready" else None
        parts.append(Content(doing or _detail(view, width - 31 - cells)))
        return Content.assemble(*parts)


def _detail(view: BackendView, width: int) -> str:
    """Model, port, the knob that matters and the GPU; or why it is not ready."""
    backend = view.backend
    if view.detail and view.state != "ready":
        return harmless(view.detail)
    model = harmless(backend.model or "—")
    knob = f"{backend.seats_name} {backend.seats if backend.seats is not None else '—'}"
    facts = [model, _port(backend.url), knob]
    if backend.kv_tokens:
        facts.append(f"KV {say.thousands(backend.kv_tokens)} tok")
    if backend.quant:
        facts.append(backend.quant)
    if backend.gpu and backend.simulated:
        facts.append(f"on a simulated {backend.gpu}")
    while len(facts) > 3 and len("  ".join(facts)) > width:
        facts.pop()
    return "  ".join(fact for fact in facts if fact)


def _port(url: str) -> str:
    """`:8000` of a server on this machine, else host and port."""
    host = harmless(url.partition("://")[2].partition("/")[0])
    name, _, port = host.rpartition(":")
    return f":{port}" if name in ("127.0.0.1", "localhost", "[::1]") else host


def _name(name: str, width: int) -> str:
    """What our containers' names have in common goes first when there is no room."""
    return _cut(name if len(name) <= width else name.removeprefix("burstview-"), width)


def _cut(text: str, width: int) -> str:
    text = harmless(text)
    return text if len(text) <= width else text[: width - 1] + "…"
