"""A screen that sends only the cells that changed.

Textual 8.2 sends every dirty row from its left edge. Here its compositor's two render methods are
overridden: they render as ever, and what goes out is the difference to what went out before. Where
Textual's internals are not as expected, everything goes out as ever.
"""

from __future__ import annotations

from collections.abc import Iterable
from inspect import signature

from rich.color import ColorSystem
from rich.console import Console
from rich.control import Control
from rich.segment import Segment
from textual._compositor import ChopsUpdate, Compositor, LayoutUpdate
from textual.screen import Screen, ScreenResultType
from textual.strip import Strip

from burstview.draw.cells import UNKNOWN, Line, Piece, cells, changed, sequences

_METHODS = ("render_full_update", "render_partial_update")
_PLAIN = "\x1b[0m"


class Sent:
    """What the terminal shows, line by line, as far as this screen sent it."""

    def __init__(self) -> None:
        self.lines: dict[int, Line] = {}

    def forget(self) -> None:
        """Somebody else drew, or will: nothing is known."""
        self.lines.clear()


class KeptUpdate(LayoutUpdate):
    """A full update that is remembered as it goes out."""

    def __init__(self, update: LayoutUpdate, sent: Sent) -> None:
        super().__init__([list(line) for line in update.strips], update.region)
        self.sent = sent

    def render_segments(self, console: Console) -> str:
        """All of it, as ever."""
        self.sent.forget()
        for y, line in enumerate(self.strips, self.region.y):
            drawn = _drawn((segment for strip in line for segment in strip), console)
            if drawn is not None and not self.region.x:
                self.sent.lines[y] = Line(*drawn)
        return super().render_segments(console)


class DiffUpdate(ChopsUpdate):
    """A partial update of which only the changed cells go out."""

    def __init__(self, update: ChopsUpdate, sent: Sent) -> None:
        super().__init__(update.chops, update.spans, update.chop_ends)
        self.sent = sent

    def render_segments(self, console: Console) -> str:
        """The changed cells; a chop whose characters join goes out whole."""
        parts: list[str] = []
        pen = ""
        for y, x1, x2 in self.spans:
            for end, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                if strip is not None and x <= x2 and end > x1:
                    text, pen = self._difference(y, x, strip, console, pen)
                    parts.append(text)
        return "".join(parts) + (_PLAIN if pen else "")

    def _difference(
        self, y: int, x: int, strip: Strip, console: Console, pen: str
    ) -> tuple[str, str]:
        line = self.sent.lines.setdefault(y, Line())
        drawn = _drawn(strip, console)
        if drawn is None:
            unknown = [UNKNOWN] * strip.cell_length
            line.take(x, unknown, unknown)
            move = Control.move_to(x, y).segment.text
            return f"{_PLAIN if pen else ''}{move}{strip.render(console)}", ""
        texts, sgrs = drawn
        ranges = changed(line, x, texts, sgrs)
        line.take(x, texts, sgrs)
        return sequences(y, x, texts, sgrs, ranges, pen)


class DiffCompositor(Compositor):
    """Renders as ever, and hands out updates that know what the terminal shows."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = Sent()

    def render_full_update(self, simplify: bool = False) -> LayoutUpdate:
        """A full update, remembered."""
        update = super().render_full_update(simplify)
        return update if simplify else KeptUpdate(update, self.sent)

    def render_partial_update(self) -> ChopsUpdate | None:
        """A partial update, cut down to changed cells when it is written."""
        update = super().render_partial_update()
        return None if update is None else DiffUpdate(update, self.sent)


class DiffScreen(Screen[ScreenResultType]):
    """A screen that sends changed cells only, unless told otherwise."""

    def __init__(
        self, name: str | None = None, id: str | None = None, *, cell_diff: bool = True
    ) -> None:
        super().__init__(name=name, id=id)
        if cell_diff and _is_as_expected():
            self._compositor = DiffCompositor()

    def on_screen_resume(self) -> None:
        """Another screen may have drawn meanwhile."""
        self._forget()

    def on_screen_suspend(self) -> None:
        """Another screen draws from now on."""
        self._forget()

    def on_resize(self) -> None:
        """Terminals move text about when they are resized."""
        self._forget()

    def _forget(self) -> None:
        if isinstance(self._compositor, DiffCompositor):
            self._compositor.sent.forget()


def _is_as_expected() -> bool:
    """Whether this Textual has the private methods and fields that are built on."""
    return (
        all(callable(getattr(Compositor, name, None)) for name in _METHODS)
        and callable(getattr(Strip, "render_ansi", None))
        and {"chops", "spans", "chop_ends"} <= set(signature(ChopsUpdate).parameters)
        and {"strips", "region"} <= set(signature(LayoutUpdate).parameters)
    )


def _drawn(segments: Iterable[Segment], console: Console) -> tuple[list[str], list[str]] | None:
    """Texts and SGRs of the cells; None where cells cannot be told apart: joins and links."""
    colors = console._color_system or ColorSystem.TRUECOLOR
    pieces: list[Piece] = []
    for text, style, control in segments:
        if control or (style is not None and style.link):
            return None
        pieces.append((text, Strip.render_ansi(style, colors) if style is not None else ""))
    return cells(pieces)
