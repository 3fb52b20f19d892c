"""GET /simulated: what the simulated GPU and engine are doing."""

from __future__ import annotations

from dataclasses import asdict

import msgspec
from aiohttp import web

from burstview_engines.simulator.server.body import json_response
from burstview_engines.simulator.server.messages import Gauges, GpuGauges
from burstview_engines.simulator.server.served import SERVED, Served
from burstview_engines.simulator.spec import extrapolated


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
        seats=room.seats,
        context_tokens=room.context_tokens,
        kv_tokens=room.kv_tokens,
        quant=served.parts.quant.label,
        extrapolated=extrapolated(served.spec),
        spec=asdict(served.spec),
    )


async def simulated(request: web.Request) -> web.Response:
    """The gauges as JSON."""
    return json_response(msgspec.to_builtins(read(request.app[SERVED])))
