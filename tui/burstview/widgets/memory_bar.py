"""Whether it fits: the sentence that counts, the bar, and what its parts are."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import ClassVar

from textual.reactive import reactive

from burstview.draw.memory_bar import Part, bar_row, legend_rows
from burstview.draw.runs import Run, fit
from burstview.widgets.rows import Row, Rows

NOTHING_KNOWN = "Whether it fits is unknown: nothing is known of this model's size."


class MemoryBar(Rows):
    """One bar for all memory of the chosen GPUs; of a pair, both engines in it."""

    PREFIX = "memory"
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "memory--first",
        "memory--more",
        "memory--weights",
        "memory--kv",
        "memory--overhead",
        "memory--others",
        "memory--free",
        "memory--missing",
        "memory--limit",
        "memory--size",
        "memory--what",
    }
    DEFAULT_CSS = """
    MemoryBar {
        height: auto;
        width: 1fr;
        & > .memory--first { text-style: bold; }
        & > .memory--more { color: $muted-text; }
        & > .memory--weights { color: $primary; }
        & > .memory--kv { color: $accent; }
        & > .memory--overhead { color: $secondary; }
        & > .memory--others { color: $muted-text; }
        & > .memory--free { color: $success; }
        & > .memory--missing { color: $error; text-style: bold; }
        & > .memory--limit { color: $error; text-style: bold; }
        & > .memory--what { color: $muted-text; }
    }
    """

    sentences: reactive[tuple[str, ...]] = reactive[tuple[str, ...]](())
    """The one that counts first."""
    parts: reactive[tuple[Part, ...]] = reactive[tuple[Part, ...]](())
    """In the order of the bar."""

    def watch_sentences(self) -> None:
        """Draw what changed."""
        self.redraw()

    def watch_parts(self) -> None:
        """Draw what changed."""
        self.redraw()

    def picture(self, width: int) -> Sequence[Row]:
        """The sentence, the bar with its legend, further sentences."""
        first, *more = self.sentences or (NOTHING_KNOWN,)
        rows = _paragraph(first, "first", width)
        if any(size > 0 for _, size in self.parts):
            rows += [_indented(bar_row(self.parts, width - 2), width)]
            rows += [_indented(row, width) for row in legend_rows(self.parts, width - 2)]
        for sentence in more:
            rows += _paragraph(sentence, "more", width)
        return rows


def _paragraph(sentence: str, kind: str, width: int) -> list[Row]:
    return [
        _indented((Run(line, kind),), width) for line in wrap(sentence, max(16, width - 2)) or [""]
    ]


def _indented(row: Row, width: int) -> Row:
    return fit((Run(" "), *row), width)
