"""What the parts of the GPU screen have in common: the looks of their runs."""

from __future__ import annotations

from typing import ClassVar

from burstview.widgets.rows import Rows

_KINDS = (
    *("head", "pointer", "name", "value", "word", "rule", "spark", "mark", "axis", "label"),
    *("bad", "old", "own", "other", "simulated", "more"),
)


class GpuRows(Rows):
    """Every row is as wide as the widget; how high it is, the screen says."""

    PREFIX = "gpus"
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"gpus--{kind}" for kind in _KINDS}
    DEFAULT_CSS = """
    GpuRows {
        width: 1fr;
        height: auto;
        background: $background;
        color: $foreground;
        & > .gpus--head { color: $text-muted; text-style: bold; }
        &:focus > .gpus--head { color: $accent; text-style: bold; }
        & > .gpus--pointer { color: $accent; text-style: bold; }
        & > .gpus--name { text-style: bold; }
        & > .gpus--label { text-style: bold; }
        & > .gpus--value { color: $foreground; }
        & > .gpus--word { color: $muted-text; }
        & > .gpus--rule { color: $muted-text; }
        & > .gpus--spark { color: $success; }
        & > .gpus--mark { color: $accent; text-style: bold; }
        & > .gpus--axis { color: $axis-text; }
        & > .gpus--bad { color: $error; text-style: bold; }
        & > .gpus--old { color: $muted-text; text-style: dim; }
        & > .gpus--own { color: $success; text-style: bold; }
        & > .gpus--other { color: $warning; text-style: italic; }
        & > .gpus--simulated { color: $simulated-text; text-style: bold; }
        & > .gpus--more { color: $muted-text; text-style: italic; }
    }
    """

    def on_focus(self) -> None:
        """Its headings show that the keys are its own."""
        self.refresh()

    def on_blur(self) -> None:
        """They no longer are."""
        self.refresh()
