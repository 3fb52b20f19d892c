"""What is loaded before it is wanted."""

from __future__ import annotations

import sys
from importlib.util import find_spec

from burstview import ahead


def test_modules_are_loaded_behind_the_screen() -> None:
    """On a thread that nobody waits for when the monitor is left."""
    thread = ahead.load(("burstview.launch_values", "burstview.screens.launch"))
    thread.join(20.0)
    assert thread.daemon
    assert "burstview.screens.launch" in sys.modules


def test_all_that_is_loaded_ahead_is_there() -> None:
    """A renamed module would make the thread fail where nobody looks."""
    assert [name for name in ahead.BEHIND_ENGINES if find_spec(name) is None] == []
