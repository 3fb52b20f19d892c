"""One GPU or the machine as one row: name, use over time, memory, power, temperature, clock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len

from burstview import format as say
from burstview.draw.runs import Run, clip, fit
from burstview_engines.core.events import HostSampled
from burstview_engines.core.gpu import Gpu
from burstview_engines.core.text import one_line

_LEVELS = "▁▂▃▄▅▆▇█"
_SPARK_CELLS = ((140, 20), (100, 14), (60, 6), (0, 0))
"""(row width from which, cells of history): the same for all rows, so that they compare."""
_GAP = Run("  ")
_OWNER_CELLS = 12
_OWNERS = 3
"""Engines whose memory is named in a row at most."""


class Extras(NamedTuple):
    """What is known of a GPU besides its own gauges."""

    state: str = ""
    """`LOST since 14:03:22`, `slow: values 3 s old`; its values are then old ones."""
    owners: tuple[tuple[str, int | None], ...] = ()
    """Engines and their memory on it."""
    reading: str = ""
    """Why there is no utilisation: `too short to measure`; else empty."""


NOTHING = Extras()


def spark(history: Sequence[float | None], cells: int) -> str:
    """The newest `cells` percentages on the fixed scale 0 to 100; unknown ones are gaps."""
    shown = history[-cells:] if cells else ()
    return "".join(" " if v is None else level(v) for v in shown).rjust(cells)


def level(value: float) -> str:
    """One cell on the fixed scale 0 to 100."""
    return _LEVELS[min(7, max(0, int(value / 12.5)))]


def gpu_name(gpu: Gpu) -> str:
    """Without the maker."""
    return one_line(gpu.name).removeprefix("NVIDIA ").removeprefix("GeForce ")


def gpu_label(gpu: Gpu, simulated: bool, owner: str = "") -> str:
    """`GPU 0 H200`; `vLLM's L4 SIMULATED` where the backend's name is known."""
    lead = f"{one_line(owner, _OWNER_CELLS)}'s" if owner else f"GPU {gpu.index}"
    return f"{lead} {gpu_name(gpu)}" + (" SIMULATED" if simulated else "")


def gpu_row(
    gpu: Gpu,
    history: Sequence[float | None],
    width: int,
    *,
    simulated: bool = False,
    owner: str = "",
    label_cells: int = 0,
    extras: Extras = NOTHING,
) -> tuple[Run, ...]:
    """A GPU's gauges in `width` cells; what has no room is left out from the right, of engines and
    activity what does not fit.

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
    value = None if extras.reading else gpu.utilisation
    lead = _lead(label, "util", value, history, width, extras.reading)
    if extras.state:
        lead = (*lead[:-1], lead[-1]._replace(kind="old"), _GAP, Run(extras.state, "bad"))
        return _row(lead, tuple(fact._replace(kind="old") for fact in facts), (), width)
    return _row(lead, facts, (*_activity(gpu), *_owners(extras)), width)


def host_row(
    host: HostSampled | None, history: Sequence[float | None], width: int, label_cells: int = 0
) -> tuple[Run, ...]:
    """The machine's gauges in `width` cells."""
    label = _label("host", "label", label_cells)
    if host is None:
        lead = _lead(label, "cpu ", None, history, width)
        return _row(lead, (Run(f"mem {say.UNKNOWN}", "value"),), (), width)
    facts = (
        Run(f"mem {say.size_of(host.memory_used_bytes, host.memory_total_bytes)}", "value"),
        Run(f"{host.cores} cores", "value"),
    )
    busiest = max(host.core_percents, default=None)
    more = () if busiest is None else (Run(f"busiest core {say.percent(busiest)}", "value"),)
    return _row(_lead(label, "cpu ", host.cpu_percent, history, width), facts, more, width)


def problem_row(problem: str, width: int, label_cells: int = 0) -> tuple[Run, ...]:
    """Why there is no GPU to look at."""
    label = _label("GPU", "label", label_cells)
    room = width - _length(label) - 2
    return fit((*label, _GAP, Run(clip(one_line(problem), room), "problem")), width)


def _activity(gpu: Gpu) -> tuple[Run, ...]:
    """What utilisation cannot say, where the GPU tells it."""
    activity = gpu.activity
    if activity is None:
        return ()
    words = f"tensor {say.percent(activity.tensor)} DRAM {say.percent(activity.dram)}"
    return (Run(words, "value"),)


def _owners(extras: Extras) -> tuple[Run, ...]:
    return tuple(
        Run(f"{one_line(name, _OWNER_CELLS)} {say.size(size)}", "owner")
        for name, size in extras.owners[:_OWNERS]
    )


def _label(text: str, kind: str, cells: int) -> tuple[Run, ...]:
    word = " SIMULATED"
    name = text.removesuffix(word) if kind == "simulated" else text
    runs: tuple[Run, ...] = (Run(" "), Run(name, "label"))
    if kind == "simulated":
        runs = (*runs, Run(word, "simulated"))
    return (*runs, Run(" " * max(0, cells - cell_len(text))))


def _row(
    lead: tuple[Run, ...], facts: tuple[Run, ...], more: tuple[Run, ...], width: int
) -> tuple[Run, ...]:
    """Facts until one does not fit; of the further ones each that does."""
    runs = list(lead)
    used = _length(runs)
    for fact in facts:
        length = 2 + cell_len(fact.text)
        if used + length > width:
            return fit(runs, width)
        runs += (_GAP, fact)
        used += length
    for fact in more:
        length = 2 + cell_len(fact.text)
        if used + length <= width:
            runs += (_GAP, fact)
            used += length
    return fit(runs, width)


def _lead(
    label: tuple[Run, ...],
    what: str,
    value: float | None,
    history: Sequence[float | None],
    width: int,
    reading: str = "",
) -> tuple[Run, ...]:
    cells = next(cells for least, cells in _SPARK_CELLS if width >= least)
    number = Run(say.percent(value).rjust(4), "value")
    line = (Run(spark(history, cells), "spark"), Run(" ")) if cells else ()
    lead = (*label, _GAP, Run(f"{what} ", "word"), *line, number)
    return (*lead, Run(f" {reading}", "word")) if reading else lead


def _length(runs: Sequence[Run]) -> int:
    return sum(cell_len(run.text) for run in runs)
