"""What a table says of one model of an Ollama. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from burstview import format as say
from burstview.draw.columns import Cells
from burstview.draw.runs import Run
from burstview_engines.core.managed import StoredModel
from burstview_engines.core.text import one_line
from burstview_engines.core.wording import seconds
from burstview_engines.fit.words import decimal


def cells_of(
    model: StoredModel, is_selected: bool, in_use: str | None, busy: Mapping[str, str], now: float
) -> Cells:
    """`now` is Unix time; `busy` is what goes on with a model, by its name."""
    return {
        "": (Run("▸" if is_selected else " ", "pointer"),),
        "model": (Run(one_line(model.name, 60), "name"), *_used(model.name == in_use)),
        "size": (Run(say.UNKNOWN if model.size_bytes is None else decimal(model.size_bytes)),),
        "format": (Run(one_line(model.quant or say.UNKNOWN, 10)),),
        "parameters": (Run(one_line(model.parameters or say.UNKNOWN, 10)),),
        "memory": _memory(model, busy.get(model.name, "")),
        "where": _where(model),
        "unloads": (Run(unloads(model, now)),),
    }


def unloads(model: StoredModel, now: float) -> str:
    """`in 4 m 12 s`; a dash for what is not loaded."""
    if not model.loaded:
        return say.UNKNOWN
    if model.expires_wall is None:
        return "never"
    left = int(model.expires_wall - now)
    return f"in {seconds(left)}" if left > 0 else "now"


def _used(in_use: bool) -> tuple[Run, ...]:
    return (Run(" ◀ used", "used"),) if in_use else ()


def _memory(model: StoredModel, busy: str) -> tuple[Run, ...]:
    if busy:
        return (Run(f"◐ {busy}", "busy"),)
    return (Run("● loaded", "good"),) if model.loaded else (Run("○ on disk", "quiet"),)


def _where(model: StoredModel) -> tuple[Run, ...]:
    if not model.loaded or model.on_gpu is None:
        return (Run(say.UNKNOWN, "quiet"),)
    if model.on_gpu >= 1:
        return (Run("all on the GPU", "good"),)
    if model.on_gpu <= 0:
        return (Run("⚠ CPU alone: slow", "warn"),)
    return (Run(f"⚠ {model.on_gpu * 100:.0f}% GPU: slow", "warn"),)
