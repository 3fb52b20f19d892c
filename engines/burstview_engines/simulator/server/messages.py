"""What the engines' process and its parent tell each other; light enough for both to import."""

from __future__ import annotations

import msgspec

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
    power_watts: float | None = None
    power_limit_watts: float | None = None


class Gauges(msgspec.Struct, frozen=True):
    """The answer of GET /simulated, which no real engine has."""

    gpu: GpuGauges
    running: int
    waiting: int
    kv_usage: float
    """0 to 1."""
    preemptions: int
    loaded: bool
    seats: int
    context_tokens: int
    kv_tokens: int
    quant: str
    extrapolated: bool
    """No trace backs the numbers of this GPU."""
    spec: dict[str, str | float | bool | None]
    simulated: bool = True
