"""The command palette: every key's action, and the themes."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from textual.actions import parse
from textual.app import App, SystemCommand
from textual.binding import Binding
from textual.screen import Screen

from burstview.keys import label


def of_bindings(app: App[None], screen: Screen[object]) -> Iterable[SystemCommand]:
    """A command for each key of the screen and the app that does something now."""
    for owner in (screen, app):
        for binding in type(owner).BINDINGS:
            if isinstance(binding, Binding) and _does_something(owner, binding):
                yield SystemCommand(
                    f"{binding.description} ({label(binding)})",
                    binding.tooltip,
                    partial(app.run_action, binding.action, owner),
                )


def of_themes(app: App[None], names: Iterable[str]) -> Iterable[SystemCommand]:
    """A command for each theme."""
    for name in names:
        yield SystemCommand(
            f"Theme {name}", "Use this theme.", partial(setattr, app, "theme", name)
        )


def _does_something(owner: App[None] | Screen[object], binding: Binding) -> bool:
    namespace, action, parameters = parse(binding.action)
    return bool(namespace) or owner.check_action(action, parameters) is True
