"""GET /simulated: what the simulated GPU and engine are doing; no real engine has this path."""

from __future__ import annotations

from dataclasses import asdict

import msgspec
from aiohttp import web

from burstview_engines.simulator.server.body import json_response
from burstview_engines.simulator.server.served import SERVED, Served
from burstview_engines.simulator.spec import extrapolated


class GpuGauges(msgspec.Struct, frozen=True):
    """The simulated GPU. Power and temperature are not simulated: null."""

    name: str
    utilisation: float
    """Percent of the last second that it computed."""
    memory_used_bytes: int
    memory_total_bytes: int
    power_watts: float | None = None
    power_limit_watts: float | None = None


class Gauges(msgspec.Struct, frozen=True):
    """One look at a simulated engine."""

    gpu: GpuGauges
    running: int
    waiting: int
    kv_usage: float
    """0 to 1."""
    preemptions: int
    loaded: bool
    extrapolated: bool
    """No trace backs the numbers of this GPU."""
    spec: dict[str, str | float | bool | None]
    simulated: bool = True


def read(served: Served) -> Gauges:
    """The gauges now."""
    driver, room = served.driver, served.capacity
    return Gauges(
        gpu=GpuGauges(
            name=served.parts.gpu.name,
            utilisation=round(driver.utilisation(), 1),
            memory_used_bytes=room.used_bytes,
            memory_total_bytes=served.parts.gpu.memory_bytes,
            power_limit_watts=float(served.parts.gpu.watts),
        ),
        running=len(driver.running),
        waiting=len(driver.waiting),
        kv_usage=round(served.kv_usage, 4),
        preemptions=driver.statistics.preemptions,
        loaded=driver.loaded,
        extrapolated=extrapolated(served.spec),
        spec=asdict(served.spec),
    )


async def simulated(request: web.Request) -> web.Response:
    """GET /simulated."""
    return json_response(msgspec.to_builtins(read(request.app[SERVED])))
