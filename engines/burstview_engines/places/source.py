"""Where a live session's backends come from."""

from __future__ import annotations

from typing import Protocol

from burstview_engines.core.backend import Backend
from burstview_engines.stream import EventStream

HURRIED = 0.25
"""For real engines: /metrics takes vLLM's API server some 12 ms."""


class Source(Protocol):
    """Puts its backends into the stream and keeps what is known of them up to date."""

    burst_pace: float
    """Seconds between two samples while a burst goes on: what a look may cost the engine."""

    async def start(self, stream: EventStream) -> None:
        """Returns when each backend is ready or known not to be."""

    async def refresh(self) -> None:
        """Look again: what was away may be there, what was there may be away. Not during a run."""

    async def sample(self) -> None:
        """Put what the engines say of their load into the stream, once."""

    def owns(self, key: str) -> bool:
        """Whether the backend of that key is this source's."""

    def api_key_env(self, key: str) -> str | None:
        """Name of the environment variable that holds that backend's API key, if it needs one."""

    async def choose_model(self, backend: Backend, model: str) -> None:
        """Use another of the backend's models from now on. Raises SessionError."""

    async def close(self) -> None:
        """End what it started."""
