"""The order of engines on screen, and which one is selected. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from burstview_engines.core.views import EngineView


def in_order(views: Sequence[EngineView]) -> tuple[EngineView, ...]:
    """Those that can be changed first, each group as they appeared."""
    return tuple(sorted(views, key=lambda view: not view.engine.may_change))


def neighbour(
    selected: str | None, before: Sequence[str], views: Sequence[EngineView]
) -> str | None:
    """The selected one while it is there, else the one that took its place; None without any.

    `before` are the keys in the order of the last picture.
    """
    keys = [view.engine.key for view in views]
    if selected in keys:
        return selected
    if not keys:
        return None
    at = before.index(selected) if selected in before else 0
    return keys[min(at, len(keys) - 1)]
