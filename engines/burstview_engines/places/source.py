"""Where a live session's backends come from."""

from __future__ import annotations

from typing import Protocol

from burstview_engines.core.backend import Backend
from burstview_engines.stream import EventStream


class Source(Protocol):
    """Puts its backends into the stream and keeps what is known of them up to date."""

    async def start(self, stream: EventStream) -> None:
        """Returns when each backend is ready or known not to be, and goes on watching them."""

    def owns(self, key: str) -> bool:
        """Whether the backend of that key is this source's."""

    def api_key_env(self, key: str) -> str | None:
        """Name of the environment variable that holds that backend's API key, if it needs one."""

    async def choose_model(self, backend: Backend, model: str) -> Backend:
        """What the backend is with another of its models. Raises SessionError."""

    async def close(self) -> None:
        """Stop watching, and end what it started."""
