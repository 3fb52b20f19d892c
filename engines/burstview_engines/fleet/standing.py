"""How engines stand while they are started, changed and ended, as the board shows it."""

from __future__ import annotations

from collections.abc import Awaitable

from burstview_engines.core.managed import Failure, ManagedEngine
from burstview_engines.fleet.instead import NEEDS_NETWORK, with_what_is_here
from burstview_engines.fleet.judge import Judge
from burstview_engines.fleet.lives import Expected
from burstview_engines.fleet.memory import Memory
from burstview_engines.fleet.roster import Roster
from burstview_engines.fleet.start_words import LaunchFailed
from burstview_engines.launch.identity import spec_hash
from burstview_engines.launch.spec import LaunchSpec
from burstview_engines.source import SessionError

UNREACHABLE = ("daemon-absent", "daemon-gone", "daemon-slow")
"""Kinds of failures that say nothing of the engine: whether it runs is found out later."""
UP = ("ready", "running", "starting", "paused", "stopping")


class Standing:
    """Tells the board what was asked for, and what came of it."""

    def __init__(self, roster: Roster, memory: Memory, judge: Judge) -> None:
        self._roster, self._memory, self._judge = roster, memory, judge
        self.failures: dict[str, Failure] = {}
        """Of launches, by key; one that died after it ran is on the board alone."""

    async def announce(self, key: str, spec: LaunchSpec) -> None:
        """One that is to be made."""
        hub, expected = self._roster.hub, await self._expect(key, spec)
        now = hub.stream.now()
        hub.board.show(
            ManagedEngine(
                key=key,
                name=spec.name or "",
                engine=spec.engine,
                place=spec.place,
                owner="ours",
                status="starting",
                lan=spec.lan,
                image=spec.image,
                model=spec.model,
                gpus=spec.gpus,
                options=spec.options,
                phase="checking",
                phase_since=now,
                started_at=now,
                expected_seconds=expected,
                is_first_start=expected is None,
            )
        )
        hub.changed(key)

    async def begin(self, key: str, spec: LaunchSpec) -> None:
        """A start of one that is on the board already."""
        hub, expected = self._roster.hub, await self._expect(key, spec)
        now = hub.stream.now()
        hub.board.change(
            key,
            status="starting",
            failure=None,
            exit_code=None,
            oom_killed=False,
            phase="checking",
            phase_since=now,
            started_at=now,
            words="",
            fraction=None,
            options=spec.options,
            model=spec.model,
            expected_seconds=expected,
            is_first_start=expected is None,
        )
        hub.changed(key)

    async def end(self, engine: ManagedEngine, work: Awaitable[None]) -> None:
        """One that cannot be ended is as it was."""
        hub, key = self._roster.hub, engine.key
        if engine.status in UP:
            hub.board.change(key, status="stopping", words="", fraction=None)
            hub.changed(key)
        try:
            await work
        except SessionError:
            if hub.board.has(key) and hub.board.get(key).status == "stopping":
                hub.board.change(key, status=engine.status)
                await self.find_out(key)
            raise

    async def find_out(self, key: str) -> None:
        """What a container does now, after something went otherwise than was wished."""
        hub = self._roster.hub
        if hub.board.has(key) and hub.board.get(key).place == "container":
            hub.board.change(key, status="unknown", words="", fraction=None, phase=None)
        await self._roster.side(key).look(key)
        hub.changed(key)

    async def failed(self, key: str, failed: SessionError) -> None:
        """A start came to nothing."""
        hub, failure = self._roster.hub, _failure_of(failed)
        self.failures[key] = failure
        hub.first_starts.discard(key)
        if failure.kind in UNREACHABLE and hub.board.has(key) and hub.board.get(key).id:
            hub.lives.forget(key)
            await self.find_out(key)
            hub.board.change(key, words=failure.sentence)
            return
        if hub.board.has(key):
            failure = await self.completed(failure, hub.board.get(key))
        hub.board.change(key, status="failed", failure=failure, words="", fraction=None)
        await hub.show(key)

    async def completed(self, failure: Failure, engine: ManagedEngine) -> Failure:
        """With what can be shown instead."""
        if failure.kind not in NEEDS_NETWORK:
            return failure
        models = await self._judge.models_here(engine)
        return with_what_is_here(failure, engine, self._roster.hub.board, models)

    async def _expect(self, key: str, spec: LaunchSpec) -> float | None:
        """Tell the watchers what will come; seconds that the last such start took."""
        hub, hashed = self._roster.hub, spec_hash(spec)
        needs_download = await self._judge.needs_download(spec)
        hub.lives.expect(key, Expected(hashed, hub.stream.now(), needs_download))
        return self._memory.last_start(hashed)


def _failure_of(failed: SessionError) -> Failure:
    if isinstance(failed, LaunchFailed):
        return failed.failure
    return Failure(kind="not-started", sentence=str(failed), step="")
