"""How much goes over a GPU's NVLinks: the driver counts, we take differences."""

from __future__ import annotations

from burstview_engines.probes.nvml import codes
from burstview_engines.probes.nvml.asking import Asking

KIB = 1024


class LinkRates:
    """Bytes a second over all links of one GPU."""

    def __init__(self) -> None:
        self._before: tuple[float, float, float] | None = None

    def look(self, ask: Asking, at: float) -> tuple[float | None, float | None]:
        """Received and sent since the look before; None at the first look, where there are no
        links, and when a counter began anew. Raises GpuLostError."""
        received, sent = ask.fields(
            (codes.NVLINK_RECEIVED, codes.ALL_LINKS), (codes.NVLINK_SENT, codes.ALL_LINKS)
        )
        before, self._before = self._before, None
        if received is None or sent is None:
            return None, None
        self._before = (at, received, sent)
        if before is None or at <= before[0]:
            return None, None
        return (
            _rate(received - before[1], at - before[0]),
            _rate(sent - before[2], at - before[0]),
        )


def _rate(kib: float, seconds: float) -> float | None:
    return None if kib < 0 else kib * KIB / seconds
