"""Did the client keep time? Pure: figures in, a `ClientHealth` event out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import msgspec

from burstview_engines.burst.wire import PhaseReport, Transport
from burstview_engines.core.events import ClientHealth
from burstview_engines.core.metrics import percentile

TOLERATED_LAG = 0.020
"""Seconds of own delay that are told in any case."""
TOLERATED_SHARE = 0.10
"""Own delay as a share of the median TTFT that is told."""
COALESCED_LAG = 0.010
"""Seconds of loop lag above which reads that hold several chunks are the client's doing."""
COALESCED = 4.0
"""Chunks a read above which a stream's pace cannot be seen."""


@dataclass(frozen=True, slots=True)
class Launch:
    """One request of the burst, session seconds."""

    intended: float
    written: float
    first_token: float | None


def client_health(
    *,
    at: float,
    run: int,
    transport: Transport,
    connections: int,
    launches: Sequence[Launch],
    reports: Sequence[PhaseReport],
) -> ClientHealth | None:
    """How well the workers kept time in a burst; None when nothing was launched or reported."""
    if not launches or not reports:
        return None
    written = [launch.written for launch in launches]
    lags = [max(0.0, launch.written - launch.intended) for launch in launches]
    health = ClientHealth(
        at=at,
        run=run,
        transport=transport,
        workers=len(reports),
        connections=connections,
        launch_skew=round(max(written) - min(written), 6),
        launch_lag_p95=round(percentile(lags, 95) or 0.0, 6),
        launch_lag_max=round(max(lags), 6),
        loop_lag_p95=round(max(report.loop_lag_p95 for report in reports), 6),
        loop_lag_max=round(max(report.loop_lag_max for report in reports), 6),
        reads=sum(report.reads for report in reports),
        chunks=sum(report.chunks for report in reports),
        cpu=round(sum(report.cpu for report in reports), 6),
    )
    return msgspec.structs.replace(health, warning=warning(health, _median_ttft(launches)))


def warning(health: ClientHealth, median_ttft: float | None) -> str | None:
    """One sentence when the client, not the server, shaped the picture."""
    lag = max(health.launch_lag_p95, health.loop_lag_p95)
    if lag > TOLERATED_LAG:
        return (
            f"This client ran up to {_ms(lag)} late, so part of the waiting is its own:"
            " close other programs or lower the concurrency."
        )
    if median_ttft is not None and lag > TOLERATED_SHARE * median_ttft:
        return (
            f"This client ran up to {_ms(lag)} late, which is much beside a median TTFT of"
            f" {_ms(median_ttft)}: read the first-token times with care."
        )
    if health.loop_lag_p95 > COALESCED_LAG and health.chunks > COALESCED * max(1, health.reads):
        return (
            "This client read several chunks at once because it was late:"
            " the gaps between chunks are not the server's."
        )
    return None


def _median_ttft(launches: Sequence[Launch]) -> float | None:
    waits = [each.first_token - each.written for each in launches if each.first_token is not None]
    return median(waits) if waits else None


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"
