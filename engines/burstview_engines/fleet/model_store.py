"""The models of Ollamas: pulled, loaded, unloaded, deleted."""

from __future__ import annotations

from collections.abc import Sequence

from burstview_engines.backends.ollama import same_model
from burstview_engines.core.managed import StoredModel
from burstview_engines.fleet import ollama_store
from burstview_engines.fleet.pulls import Pulls
from burstview_engines.fleet.roster import Roster
from burstview_engines.source import SessionError


class ModelStore:
    """Only an Ollama keeps models that come and go."""

    def __init__(self, roster: Roster) -> None:
        self._roster = roster
        self._pulls: Pulls | None = None

    def begin(self) -> None:
        """The session has begun."""
        hub = self._roster.hub
        self._pulls = Pulls(hub.board, hub.stream.now)

    async def close(self) -> None:
        """Leave all pulls."""
        if self._pulls is not None:
            await self._pulls.close()

    async def models(self, key: str) -> Sequence[StoredModel]:
        """What it has."""
        return await ollama_store.models(self._url(key))

    async def pull(self, key: str, model: str) -> None:
        """Returns when it is there. Progress is in the snapshot."""
        self._roster.guard(key)
        await self._pull(key, self._url(key), model)
        await self._roster.hub.links.refresh_one(key)

    def cancel(self, key: str) -> None:
        """Stop the pull; another goes on where it was."""
        if self._pulls is not None:
            self._pulls.cancel(key)

    async def load(self, key: str, model: str) -> None:
        """Load it and keep it."""
        self._roster.guard(key)
        await ollama_store.load(self._url(key), model)
        await self._roster.hub.links.refresh_one(key)

    async def unload(self, key: str, model: str) -> None:
        """Free its memory."""
        self._roster.guard(key)
        await ollama_store.unload(self._url(key), model)
        await self._roster.hub.links.refresh_one(key)

    async def delete(self, key: str, model: str) -> None:
        """Delete it from the store."""
        self._roster.guard(key)
        await ollama_store.delete(self._url(key), model)
        await self._roster.hub.links.refresh_one(key)

    async def fetch(self, key: str, url: str, model: str) -> None:
        """Pulled unless it is there, and loaded."""
        hub = self._roster.hub
        here = [stored.name for stored in await ollama_store.models(url)]
        if not any(same_model(name, model) for name in here):
            await self._pull(key, url, model)
        hub.board.change(key, words=f"loading {model}")
        try:
            await ollama_store.load(url, model)
        finally:
            hub.board.change(key, words="")
        await hub.links.refresh_one(key)

    async def _pull(self, key: str, url: str, model: str) -> None:
        if self._pulls is not None:
            await self._pulls.run(key, url, model)

    def _url(self, key: str) -> str:
        """Where it answers. Raises SessionError."""
        engine = self._roster.engine(key)
        if engine.engine != "ollama":
            raise SessionError(
                f"{engine.name} serves the one model it was started with; only an Ollama keeps"
                " models that come and go."
            )
        if engine.url is None or engine.status != "ready":
            raise SessionError(f"{engine.name} is not ready; start it first.")
        return engine.url
