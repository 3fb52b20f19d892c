"""What the monitor and the headless commands hold: a live session or a recording, alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from burstview_engines.core.plan import BurstPlan, Order
from burstview_engines.core.session import SessionFold, Snapshot

if TYPE_CHECKING:
    from burstview_engines.control import EngineControl


class SessionError(Exception):
    """A wish the session cannot fulfil; the text is one sentence with the next step."""


class Session(Protocol):
    """Events go in by themselves; the holder reads snapshots at its own rate."""

    @property
    def fold(self) -> SessionFold:
        """For what is too large for a snapshot: answers' texts, arrivals, prompts."""

    @property
    def is_recording(self) -> bool:
        """True when nothing can be fired."""

    @property
    def engines(self) -> EngineControl | None:
        """What engines can be asked for; None where nothing can be controlled."""

    def snapshot(self) -> Snapshot:
        """The session now."""

    async def open(self) -> None:
        """Start the sources. Returns at once; what is found appears in the snapshot."""

    async def fire(
        self, backends: Sequence[str], plan: BurstPlan, *, order: Order = "auto"
    ) -> tuple[int, ...]:
        """One run for each backend key, two make a duel; their numbers, when all have ended.

        Raises SessionError when nothing could be fired at all.
        """

    def cancel(self) -> None:
        """End every run in progress; what was seen stays."""

    async def choose_model(self, backend: str, model: str) -> None:
        """Use another of the models that the backend lists."""

    async def close(self) -> None:
        """Stop all sources and reap all processes, within half a second."""
