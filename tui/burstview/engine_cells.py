"""One engine as the cells of a table's row. Pure."""

from __future__ import annotations

from burstview import engine_words as say
from burstview import format as figures
from burstview.draw.columns import Cells
from burstview.draw.runs import Run
from burstview_engines.core.managed import ManagedEngine, Usage
from burstview_engines.core.text import one_line
from burstview_engines.core.views import EngineView
from burstview_engines.core.wording import UNKNOWN


def cells_of(view: EngineView, now: float, asked: str = "") -> Cells:
    """All columns, whether or not they have room; `asked` is a wish that is not taken yet."""
    engine, usage = view.engine, view.usage or Usage()
    tone = say.tone(engine)
    name = one_line(engine.name, 60)
    return {
        "Name": (Run(name, "name"),),
        "Engine": (Run(say.ENGINES[engine.engine]),),
        "Model": (_quiet(_model(engine)),),
        "Status": (Run(f"{say.mark(engine)} {say.status_word(engine)}", tone),),
        "Owner": (Run(say.owner_word(engine), "" if engine.may_change else "quiet"),),
        "Port": _port(engine),
        "GPUs": (_quiet(say.gpus_word(engine)),),
        "CPU": (_quiet(figures.percent(usage.cpu_percent)),),
        "Memory": (_quiet(_memory(usage)),),
        "Up": (_quiet(say.uptime(engine, now)),),
        "Note": (Run(asked or say.note(engine, now), _note_kind(engine, asked)),),
    }


def _model(engine: ManagedEngine) -> str:
    mark = "SIMULATED " if engine.simulated else ""
    return mark + (one_line(engine.model, 80) if engine.model else UNKNOWN)


def _port(engine: ManagedEngine) -> tuple[Run, ...]:
    port = _quiet(say.port_word(engine))
    return (port, Run(" "), Run("LAN", "lan")) if engine.lan else (port,)


def _memory(usage: Usage) -> str:
    if usage.memory_bytes is None:
        return UNKNOWN
    return figures.size_of(usage.memory_bytes, usage.memory_limit_bytes)


def _note_kind(engine: ManagedEngine, asked: str) -> str:
    if asked:
        return "busy"
    if engine.status == "ready" and (say.is_partly_on_cpu(engine) or engine.drift):
        return "warn"
    return say.tone(engine)


def _quiet(text: str) -> Run:
    return Run(text, "quiet" if text == UNKNOWN else "")
