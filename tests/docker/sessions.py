"""Whole sessions for tests: engines started, watched and fired at, as the monitor holds them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from burstview_engines.core.managed import ManagedEngine, Usage
from burstview_engines.core.plan import BurstPlan
from burstview_engines.core.sentences import sentence
from burstview_engines.core.views import BackendView
from burstview_engines.fleet.fleet import Fleet
from burstview_engines.fleet.opening import open_fleet
from burstview_engines.fleet.source import FleetSource
from burstview_engines.launch.spec import LaunchSpec
from burstview_engines.live import LiveSession
from tests.docker.images import StandinImages
from tests.fleet.fleets import LIMIT, until

SOCKET = "unix:///var/run/docker.sock"
QUICK = {"BURSTVIEW_STANDIN_START_SECONDS": "0.2"}
BURST = BurstPlan(concurrency=4, max_tokens=8, alone=1)


@dataclass(slots=True)
class Held:
    """A session and its fleet."""

    session: LiveSession
    fleet: Fleet
    record: Path | None

    def has(self, key: str) -> bool:
        """Whether that engine is on the board."""
        return self.session.snapshot().engine(key) is not None

    def engine(self, key: str) -> ManagedEngine:
        """As the snapshot has it; fails when it is not there."""
        view = self.session.snapshot().engine(key)
        assert view is not None, f"{key} is not on the board"
        return view.engine

    def usage(self, key: str) -> Usage | None:
        """What it uses, as last told."""
        view = self.session.snapshot().engine(key)
        return view.usage if view is not None else None

    def backend(self, key: str) -> BackendView:
        """As it can be fired at."""
        return next(v for v in self.session.snapshot().backends if v.backend.key == key)

    async def until(self, key: str, *statuses: str) -> ManagedEngine:
        """Once it has one of these statuses; fails after the limit."""
        await until(
            lambda: self.has(key) and self.engine(key).status in statuses,
            lambda: str(self.session.snapshot().engine(key)),
        )
        return self.engine(key)

    async def wait(self, key: str) -> ManagedEngine:
        """As the fleet's own, but not for ever."""
        async with asyncio.timeout(LIMIT):
            return await self.fleet.wait(key)

    async def until_gone(self, key: str) -> None:
        """Once it is no longer on the board."""
        await until(lambda: not self.has(key))

    async def until_fireable(self, *keys: str) -> None:
        """Once each has a model and is ready to be fired at."""
        await until(
            lambda: all(self._is_fireable(key) for key in keys),
            lambda: str(self.session.snapshot().backends),
        )

    async def fire(self, *keys: str) -> list[str]:
        """A small burst at each; what the verdict says of each run."""
        await self.until_fireable(*keys)
        runs = await self.session.fire(keys, BURST)
        return [sentence(view) for n in runs if (view := self.session.snapshot().run(n))]

    def notices(self) -> list[str]:
        """The sentences for the person at the screen."""
        return list(self.session.snapshot().notices)

    def _is_fireable(self, key: str) -> bool:
        views = [v for v in self.session.snapshot().backends if v.backend.key == key]
        return bool(views) and views[0].state == "ready" and views[0].backend.model is not None


@asynccontextmanager
async def session(
    state: Path,
    owner: str,
    *,
    docker_host: str = SOCKET,
    environ: Mapping[str, str] | None = None,
    record: Path | None = None,
    read_only: bool = False,
) -> AsyncIterator[Held]:
    """Open, with its first look done; closed at the end. What runs goes on running."""
    fleet = open_fleet(
        docker_host=docker_host,
        environ=environ or {},
        home=state,
        state=state,
        owner=owner,
        read_only=read_only,
    )
    live = LiveSession([FleetSource(fleet)], program="burstview test", engines=fleet, record=record)
    await live.open()
    await live.settled()
    try:
        yield Held(live, fleet, record)
    finally:
        await live.close()


def ollama(name: str, images: StandinImages, **more: str) -> LaunchSpec:
    """A stand-in that behaves like Ollama; `more` are variables."""
    return LaunchSpec(
        engine="ollama", name=name, image=images.ollama, environment=QUICK | more, gpus=()
    )


def vllm(name: str, images: StandinImages, **more: str) -> LaunchSpec:
    """A stand-in that behaves like vLLM; `more` are variables."""
    return LaunchSpec(
        engine="vllm",
        name=name,
        image=images.vllm,
        model="Qwen/Qwen3-0.6B",
        options={"max-num-seqs": "8"},
        environment=QUICK | more,
        gpus=(),
    )


def with_option(spec: LaunchSpec, name: str, value: str) -> LaunchSpec:
    """The same with one option changed."""
    return msgspec.structs.replace(spec, options=spec.options | {name: value})


def statuses(record: Path, key: str) -> list[str]:
    """Those that the recording has seen of one engine, in order, without repeats."""
    found: list[str] = []
    for line in record.read_text().splitlines():
        event = json.loads(line)
        if event["type"] == "managed" and event["engine"]["key"] == key:
            status = event["engine"]["status"]
            if not found or found[-1] != status:
                found.append(status)
    return found
