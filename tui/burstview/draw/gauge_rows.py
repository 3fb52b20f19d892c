"""One GPU or the machine as one row: name, use over time, memory, power, temperature, clock."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from burstview import format as say
from burstview.draw.runs import Run, clip, fit
from burstview_engines.core.events import HostSampled
from burstview_engines.core.gpu import Gpu
from burstview_engines.core.text import one_line

_LEVELS = "▁▂▃▄▅▆▇█"
_SPARK_CELLS = ((100, 20), (60, 6), (0, 0))
"""(row width from which, cells of history): the same for all rows, so that they compare."""
_GAP = Run("  ")
_OWNER_CELLS = 12


def spark(history: Sequence[float | None], cells: int) -> str:
    """The newest `cells` percentages on the fixed scale 0 to 100; unknown ones are gaps."""
    shown = history[-cells:] if cells else ()
    return "".join(" " if v is None else _level(v) for v in shown).rjust(cells)


def _level(value: float) -> str:
    return _LEVELS[min(7, max(0, int(value / 12.5)))]


def gpu_label(gpu: Gpu, simulated: bool, owner: str = "") -> str:
    """`GPU 0 H200`; `vLLM's L4 SIMULATED` where the backend's name is known."""
    name = one_line(gpu.name).removeprefix("NVIDIA ").removeprefix("GeForce ")
    lead = f"{one_line(owner, _OWNER_CELLS)}'s" if owner else f"GPU {gpu.index}"
    return f"{lead} {name}" + (" SIMULATED" if simulated else "")


def gpu_row(
    gpu: Gpu,
    history: Sequence[float | None],
    width: int,
    *,
    simulated: bool = False,
    owner: str = "",
    label_cells: int = 0,
) -> tuple[Run, ...]:
    """A GPU's gauges in `width` cells; what has no room is left out from the right.

    `owner` is the name of the backend whose simulated GPU it is.
    """
    facts = (
        Run(f"mem {say.size_of(gpu.memory_used_bytes, gpu.memory_total_bytes)}", "value"),
        Run(say.quantity_of(gpu.power_watts, gpu.power_limit_watts, "W"), "value"),
        Run(say.quantity(gpu.temperature_celsius, "°C"), "value"),
        Run(say.quantity(gpu.sm_clock_mhz, "MHz"), "value"),
    )
    kind = "simulated" if simulated else "label"
    label = _label(gpu_label(gpu, simulated, owner), kind, label_cells)
    return _row(label, "util", gpu.utilisation, history, facts, width)


def host_row(
    host: HostSampled | None, history: Sequence[float | None], width: int, label_cells: int = 0
) -> tuple[Run, ...]:
    """The machine's gauges in `width` cells."""
    label = _label("host", "label", label_cells)
    if host is None:
        return _row(label, "cpu ", None, history, (Run(f"mem {say.UNKNOWN}", "value"),), width)
    facts = (
        Run(f"mem {say.size_of(host.memory_used_bytes, host.memory_total_bytes)}", "value"),
        Run(f"{host.cores} cores", "value"),
    )
    return _row(label, "cpu ", host.cpu_percent, history, facts, width)


def problem_row(problem: str, width: int, label_cells: int = 0) -> tuple[Run, ...]:
    """Why there is no GPU to look at."""
    label = _label("GPU", "label", label_cells)
    room = width - _length(label) - 2
    return fit((*label, _GAP, Run(clip(one_line(problem), room), "problem")), width)


def _label(text: str, kind: str, cells: int) -> tuple[Run, ...]:
    word = " SIMULATED"
    name = text.removesuffix(word) if kind == "simulated" else text
    runs: tuple[Run, ...] = (Run(" "), Run(name, "label"))
    if kind == "simulated":
        runs = (*runs, Run(word, "simulated"))
    return (*runs, Run(" " * max(0, cells - cell_len(text))))


def _row(
    label: tuple[Run, ...],
    what: str,
    value: float | None,
    history: Sequence[float | None],
    facts: tuple[Run, ...],
    width: int,
) -> tuple[Run, ...]:
    cells = next(cells for least, cells in _SPARK_CELLS if width >= least)
    runs = list(_lead(label, what, value, history, cells))
    for fact in facts:
        if _length(runs) + 2 + cell_len(fact.text) > width:
            break
        runs += (_GAP, fact)
    return fit(runs, width)


def _lead(
    label: tuple[Run, ...],
    what: str,
    value: float | None,
    history: Sequence[float | None],
    cells: int,
) -> tuple[Run, ...]:
    number = Run(say.percent(value).rjust(4), "value")
    line = (Run(spark(history, cells), "spark"), Run(" ")) if cells else ()
    return (*label, _GAP, Run(f"{what} ", "word"), *line, number)


def _length(runs: Sequence[Run]) -> int:
    return sum(cell_len(run.text) for run in runs)
