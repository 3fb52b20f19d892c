"""nvidia-smi's table: two rows a GPU where there is room, else one with fewer columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len

from burstview import format as say
from burstview.draw.columns import Cells, Column, Widths, head, row, widths
from burstview.draw.runs import Run, clip, fit
from burstview_engines.core.gpu import Gpu, GpuFacts
from burstview_engines.core.text import one_line

TALL_CELLS = 80
"""The two-row table needs so many."""
_MIB = 1 << 20
_MODES = {"exclusive process": "E. Process"}
"""As nvidia-smi shortens them."""
_MARGIN = 2
_BAR = Run(" │ ", "rule")
_MIDDLE, _RIGHT = 22, 20
_LEAST_LEFT = TALL_CELLS - _MARGIN - _MIDDLE - _RIGHT - 6


class GpuLine(NamedTuple):
    """What the table says of one GPU."""

    gpu: Gpu
    facts: GpuFacts | None = None
    is_simulated: bool = False
    owner: str = ""
    """Name of the backend whose simulated GPU it is."""
    state: str = ""
    """`LOST since 14:03:22`; its values are then old ones. Empty while all is well."""
    utilisation: float | None = None
    """As it is believed."""


COLUMNS = (
    Column("GPU", 0, 3, 3, True),
    Column("Name", 1, 11, 30),
    Column("State", 2, 19, 24),
    Column("Fan", 15, 4, 4, True),
    Column("Temp", 6, 5, 5, True),
    Column("Perf", 9, 4, 4),
    Column("Pwr:Usage/Cap", 5, 13, 13, True),
    Column("Memory-Usage MiB", 4, 17, 17, True),
    Column("GPU-Util", 3, 8, 8, True),
    Column("SM", 7, 4, 4, True),
    Column("Tensor", 7, 6, 6, True),
    Column("DRAM", 8, 4, 4, True),
    Column("Bus-Id", 11, 16, 16),
    Column("Pers", 13, 4, 4),
    Column("Disp", 16, 4, 4),
    Column("ECC", 12, 3, 6, True),
    Column("Compute", 14, 8, 12),
    Column("MIG", 10, 3, 8),
)
"""From left to right; where there is no room, high ranks go first. `State` only where one is not
well."""


def flat_rows(
    lines: Sequence[GpuLine], selected: int, width: int, which: str = ""
) -> list[tuple[Run, ...]]:
    """The headings and one row each; `which` of them these are stands beside the name."""
    columns = _columns(lines)
    cells = [_cells(line) for line in lines]
    chosen = widths(columns, cells, width - _MARGIN)
    rows = [_head(chosen, width, which)]
    for number, (line, of_one) in enumerate(zip(lines, cells, strict=True)):
        runs = (_pointer(number == selected), *row(of_one, chosen))
        rows.append(fit(_aged(runs, line), width))
    return rows


def _columns(lines: Sequence[GpuLine]) -> list[Column]:
    """A word that its values are simulated, or old ones, is not cut."""
    marked = max((cell_len(label(line)) for line in lines if line.is_simulated), default=0)
    return [
        column._replace(least=max(column.least, min(marked, column.most)))
        if column.name == "Name"
        else column
        for column in COLUMNS
        if column.name != "State" or any(line.state for line in lines)
    ]


def tall_rows(lines: Sequence[GpuLine], selected: int, width: int) -> list[tuple[Run, ...]]:
    """Two rows of headings and two for each GPU, as nvidia-smi has them."""
    left = max(_LEAST_LEFT, min(width - TALL_CELLS + _LEAST_LEFT, 46))
    rows = [
        _three(
            Run("  "),
            (_ends("GPU  Name", "Persistence-M", left), "head"),
            (_ends("Bus-Id", "Disp.A", _MIDDLE), "head"),
            ("Uncorr. ECC".rjust(_RIGHT), "head"),
            width,
        ),
        _three(
            Run("  "),
            (_ends("Fan  Temp  Perf", "Pwr:Usage/Cap", left), "head"),
            ("Memory-Usage MiB".rjust(_MIDDLE), "head"),
            (_ends("GPU-Util", "Compute·MIG", _RIGHT), "head"),
            width,
        ),
    ]
    for number, line in enumerate(lines):
        rows += _pair(line, number == selected, left, width)
    return rows


def label(line: GpuLine) -> str:
    """`H200`; `vLLM's L4 SIMULATED`."""
    name = one_line(line.gpu.name)
    if not line.is_simulated:
        return name
    return f"{one_line(line.owner, 12)}'s {name} SIMULATED" if line.owner else f"{name} SIMULATED"


def on_off(value: bool | None) -> str:
    """`On`, `Off`."""
    return say.UNKNOWN if value is None else ("On" if value else "Off")


def memory_mib(gpu: Gpu) -> str:
    """`101,164/143,771`: as nvidia-smi counts."""
    return f"{_mib(gpu.memory_used_bytes)}/{_mib(gpu.memory_total_bytes)}"


def _pair(line: GpuLine, is_selected: bool, left: int, width: int) -> list[tuple[Run, ...]]:
    gpu, facts = line.gpu, line.facts
    persistence = on_off(facts.persistence if facts else None)
    name = clip(f"{line.state} {label(line)}".lstrip(), left - 9)
    first = _ends(f"{gpu.index:>3}  {name}", persistence, left)
    second = _ends(
        f"{say.percent(gpu.fan_percent):>3}  {_temperature(gpu):>5} {_p_state(gpu):>4}",
        say.quantity_of(gpu.power_watts, gpu.power_limit_watts, "W"),
        left,
    )
    bus = _ends(_bus(facts), on_off(facts.display_active if facts else None), _MIDDLE)
    mode, percent = f"{_mode(facts)}·{_mig(line)}", say.percent(line.utilisation)
    used = _ends(percent.rjust(min(5, _RIGHT - 1 - cell_len(mode))), mode, _RIGHT)
    rows = [
        _three(
            _pointer(is_selected), (first, "name"), (bus, ""), (_ecc(gpu).rjust(_RIGHT), ""), width
        ),
        _three(
            Run("  "),
            (second, "value"),
            (memory_mib(gpu).rjust(_MIDDLE), "value"),
            (used, "value"),
            width,
        ),
    ]
    return [_aged(runs, line) for runs in rows]


def _cells(line: GpuLine) -> Cells:
    gpu, facts = line.gpu, line.facts
    activity = gpu.activity
    mark = (Run(" SIMULATED", "simulated"),) if line.is_simulated else ()
    name = label(line).removesuffix(" SIMULATED") if mark else label(line)
    return {
        "GPU": (Run(str(gpu.index), "name"),),
        "Name": (Run(name, "name"), *mark),
        "State": (Run(line.state, "bad"),),
        "Fan": (Run(say.percent(gpu.fan_percent)),),
        "Temp": (Run(_temperature(gpu), "value"),),
        "Perf": (Run(_p_state(gpu)),),
        "Pwr:Usage/Cap": (
            Run(say.quantity_of(gpu.power_watts, gpu.power_limit_watts, "W"), "value"),
        ),
        "Memory-Usage MiB": (Run(memory_mib(gpu), "value"),),
        "GPU-Util": (Run(say.percent(line.utilisation), "value"),),
        "SM": (Run(say.percent(activity.sm if activity else None), "value"),),
        "Tensor": (Run(say.percent(activity.tensor if activity else None), "value"),),
        "DRAM": (Run(say.percent(activity.dram if activity else None), "value"),),
        "Bus-Id": (Run(_bus(facts)),),
        "Pers": (Run(on_off(facts.persistence if facts else None)),),
        "Disp": (Run(on_off(facts.display_active if facts else None)),),
        "ECC": (Run(_ecc(gpu)),),
        "Compute": (Run(_mode(facts)),),
        "MIG": (Run(_mig(line)),),
    }


def _head(chosen: Widths, width: int, which: str) -> tuple[Run, ...]:
    words = [run._replace(kind="head") for run in head(chosen)]
    if which:
        for at, run in enumerate(words):
            if run.text == "Name":
                words[at] = run._replace(text=f"Name {which}")
                following = words[at + 1] if at + 1 < len(words) else None
                if following is not None and following.text.isspace():
                    rest = len(following.text) - len(which) - 1
                    words[at + 1] = following._replace(text=" " * max(1, rest))
                break
    return fit((Run(" " * _MARGIN), *words), width)


def _three(
    lead: Run, left: tuple[str, str], middle: tuple[str, str], right: tuple[str, str], width: int
) -> tuple[Run, ...]:
    return fit((lead, Run(*left), _BAR, Run(*middle), _BAR, Run(*right)), width)


def _aged(runs: Sequence[Run], line: GpuLine) -> tuple[Run, ...]:
    """Values of a GPU that does not answer are dim; the pointer and the state are not."""
    if not line.state:
        return tuple(runs)
    return tuple(
        run if run.kind in ("pointer", "bad", "rule") else run._replace(kind="old") for run in runs
    )


def _pointer(is_selected: bool) -> Run:
    return Run("▸ ", "pointer") if is_selected else Run("  ")


def _ends(left: str, right: str, cells: int) -> str:
    """Both at their edges; the left one is cut."""
    room = cells - cell_len(right)
    left = clip(left, max(0, room - 1))
    return f"{left}{' ' * (room - cell_len(left))}{right}"


def _mib(size: int | None) -> str:
    return say.UNKNOWN if size is None else f"{round(size / _MIB):,}"


def _temperature(gpu: Gpu) -> str:
    return say.quantity(gpu.temperature_celsius, "°C")


def _p_state(gpu: Gpu) -> str:
    return say.UNKNOWN if gpu.performance_state is None else f"P{gpu.performance_state}"


def _bus(facts: GpuFacts | None) -> str:
    """`00000000:00:06.0`."""
    return one_line(facts.bus_id, 20) if facts and facts.bus_id else say.UNKNOWN


def _ecc(gpu: Gpu) -> str:
    return say.count(gpu.ecc_uncorrected)


def _mode(facts: GpuFacts | None) -> str:
    mode = facts.compute_mode if facts else None
    return _MODES.get(mode, one_line(mode, 12).capitalize()) if mode else say.UNKNOWN


def _mig(line: GpuLine) -> str:
    """How many instances, where it is on."""
    if line.gpu.mig:
        return f"{len(line.gpu.mig)}×MIG"
    return on_off(line.facts.mig if line.facts else None)
