"""Images that are pulled, with how far they are."""

from __future__ import annotations

import asyncio
import threading

from burstview_engines.fleet.daemon_calls import DaemonCalls
from burstview_engines.fleet.start_words import Tell
from burstview_engines.launch.identity import image_of as default_image
from burstview_engines.launch.registry import LAUNCH
from burstview_engines.launch.spec import LaunchSpec
from burstview_engines.places.docker import gpu
from burstview_engines.places.docker.look import image_of
from burstview_engines.places.docker.pull import pull
from burstview_engines.places.docker.pull_state import PullState

TICK = 0.1
"""Seconds between two looks at how far it is."""


class ImagePulls:
    """By one daemon."""

    def __init__(self, calls: DaemonCalls) -> None:
        self._calls = calls

    async def image_of(self, spec: LaunchSpec) -> str:
        """The spec's, or its profile's for a machine with such GPUs."""
        way = await self._calls.do(gpu.way, self._calls.engine, spec.gpus)
        gpus = spec.gpus if way != "none" else ()
        return spec.image or default_image(LAUNCH[spec.engine], gpus)

    async def is_here(self, image: str) -> bool:
        """Nothing needs to be pulled."""
        return await self._calls.do(image_of, self._calls.engine, image) is not None

    async def pull(self, image: str, tell: Tell) -> None:
        """The daemon tells on a thread; the screen is told now and then."""
        cancelled, newest = threading.Event(), list[PullState]()
        work = asyncio.ensure_future(
            self._calls.do(pull, self._calls.engine, image, newest.append, cancelled)
        )
        tell("pulling image", image, None)
        try:
            while not work.done():
                await asyncio.wait([work], timeout=TICK)
                if newest:
                    tell("pulling image", newest[-1].words, newest[-1].fraction)
                    newest.clear()
            await work
        finally:
            cancelled.set()
            work.add_done_callback(_hear)


def _hear(work: asyncio.Future[None]) -> None:
    """Whoever waited was told, or was cancelled and does not want to know."""
    if not work.cancelled():
        work.exception()
