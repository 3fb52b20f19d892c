"""What monitor and command line may ask of engines: start, watch, change, stop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from burstview_engines.core.managed import ManagedEngine, StoredModel
from burstview_engines.launch.spec import LaunchSpec


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked before a start."""

    name: str
    """Stable: `daemon`, `image`, `name`, `port`, `lan`, `gpu`, `disk`, `weights`, `memory`."""
    level: str
    """`ok`, `note`, `warning`, `problem`; a problem keeps the engine from starting."""
    sentence: str
    step: str = ""
    """What to do about it."""


@dataclass(frozen=True, slots=True)
class LaunchPreview:
    """What a start would do; made without changing anything."""

    spec: LaunchSpec
    """Completed: name, image and port are chosen."""
    command: str
    """The same as a `docker run` line, or the local command; secrets masked."""
    findings: tuple[Finding, ...] = ()
    memory: tuple[str, ...] = ()
    """The fit in words, the sentence that counts first; empty where nothing is known."""
    memory_parts: tuple[tuple[str, int], ...] = ()
    """(what, bytes) of the memory bar: weights, KV cache, overhead, others, free."""
    expected_seconds: float | None = None
    is_first_start: bool = True

    @property
    def problems(self) -> tuple[Finding, ...]:
        """What keeps it from starting."""
        return tuple(finding for finding in self.findings if finding.level == "problem")


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of an engine's log, made harmless."""

    number: int
    """Counts up from 1 within a log; a gap means that lines were dropped from the memory."""
    stamp: str
    """RFC 3339, from the daemon; empty for our own remarks."""
    text: str
    is_remark: bool = False
    """Ours: `— stopped —`."""


class LogView(Protocol):
    """The last lines of one engine's log, while it is followed."""

    @property
    def last_number(self) -> int:
        """Of the newest line; 0 before the first."""

    def since(self, number: int) -> tuple[LogLine, ...]:
        """The kept lines after that number."""


class EngineControl(Protocol):
    """All calls return soon; how far an engine is shows in the snapshot's `engines`.

    Each raises SessionError with one sentence when the wish cannot be fulfilled.
    """

    @property
    def is_read_only(self) -> bool:
        """Nothing may be changed."""

    @property
    def where(self) -> str:
        """The daemon's endpoint and how it was chosen; a sentence when there is none."""

    async def preview(self, spec: LaunchSpec, replaces: str | None = None) -> LaunchPreview:
        """Check a start without changing anything. `replaces` is the key of the engine whose place
        it would take: its name, its port and its memory count as free."""

    async def up(self, spec: LaunchSpec) -> str:
        """Begin to pull, create and start; the engine's key."""

    async def start(self, key: str) -> None:
        """Start a stopped one as it is."""

    async def stop(self, key: str) -> None:
        """Ask it to end, and end it after the profile's time; while stopping, kill it now."""

    async def kill(self, key: str) -> None:
        """End it at once."""

    async def restart(self, key: str) -> None:
        """Stop and start as it is."""

    async def spec_of(self, key: str) -> LaunchSpec:
        """How it was started, as far as it can be told, to be edited for `recreate`."""

    async def changes(self, key: str, spec: LaunchSpec) -> tuple[str, ...]:
        """What `recreate` would change, one phrase each, with what it costs."""

    async def recreate(self, key: str, spec: LaunchSpec) -> None:
        """Replace it by one with other options; volumes stay."""

    async def remove(self, key: str, *, volumes: bool = False) -> None:
        """Remove it; its volumes only if asked."""

    async def adopt(self, key: str) -> None:
        """Allow changes to a foreign one from now on; remembered by container id."""

    async def log(self, key: str) -> LogView:
        """Follow its log from now on, until another is followed or the session closes."""

    async def models(self, key: str) -> Sequence[StoredModel]:
        """What an Ollama has."""

    async def pull_model(self, key: str, model: str) -> None:
        """Let an Ollama pull a model; returns when it is there. Progress is in the snapshot."""

    def cancel_pull(self, key: str) -> None:
        """Stop the pull; another goes on where it was."""

    async def load_model(self, key: str, model: str) -> None:
        """Load it and keep it."""

    async def unload_model(self, key: str, model: str) -> None:
        """Free its memory."""

    async def delete_model(self, key: str, model: str) -> None:
        """Delete it from the store."""

    async def cancel(self, key: str) -> None:
        """Stop a start in progress: the pull is aborted, what was created is removed."""

    async def wait(self, key: str) -> ManagedEngine:
        """The engine when it is ready, has failed or stopped."""
