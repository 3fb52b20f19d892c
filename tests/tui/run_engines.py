"""The monitor on a scripted control whose engines go on by themselves: to look at, not a test.

`python -m tests.tui.run_engines [THEME]` opens it; press `g`.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator

from tests.tui.scripted_control import (
    FAILED,
    FOREIGN,
    OLLAMA_READY,
    READY,
    STARTING,
    STOPPED,
    THEIRS,
    EnginesSession,
    ScriptedControl,
    changed,
)

from burstview.app import BurstviewApp
from burstview_engines.core.managed import LaunchPhase, ManagedEngine
from burstview_engines.core.plan import BurstPlan
from burstview_engines.core.views import Snapshot

STEP = 0.5
"""Seconds between two scripted moments."""
START: tuple[tuple[LaunchPhase, int, str], ...] = (
    ("checking", 2, ""),
    ("pulling image", 14, "{} of 7 layers, {:.1f} of 4.0 GB"),
    ("creating", 2, ""),
    ("booting", 6, ""),
    ("downloading weights", 8, "{:.0%} of 1.2 GB"),
    ("download stalled", 12, "no byte for {:.0f} s; 0.7 GB so far"),
    ("loading weights", 10, "{} of 7 shards"),
    ("compiling", 12, ""),
    ("profiling memory", 4, ""),
    ("capturing CUDA graphs", 8, "{} of 7 sizes"),
    ("opening HTTP", 2, ""),
)
FRESH = changed(
    STARTING, key="container:burstview-ai-new", name="burstview-ai-new", expected_seconds=38.0
)


class LiveControl(ScriptedControl):
    """Takes a start, a stop, a removal and an adoption as an engine would, at once."""

    session: EnginesSession

    async def start(self, key: str) -> None:
        """It is ready."""
        await super().start(key)
        self._change(key, status="ready", started_at=self.session.now, exit_code=None)

    async def stop(self, key: str) -> None:
        """It ends within two seconds."""
        await super().stop(key)
        self._change(key, status="stopping", words="stopping… 2 of 30 s")
        await asyncio.sleep(2)
        self._change(key, status="stopped", exit_code=0, words="")

    async def kill(self, key: str) -> None:
        """It is dead."""
        await super().kill(key)
        self._change(key, status="stopped", exit_code=137)

    async def adopt(self, key: str) -> None:
        """It may be changed from now on."""
        await super().adopt(key)
        self._change(key, owner="adopted")

    async def remove(self, key: str, *, volumes: bool = False) -> None:
        """It is gone."""
        await super().remove(key, volumes=volumes)
        self.session.lose(key)

    def _change(self, key: str, **fields: object) -> None:
        view = self.session.fold.snapshot().engine(key)
        if view is not None:
            self.session.see(changed(view.engine, **fields))


class MovingSession(EnginesSession):
    """Its clock is the wall's."""

    def __init__(self, *engines: ManagedEngine, control: LiveControl) -> None:
        super().__init__(*engines, control=control)
        control.session = self
        self._began: float | None = None
        self._script: asyncio.Task[None] | None = None

    def snapshot(self) -> Snapshot:
        """Time goes on by itself."""
        if self._began is not None:
            self.now = asyncio.get_running_loop().time() - self._began
        return super().snapshot()

    async def open(self) -> None:
        """The engines, and one that is being started."""
        self._began = asyncio.get_running_loop().time()
        await super().open()
        self._script = asyncio.create_task(self._play())

    async def _play(self) -> None:
        async for engine in self._start():
            self.see(engine)
            log = self.control.log_of(FRESH.key)
            log.write(f"INFO {self.now:6.1f} [core.py:118] {engine.phase}: {engine.words}")
        self.control.log_of(FRESH.key).write("— ready —", is_remark=True)
        self.see(changed(READY, key=FRESH.key, name=FRESH.name, started_at=0.0))

    async def _start(self) -> AsyncIterator[ManagedEngine]:
        for phase, moments, pattern in START:
            since = self.now
            for moment in range(moments):
                yield _at(phase, since, moment, moments, pattern)
                await asyncio.sleep(STEP)


def _at(phase: LaunchPhase, since: float, moment: int, moments: int, pattern: str) -> ManagedEngine:
    share = moment / moments
    words = {
        "pulling image": lambda: pattern.format(int(share * 7), share * 4),
        "downloading weights": lambda: pattern.format(share * 0.6),
        "download stalled": lambda: pattern.format(20 + moment * STEP),
    }.get(phase, lambda: pattern.format(int(share * 7)))()
    return changed(
        FRESH,
        status="pulling" if phase in ("checking", "pulling image") else "starting",
        phase=phase,
        phase_since=since,
        started_at=0.0,
        fraction=share if pattern and phase != "download stalled" else None,
        words=words,
    )


if __name__ == "__main__":
    session = MovingSession(FAILED, OLLAMA_READY, STOPPED, FOREIGN, THEIRS, control=LiveControl())
    BurstviewApp(session, BurstPlan(), theme=sys.argv[1] if len(sys.argv) > 1 else None).run()
