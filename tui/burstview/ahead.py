"""Loads what will be wanted next, so that no key waits for it."""

from __future__ import annotations

from importlib import import_module
from threading import Thread

BEHIND_ENGINES = (
    "burstview.launching",
    "burstview.model_choices",
    "burstview.model_search",
    "burstview.screens.launch",
    "burstview.screens.confirm",
    "burstview.screens.engine_log",
    "burstview.screens.store",
    "burstview.screens.pair",
)
"""What the keys of the engines screen lead to."""


def load(names: tuple[str, ...]) -> Thread:
    """On a thread that keeps nobody from leaving; a module that is wanted before is waited for."""
    thread = Thread(target=_import_all, args=(names,), name="ahead", daemon=True)
    thread.start()
    return thread


def _import_all(names: tuple[str, ...]) -> None:
    for name in names:
        import_module(name)
