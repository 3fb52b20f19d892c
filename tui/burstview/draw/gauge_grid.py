"""Many GPUs in few rows: several to a row, or all of them in one."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from burstview import format as say
from burstview.draw.gauge_rows import gpu_name, level, spark
from burstview.draw.runs import Run, fit
from burstview_engines.core.gpu import Gpu

_GAP = Run(" │ ", "word")
_CELL = 37
_SPARK = 4
Past = Sequence[float | None]


def per_row(width: int) -> int:
    """How many stand in a row."""
    return max(1, (width - 1 + 3) // (_CELL + 3))


def grid_rows(
    gpus: Sequence[Gpu], pasts: Sequence[Past], states: Sequence[str], width: int
) -> list[tuple[Run, ...]]:
    """`3 ▂▅▇█ 95% 105/140 GiB 412 W 48°C` each; of one that is not well, its state."""
    each = per_row(width)
    rows = []
    for at in range(0, len(gpus), each):
        runs: list[Run] = [Run(" ")]
        for number in range(at, min(at + each, len(gpus))):
            runs += [_GAP] if number > at else []
            runs += _cell(gpus[number], pasts[number], states[number])
        rows.append(fit(runs, width))
    return rows


def summary_row(gpus: Sequence[Gpu], states: Sequence[str], width: int) -> tuple[Run, ...]:
    """`8 × H200 util ▇▇▅▁▁▁▁▁ mean 37%  mem 812/1,118 GiB  2,410/5,600 W  max 64°C`: a bar for each
    GPU; sums only where every one of them is known."""
    well = [gpu for gpu, state in zip(gpus, states, strict=True) if not state]
    names = list(dict.fromkeys(map(gpu_name, gpus)))
    bars = "".join(
        "✗" if state else " " if gpu.utilisation is None else level(gpu.utilisation)
        for gpu, state in zip(gpus, states, strict=True)
    )
    uses = [gpu.utilisation for gpu in well if gpu.utilisation is not None]
    heats = [gpu.temperature_celsius for gpu in well if gpu.temperature_celsius is not None]
    mean = sum(uses) / len(uses) if uses and len(uses) == len(well) else None
    ill = len(gpus) - len(well)
    words = [
        Run(f" {len(gpus)} × {names[0] if len(names) == 1 else 'GPU'}", "label"),
        Run("  util ", "word"),
        Run(bars, "spark"),
        Run(f" mean {say.percent(mean)}", "value"),
        *([Run(f"  {ill} not well", "bad")] if ill else []),
    ]
    used_bytes = _sum([gpu.memory_used_bytes for gpu in well])
    total_bytes = _sum([gpu.memory_total_bytes for gpu in well])
    watts = _sum([gpu.power_watts for gpu in well])
    limit = _sum([gpu.power_limit_watts for gpu in well])
    facts = [
        f"mem {say.size_of(_whole(used_bytes), _whole(total_bytes))}",
        say.quantity_of(watts, limit, "W"),
        f"max {say.quantity(max(heats, default=None), '°C')}",
    ]
    used = sum(cell_len(run.text) for run in words)
    for fact in facts:
        if used + 2 + cell_len(fact) > width:
            break
        words.append(Run(f"  {fact}", "value"))
        used += 2 + cell_len(fact)
    return fit(words, width)


def _cell(gpu: Gpu, past: Past, state: str) -> tuple[Run, ...]:
    lead = Run(f"{gpu.index:>2} ", "label")
    if state:
        return fit((lead, Run(state, "bad")), _CELL)
    return fit(
        (
            lead,
            Run(spark(past, _SPARK), "spark"),
            Run(f"{say.percent(gpu.utilisation):>5}", "value"),
            Run(f" {say.size_of(gpu.memory_used_bytes, gpu.memory_total_bytes)}", "value"),
            Run(f" {say.quantity(gpu.power_watts, 'W'):>5}", "value"),
            Run(f" {say.quantity(gpu.temperature_celsius, '°C')}", "value"),
        ),
        _CELL,
    )


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known and len(known) == len(values) else None


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)
