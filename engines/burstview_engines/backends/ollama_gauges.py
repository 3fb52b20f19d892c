"""Ollama's /api/ps: the memory of the loaded model, and until when it stays."""

from __future__ import annotations

import re
from datetime import datetime

import msgspec

from burstview_engines.backends.gauges import GaugePath, Gauges, UnreadableGauges
from burstview_engines.backends.ollama_names import same_model
from burstview_engines.backends.prometheus import whole

FOREVER_YEAR = 2200
"""`keep_alive: -1` is told as a time in some centuries."""
LEAST_PAUSE = 2.0
"""Seconds: nothing of it changes faster than people read it."""
_FRACTION = re.compile(r"\.(\d{1,6})\d*")


class _Loaded(msgspec.Struct, frozen=True):
    name: str
    size: int | None = None
    size_vram: int | None = None
    context_length: int | None = None
    expires_at: str | None = None


class _Ps(msgspec.Struct, frozen=True):
    models: list[_Loaded] | None


_PS = msgspec.json.Decoder(_Ps)


def read(text: str, model: str | None = None) -> Gauges:
    """Of that model; without a name, of the only one. Raises UnreadableGauges."""
    try:
        loaded = _PS.decode(text).models or []
    except (msgspec.DecodeError, RecursionError) as damage:
        raise UnreadableGauges("no list of loaded models") from damage
    mine = [one for one in loaded if model is None or same_model(one.name, model)]
    if len(mine) > 1:
        return Gauges()
    if not mine:
        return Gauges(model_bytes=0, model_gpu_bytes=0)
    return Gauges(
        model_bytes=whole(mine[0].size),
        model_gpu_bytes=whole(mine[0].size_vram),
        context_tokens=whole(mine[0].context_length) or None,
        expires_wall=expiry(mine[0].expires_at),
    )


def expiry(stamp: str | None) -> float | None:
    """Unix time of Go's RFC 3339 with nanoseconds; None: never, or it is damaged."""
    try:
        time = datetime.fromisoformat(_FRACTION.sub(r".\1", stamp or ""))
    except ValueError:
        return None
    if time.tzinfo is None or not 1970 < time.year < FOREVER_YEAR:
        return None
    return time.timestamp()


PATH = GaugePath("/api/ps", "ps", read, off={}, least_pause=LEAST_PAUSE)
