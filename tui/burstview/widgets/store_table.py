"""The table of an Ollama's models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.reactive import reactive
from textual.strip import Strip

from burstview.draw.runs import Run, fit
from burstview.draw.store_rows import body_row, head_row, table
from burstview.store_cells import cells_of
from burstview.widgets.rows import Row, Rows
from burstview_engines.core.managed import StoredModel

_EMPTY = "  No model is here yet: p pulls one."
_ASKING = "  Asking the Ollama …"


class StoreTable(Rows, can_focus=True):
    """A window of rows around the selected one; a click selects, a double click uses."""

    PREFIX = "store"
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "store--head",
        "store--pointer",
        "store--name",
        "store--used",
        "store--good",
        "store--busy",
        "store--warn",
        "store--quiet",
        "store--cursor",
    }
    DEFAULT_CSS = """
    StoreTable {
        height: 1fr;
        width: 1fr;
        min-height: 3;
        & > .store--head { color: $muted-text; text-style: bold; }
        & > .store--pointer { color: $accent; text-style: bold; }
        & > .store--name { text-style: bold; }
        & > .store--used { color: $primary; }
        & > .store--good { color: $success; }
        & > .store--busy { color: $accent; }
        & > .store--warn { color: $warning; text-style: bold; }
        & > .store--quiet { color: $muted-text; }
        & > .store--cursor { background: $surface; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            *("up,k", "choose(-1)", "Above", False),
            tooltip="The model above.",
            id="store.above",
            key_display="↑ k",
        ),
        Binding(
            *("down,j", "choose(1)", "Below", False),
            tooltip="The model below.",
            id="store.below",
            key_display="↓ j",
        ),
    ]

    models: reactive[tuple[StoredModel, ...] | None] = reactive[tuple[StoredModel, ...] | None](
        None
    )
    """None until the Ollama was asked."""
    in_use: reactive[str | None] = reactive[str | None](None)
    """The model that bursts are fired at."""
    busy: reactive[Mapping[str, str]] = reactive[Mapping[str, str]](dict)
    """What goes on with a model, by its name."""
    now: reactive[float] = reactive(0.0)
    """Unix time, whole seconds."""
    selected: reactive[str | None] = reactive[str | None](None)
    """The model that the keys mean."""

    def watch_models(self, before: tuple[StoredModel, ...] | None) -> None:
        """One that is gone hands the pointer to the one in its place."""
        names = [model.name for model in self.models or ()]
        if self.selected not in names:
            old = [model.name for model in before or ()]
            at = old.index(self.selected) if self.selected in old else 0
            self.selected = names[min(at, len(names) - 1)] if names else None
        self.redraw()

    def watch_in_use(self) -> None:
        """Draw what changed."""
        self.redraw()

    def watch_busy(self) -> None:
        """Draw what changed."""
        self.redraw()

    def watch_now(self) -> None:
        """Draw what changed."""
        self.redraw()

    def watch_selected(self) -> None:
        """The keys mean another one."""
        self.redraw()
        if self.is_mounted:
            self.screen.refresh_bindings()

    def action_choose(self, step: int) -> None:
        """To the neighbour; not round the ends."""
        names = [model.name for model in self.models or ()]
        if names:
            at = names.index(self.selected) if self.selected in names else 0
            self.selected = names[min(len(names) - 1, max(0, at + step))]

    def on_mouse_scroll_down(self) -> None:
        """The model below."""
        self.action_choose(1)

    def on_mouse_scroll_up(self) -> None:
        """The model above."""
        self.action_choose(-1)

    async def on_click(self, event: events.Click) -> None:
        """Select; a double click uses."""
        at = self._top() + event.y - 1
        if self.models and 0 <= at < len(self.models) and event.y:
            self.selected = self.models[at].name
            if event.chain == 2:
                await self.run_action("screen.use")

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The head, and a line for each model."""
        return 1 + max(1, len(self.models or ()))

    def picture(self, width: int) -> Sequence[Row]:
        """The head and as many models as there is room for."""
        if not self.models:
            return [fit((Run(_ASKING if self.models is None else _EMPTY, "quiet"),), width)]
        cells = [
            cells_of(model, model.name == self.selected, self.in_use, self.busy, self.now)
            for model in self.models
        ]
        chosen = table(cells, width)
        top = self._top()
        shown = cells[top : top + max(1, self.size.height - 1)]
        return [head_row(chosen, width), *(body_row(model, chosen, width) for model in shown)]

    def render_line(self, y: int) -> Strip:
        """The selected row on another ground."""
        strip = super().render_line(y)
        is_selected = self.models and y and self._name_at(y) == self.selected
        return strip.apply_style(self.style_of("cursor")) if is_selected else strip

    def _name_at(self, y: int) -> str | None:
        at = self._top() + y - 1
        models = self.models or ()
        return models[at].name if 0 <= at < len(models) else None

    def _top(self) -> int:
        """The first model on screen: the window holds the selected one."""
        names = [model.name for model in self.models or ()]
        room = max(1, self.size.height - 1)
        at = names.index(self.selected) if self.selected in names else 0
        return max(0, min(at - room + 1, len(names) - room)) if at >= room else 0
