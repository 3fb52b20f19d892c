"""What the engines' process and its parent tell each other; light enough for both to import."""

from __future__ import annotations

import msgspec

from burstview_engines.core.engine_gauges import EngineStep, Holding, Slot
from burstview_engines.simulator.server.faults import NO_FAULTS, Faults
from burstview_engines.simulator.spec import EngineSpec


class Start(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One engine to serve; the process gets a JSON list of these."""

    spec: EngineSpec
    port: int = 0
    """0: any free one."""
    faults: Faults = NO_FAULTS


class Started(msgspec.Struct, frozen=True):
    """Where one engine listens, in the order of the starts."""

    url: str
    port: int
    model: str
    thinks: bool


class Announcement(msgspec.Struct, frozen=True):
    """The one line on the process's stdout."""

    engines: tuple[Started, ...] = ()
    error: str | None = None
    """One sentence; then nothing is served."""


class GpuGauges(msgspec.Struct, frozen=True):
    """The simulated GPU. The power it draws is not simulated: null."""

    name: str
    utilisation: float
    """Percent of the last second that it computed."""
    memory_used_bytes: int
    memory_total_bytes: int
    memory_seconds: float = 0.0
    """Counter: seconds that its memory was in use, reckoned at its full rate; passes that are
    not over do not count."""
    tensor_seconds: float = 0.0
    """Counter: the same of its tensor cores."""
    power_watts: float | None = None
    power_limit_watts: float | None = None


class Counters(msgspec.Struct, frozen=True):
    """Since the engine began; times are of ended requests, summed."""

    prompt_tokens: int = 0
    output_tokens: int = 0
    preemptions: int = 0
    steps: int = 0
    step_tokens: int = 0
    ended: int = 0
    queue_seconds: float = 0.0
    prefill_seconds: float = 0.0
    decode_seconds: float = 0.0


class Gauges(msgspec.Struct, frozen=True):
    """The answer of GET /simulated, which no real engine has."""

    gpu: GpuGauges
    running: int
    waiting: int
    kv_usage: float
    """0 to 1."""
    counters: Counters
    loaded: bool
    seats: int
    context_tokens: int
    kv_tokens: int
    quant: str
    extrapolated: bool
    """No trace backs the numbers of this GPU."""
    spec: dict[str, str | float | bool | None]
    kv_used_tokens: int = 0
    """The sum over `holdings`, in whole blocks, or the context of all busy slots."""
    block_tokens: int | None = None
    """Of a paged engine."""
    holdings: tuple[Holding, ...] | None = None
    slots: tuple[Slot, ...] | None = None
    steps: tuple[EngineStep, ...] = ()
    """Those after `?since=`, their `at` on CLOCK_MONOTONIC; none unless it is asked for."""
    last_step: int = 0
    """The number to ask `since` the next time."""
    simulated: bool = True
