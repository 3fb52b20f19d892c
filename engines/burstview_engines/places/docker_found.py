"""Engines in Docker containers: the daemon is asked on a thread that nobody waits for."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from burstview_engines.places.docker_containers import EngineContainer, Listed

ANSWER_LIMIT = 2
"""Seconds without a byte after which a daemon is taken for dead."""
PERIOD = 5.0
"""Seconds between two looks."""


@dataclass(frozen=True, slots=True)
class DockerLook:
    """One look at Docker."""

    endpoint: str | None = None
    version: str | None = None
    problem: str | None = None
    is_told: bool = False
    """Whether `problem` deserves a notice: having no Docker does not."""
    containers: tuple[EngineContainer, ...] = ()


class DockerWatch:
    """Looks again and again. A daemon that hangs holds up nothing but its own thread."""

    def __init__(
        self,
        environ: Mapping[str, str] = os.environ,
        home: Path | None = None,
        limit: int = ANSWER_LIMIT,
    ) -> None:
        self.latest = DockerLook()
        """The newest look; an empty one before the first."""
        self._environ, self._home, self._limit = environ, home or Path.home(), limit
        self._stopped = threading.Event()
        self._looked = asyncio.Event()

    def start(self) -> None:
        """Begin to look; needs a running loop."""
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._watch, args=(loop,), name="docker", daemon=True).start()

    async def first(self, limit: float) -> None:
        """Wait for the first look, at most `limit` seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(limit):
                await self._looked.wait()

    def stop(self) -> None:
        """No look is begun after this."""
        self._stopped.set()

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        while not self._stopped.is_set():
            self.latest = look(self._environ, self._home, self._limit)
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(self._looked.set)
            self._stopped.wait(PERIOD)


def look(environ: Mapping[str, str], home: Path, limit: int = ANSWER_LIMIT) -> DockerLook:
    """Ask the daemon once. docker-py is imported only when somebody listens at its endpoint."""
    from burstview_engines.places.docker_endpoint import DockerProblem, check, endpoint

    where = None
    try:
        where = endpoint(environ, home)
        check(where)
        from burstview_engines.places.docker_containers import engines

        version, listed = _ask(where, environ, limit)
        return DockerLook(where, version, containers=engines(listed))
    except DockerProblem as problem:
        return DockerLook(where, problem=str(problem), is_told=problem.is_told)


class _Version(msgspec.Struct, frozen=True, rename="pascal"):
    version: str


def _ask(where: str, environ: Mapping[str, str], limit: int) -> tuple[str, list[Listed]]:
    """The daemon's version and its running containers. Raises DockerProblem."""
    from docker import DockerClient
    from docker.errors import DockerException
    from docker.utils import kwargs_from_env
    from urllib3.exceptions import HTTPError

    from burstview_engines.places.docker_containers import Listed
    from burstview_engines.places.docker_endpoint import DockerProblem

    try:
        known = kwargs_from_env(dict(environ)) | {"base_url": where}
        client = DockerClient(version="auto", timeout=limit, **known)
        with closing(client):
            told = msgspec.convert(client.version(api_version=False), _Version)
            return told.version, msgspec.convert(client.api.containers(), list[Listed])
    except (DockerException, HTTPError, OSError, ValueError, msgspec.ValidationError) as failure:
        raise DockerProblem(
            f"Docker at {where} gives no usable answer; see `docker info`, or name engines in"
            " containers by their URLs."
        ) from failure
