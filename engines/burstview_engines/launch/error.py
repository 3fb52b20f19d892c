"""Why something cannot be started as it was asked for."""

from __future__ import annotations


class LaunchError(Exception):
    """A wish that makes no sense or would not be safe; the text tells the next step too."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field
        """The spec's field that is to blame, `option NAME` for an option; empty where none is."""
