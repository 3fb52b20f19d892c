"""GET /simulated: what the simulated GPU and engine are doing."""

from __future__ import annotations

from dataclasses import asdict

import msgspec
from aiohttp import web

from burstview_engines.simulator.paged import BLOCK_TOKENS
from burstview_engines.simulator.server.messages import Counters, Gauges, GpuGauges
from burstview_engines.simulator.server.served import SERVED, Served
from burstview_engines.simulator.spec import extrapolated


def read(served: Served, since: int | None = None) -> Gauges:
    """The gauges now, with the steps after number `since`."""
    driver, room, inside = served.driver, served.capacity, served.driver.inside()
    return Gauges(
        gpu=GpuGauges(
            name=served.parts.gpu.name,
            utilisation=round(driver.utilisation(), 1),
            memory_used_bytes=room.used_bytes,
            memory_total_bytes=served.parts.gpu.memory_bytes,
            memory_seconds=driver.statistics.memory_seconds,
            tensor_seconds=driver.statistics.tensor_seconds,
            power_limit_watts=float(served.parts.gpu.watts),
        ),
        running=len(driver.running),
        waiting=len(driver.waiting),
        kv_usage=round(served.kv_usage, 4),
        counters=_counters(served),
        loaded=driver.loaded,
        seats=room.seats,
        context_tokens=room.context_tokens,
        kv_tokens=room.kv_tokens,
        quant=served.parts.quant.label,
        extrapolated=extrapolated(served.spec),
        spec=asdict(served.spec),
        kv_used_tokens=driver.kv_used_tokens,
        block_tokens=BLOCK_TOKENS if inside.holdings is not None else None,
        holdings=inside.holdings,
        slots=inside.slots,
        steps=() if since is None else driver.step_log.since(since),
        last_step=driver.step_log.last_number,
    )


def _counters(served: Served) -> Counters:
    counts = served.driver.statistics
    return Counters(
        prompt_tokens=counts.prompt_tokens,
        output_tokens=counts.generated_tokens,
        preemptions=counts.preemptions,
        steps=counts.steps,
        step_tokens=counts.step_tokens,
        ended=counts.queue.count,
        queue_seconds=counts.queue.total,
        prefill_seconds=counts.prefill.total,
        decode_seconds=counts.decode.total,
    )


async def simulated(request: web.Request) -> web.Response:
    """The gauges as JSON. `?since=N` adds the steps after number N."""
    asked = request.query.get("since", "")
    since = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 16 else None
    body = msgspec.json.encode(read(request.app[SERVED], since))
    return web.Response(body=body, content_type="application/json")
