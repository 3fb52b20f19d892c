"""Questions to one Docker daemon, each on a thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from burstview_engines.fleet.memory import MemoryProblem
from burstview_engines.fleet.start_words import LaunchFailed, WrongWish
from burstview_engines.launch.error import LaunchError
from burstview_engines.places.docker.engine_port import DockerEngine
from burstview_engines.places.docker.failures import DockerFailed
from burstview_engines.places.docker.threads import DaemonThreads
from burstview_engines.source import SessionError

P = ParamSpec("P")
T = TypeVar("T")


class DaemonCalls:
    """No key waits for a daemon; what it answers wrongly becomes one of our errors."""

    def __init__(self, engine: DockerEngine) -> None:
        self.engine = engine
        self.threads = DaemonThreads("docker", 8)

    async def do(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """On a thread. Raises LaunchFailed with the daemon's failure."""
        try:
            return await self.threads.run(function, *args, **kwargs)
        except DockerFailed as failed:
            raise LaunchFailed(failed.failure) from failed
        except LaunchError as refusal:
            raise WrongWish(str(refusal)) from refusal
        except MemoryProblem as problem:
            raise SessionError(str(problem)) from problem

    def close(self) -> None:
        """Nobody is waited for."""
        self.threads.close()
        threading.Thread(target=self.engine.close, name="docker-close", daemon=True).start()
