"""The concurrency slider: 1 to 1024 on a logarithmic scale, in one line."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from burstview import scale
from burstview.messages import ConcurrencyChosen

LABEL = "concurrency"
MARGIN = 3
"""Cells on both sides of the track, so that the number fits around its ends."""


class Slider(Widget, can_focus=True):
    """Keys, wheel, drag, click, or a number typed in place; the value is exact, the track is not.

    | Class | What |
    | :- | :- |
    | `slider--track` | The line behind the handle. |
    | `slider--passed` | The line below the value. |
    | `slider--tick` | Powers of two. |
    | `slider--handle` | The number itself. |
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "slider--track",
        "slider--passed",
        "slider--tick",
        "slider--handle",
    }
    DEFAULT_CSS = """
    Slider {
        height: 1;
        width: 1fr;
        color: $foreground;
        & > .slider--track { color: $muted-text; }
        & > .slider--passed { color: $primary; }
        & > .slider--tick { color: $muted-text; }
        & > .slider--handle { color: $background; background: $primary; text-style: bold; }
        &:focus { text-style: bold; }
        &:focus > .slider--handle { background: $accent; text-style: bold underline; }
        &:nocolor > .slider--handle { text-style: bold reverse; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("home", "put(1)", "1", False, tooltip="One request.", id="slider.lowest"),
        Binding("end", "put(1024)", "1024", False, tooltip="1024 requests.", id="slider.highest"),
        Binding(
            "backspace",
            "erase",
            "Erase",
            False,
            tooltip="Erase the last typed digit.",
            id="slider.erase",
        ),
    ]

    value: reactive[int] = reactive(16)
    """Requests of the next burst, 1 to 1024."""
    typed: reactive[str] = reactive("")
    """Digits typed so far; empty when no number is being typed."""

    def __init__(self, value: int, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.set_reactive(Slider.value, scale.clamp(value))
        self.tooltip = "Requests at once: ← →, shift for one, page keys double, or type a number."

    def validate_value(self, value: int) -> int:
        """Keep it on the scale."""
        return scale.clamp(value)

    def watch_value(self, old: int, value: int) -> None:
        """Tell the screen, unless nothing changed."""
        if old != value:
            self.post_message(ConcurrencyChosen(value))

    def step(self, direction: int) -> None:
        """One comfortable step: ones up to 16, then eight to an octave."""
        self._move(scale.step(self.value, direction))

    def fine(self, direction: int) -> None:
        """One request more or less."""
        self._move(self.value + direction)

    def octave(self, direction: int) -> None:
        """To the next power of two."""
        self._move(scale.octave(self.value, direction))

    def action_put(self, value: int) -> None:
        """To this very number."""
        self._move(value)

    def action_erase(self) -> None:
        """Take the last typed digit back."""
        if self.typed:
            self._type(self.typed[:-1])

    def on_key(self, event: events.Key) -> None:
        """Digits type a number, enter ends it; they do not choose sides or open requests then."""
        if self.typed and event.key == "enter":
            event.stop()
            event.prevent_default()
            self.typed = ""
        if event.character is not None and event.character in "0123456789":
            event.stop()
            event.prevent_default()
            self._type((self.typed + event.character)[-4:])

    def on_blur(self) -> None:
        """Typing ends with the focus."""
        self.typed = ""

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """The handle jumps to the pointer and follows it."""
        self.capture_mouse()
        self._drag(event)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Follow the pointer while the button is down."""
        if self.app.mouse_captured is self:
            self._drag(event)

    def on_mouse_up(self) -> None:
        """Let go."""
        self.release_mouse()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """More."""
        event.stop()
        self.step(+1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Fewer."""
        event.stop()
        self.step(-1)

    def render_line(self, y: int) -> Strip:
        """The label, the track with its ticks, and the number where it stands."""
        start, width = self.track
        cells = _track_cells(width, self.value)
        styles = [self._part(kind) for _, kind in cells]
        shown = f" {self.typed}▏" if self.typed else f" {self.value} "
        left = max(0, start + scale.cell_of(self.value, width) - len(shown) // 2)
        background = self.rich_style
        characters = f" {LABEL}".ljust(start) + "".join(text for text, _ in cells)
        line = [background] * start + styles
        characters = characters.ljust(self.size.width)
        line += [background] * (len(characters) - len(line))
        handle = self._part("handle")
        characters = characters[:left] + shown + characters[left + len(shown) :]
        line[left : left + len(shown)] = [handle] * len(shown)
        return Strip(_segments(characters[: self.size.width], line), self.size.width)

    def _part(self, kind: str) -> Style:
        return self.get_component_rich_style(f"slider--{kind}")

    @property
    def track(self) -> tuple[int, int]:
        """First column and width of the track."""
        start = len(LABEL) + 2 + MARGIN
        return start, max(2, self.size.width - start - MARGIN)

    def _move(self, value: int) -> None:
        self.typed = ""
        self.value = value

    def _type(self, digits: str) -> None:
        self.typed = digits
        if digits:
            self.value = int(digits)

    def _drag(self, event: events.MouseEvent) -> None:
        start, width = self.track
        self._move(scale.value_at(event.x - start, width))


def _track_cells(width: int, value: int) -> list[tuple[str, str]]:
    """(character, part) of each column; a tick's number that would touch another's is left out."""
    reached = scale.cell_of(value, width)
    cells = [("━", "passed") if x <= reached else ("─", "track") for x in range(width)]
    free = 0
    for tick in scale.TICKS:
        text = str(tick)
        left = min(width - len(text), max(0, scale.cell_of(tick, width) - len(text) // 2))
        if left < free:
            continue
        cells[left : left + len(text)] = [(character, "tick") for character in text]
        free = left + len(text) + 1
    return cells


def _segments(characters: str, styles: list[Style]) -> list[Segment]:
    """Runs of one style."""
    runs: list[Segment] = []
    start = 0
    for end in range(1, len(characters) + 1):
        if end == len(characters) or styles[end] != styles[start]:
            runs.append(Segment(characters[start:end], styles[start]))
            start = end
    return runs
