"""What a start says: how far it is, and why it came to nothing."""

from __future__ import annotations

from collections.abc import Callable

from burstview_engines.core.managed import Failure, LaunchPhase
from burstview_engines.source import SessionError

Tell = Callable[[LaunchPhase, str, float | None], None]
"""Phase, words and share of it that is done."""


class LaunchFailed(SessionError):  # noqa: N818  the world's fault, not the program's
    """A start that came to nothing."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.sentence} {failure.step}".strip())
        self.failure = failure


class WrongWish(SessionError):  # noqa: N818  as above
    """A start that makes no sense, whatever the machine: nothing was asked of it."""
