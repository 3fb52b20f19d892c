"""Figures of one GPU or one process as a grid of names and values, in as many columns as fit."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from burstview import format as say
from burstview.draw.runs import Run, clip, fit
from burstview_engines.core.gpu import Gpu, GpuActivity, GpuFacts, GpuProcess, MigInstance
from burstview_engines.core.text import one_line

Entry = tuple[str, str]
"""Name and value."""
_GAP = 2
_TWO, _EACH = 78, 46
"""Cells from which two columns stand beside each other, and that each further one needs."""


def grid_rows(
    entries: Sequence[Entry], width: int, most: int | None = None
) -> list[tuple[Run, ...]]:
    """The entries row by row, a long one in a row of its own, `most` rows of them; where some are
    left out, the last one's place says how many."""
    lines = _lines(entries, width)
    names = _names(entries)
    cells = _cells(width)
    shown = lines if most is None else lines[:most]
    hidden = len(entries) - sum(map(len, shown))
    if not hidden or not shown:
        return [_row(line, cells, names, width) for line in shown]
    last = shown[-1][: _columns(width) - 1]
    more = Run(f"{hidden + len(shown[-1]) - len(last)} more: d ", "more")
    rows = [_row(line, cells, names, width) for line in shown[:-1]]
    return [*rows, (*_row(last, cells, names, width - cell_len(more.text)), more)]


def grid_height(entries: Sequence[Entry], width: int) -> int:
    """Rows that all entries need."""
    return len(_lines(entries, width))


def gpu_entries(gpu: Gpu, facts: GpuFacts | None, versions: str = "") -> list[Entry]:
    """What nvidia-smi's table leaves out, the most telling first; `versions` of the driver."""
    of = facts or GpuFacts(index=gpu.index, name=gpu.name)
    return [
        *_activity(gpu.activity, facts),
        ("held down", held_down(gpu.throttle_reasons)),
        ("SM clock", _of(gpu.sm_clock_mhz, of.sm_clock_max_mhz, "MHz")),
        ("memory clock", _of(gpu.memory_clock_mhz, of.memory_clock_max_mhz, "MHz")),
        ("temperature", _temperature(gpu, of)),
        ("memory temp.", _memory_temperature(gpu, of)),
        ("power mean", say.quantity(gpu.power_average_watts, "W")),
        ("power limit", _limit(gpu, of)),
        ("memory busy", say.percent(gpu.memory_utilisation)),
        ("reserved", say.size(of.memory_reserved_bytes)),
        ("PCIe", _pcie(gpu, of)),
        (
            "PCIe in/out",
            _rates(gpu.pcie_received_bytes_per_second, gpu.pcie_sent_bytes_per_second),
        ),
        ("NVLink", _nvlink(of)),
        *_nvlink_rate(gpu, of),
        ("encoder", say.percent(gpu.encoder_percent)),
        ("decoder", say.percent(gpu.decoder_percent)),
        ("ECC errors", _ecc(gpu, of)),
        ("BAR1", say.size_of(gpu.bar1_used_bytes, of.bar1_total_bytes)),
        *(_mig(instance) for instance in gpu.mig),
        ("chip", one_line(of.architecture, 20) if of.architecture else say.UNKNOWN),
        *([("driver", versions)] if versions else []),
        ("UUID", one_line(of.uuid, 60) if of.uuid else say.UNKNOWN),
    ]


def process_entries(process: GpuProcess, owner: str) -> list[Entry]:
    """One process in full; `owner` is the engine that it belongs to, in words."""
    return [
        ("command", one_line(process.command) if process.command else say.UNKNOWN),
        ("belongs to", owner),
        ("container", one_line(process.container, 64) if process.container else say.UNKNOWN),
        ("pid", f"{process.pid}, user {one_line(process.user or say.UNKNOWN, 20)}"),
        ("parents", " ".join(map(str, process.ancestors)) or say.UNKNOWN),
        ("memory", say.size(process.memory_bytes)),
        ("SM", f"{say.percent(process.sm_percent)}, memory {say.percent(process.memory_percent)}"),
        ("CPU", cpu_words(process)),
        (
            "MIG instance",
            say.UNKNOWN if process.mig_instance is None else str(process.mig_instance),
        ),
    ]


def cpu_words(process: GpuProcess) -> str:
    """`104%, busiest thread 99%`: 100 is one core."""
    busiest = say.percent(process.busiest_thread_percent)
    return f"{say.percent(process.cpu_percent)}, busiest thread {busiest}"


def held_down(reasons: Sequence[str] | None) -> str:
    """Why the clocks are."""
    if reasons is None:
        return say.UNKNOWN
    return ", ".join(one_line(reason) for reason in reasons) or "no"


def per_second(value: float | None) -> str:
    """`2.7 MiB/s`."""
    return say.UNKNOWN if value is None else f"{say.size(round(value))}/s"


def _lines(entries: Sequence[Entry], width: int) -> list[list[Entry]]:
    """Which entries stand in a row together."""
    columns, room = _columns(width), _cells(width) - _names(entries) - _GAP
    lines: list[list[Entry]] = [[]]
    for entry in entries:
        is_long = cell_len(entry[1]) > room
        if len(lines[-1]) == columns or (is_long and lines[-1]):
            lines.append([])
        lines[-1].append(entry)
        if is_long:
            lines.append([])
    return [line for line in lines if line]


def _columns(width: int) -> int:
    return 1 if width < _TWO else max(2, width // _EACH)


def _cells(width: int) -> int:
    columns = _columns(width)
    return (width - 1 - _GAP * (columns - 1)) // columns


def _names(entries: Sequence[Entry]) -> int:
    return max((cell_len(name) for name, _ in entries), default=0)


def _row(line: Sequence[Entry], cells: int, names: int, width: int) -> tuple[Run, ...]:
    runs: list[Run] = [Run(" ")]
    for number, (name, value) in enumerate(line):
        runs += [Run(" " * _GAP)] if number else []
        room = (width - 1 if len(line) == 1 else cells) - names - _GAP
        word = clip(value, max(4, room))
        runs += [
            Run(f"{name}{' ' * (names - cell_len(name) + _GAP)}", "word"),
            Run(word, "value"),
            Run(" " * max(0, room - cell_len(word))),
        ]
    return fit(runs, width)


def _activity(activity: GpuActivity | None, facts: GpuFacts | None) -> list[Entry]:
    """GPM's, or why there are none."""
    if activity is None:
        is_absent = facts is not None and not facts.has_gpm
        return [("SM active", "not told by this GPU" if is_absent else say.UNKNOWN)]
    return [
        ("SM active", f"{say.percent(activity.sm)}, occupancy {say.percent(activity.occupancy)}"),
        ("tensor", f"{say.percent(activity.tensor)}, DRAM {say.percent(activity.dram)}"),
    ]


def _of(value: float | None, most: float | None, unit: str) -> str:
    if most is None:
        return say.UNKNOWN if value is None else f"{value:.0f} {unit}"
    return f"{say.UNKNOWN if value is None else f'{value:.0f}'} of {most:.0f} {unit}"


def _temperature(gpu: Gpu, facts: GpuFacts) -> str:
    limits = (
        ("max", facts.temperature_max_celsius),
        ("slow", facts.temperature_slowdown_celsius),
        ("off", facts.temperature_shutdown_celsius),
    )
    known = [f"{what} {limit:.0f}" for what, limit in limits if limit is not None]
    return ", ".join([say.quantity(gpu.temperature_celsius, "°C"), *known])


def _memory_temperature(gpu: Gpu, facts: GpuFacts) -> str:
    limit = facts.memory_temperature_max_celsius
    word = say.quantity(gpu.memory_temperature_celsius, "°C")
    return word if limit is None else f"{word}, max {limit:.0f}"


def _limit(gpu: Gpu, facts: GpuFacts) -> str:
    """`700 W, 200 to 700`; and what it is as built, where it was changed."""
    words = [say.quantity(gpu.power_limit_watts, "W")]
    if facts.power_min_watts is not None and facts.power_max_watts is not None:
        words.append(f"{facts.power_min_watts:.0f} to {facts.power_max_watts:.0f}")
    if facts.power_default_watts not in (None, gpu.power_limit_watts):
        words.append(f"as built {facts.power_default_watts:.0f}")
    return ", ".join(words)


def _pcie(gpu: Gpu, facts: GpuFacts) -> str:
    return (
        f"gen {_pair(gpu.pcie_generation, facts.pcie_generation_max)},"
        f" ×{_pair(gpu.pcie_width, facts.pcie_width_max)}"
    )


def _pair(value: int | None, most: int | None) -> str:
    word = say.UNKNOWN if value is None else str(value)
    return word if most is None else f"{word} of {most}"


def _rates(received: float | None, sent: float | None) -> str:
    return f"{per_second(received)}, {per_second(sent)}"


def _nvlink(facts: GpuFacts) -> str:
    if facts.nvlinks is None:
        return say.UNKNOWN
    if not facts.nvlinks:
        return "none"
    version = f", version {facts.nvlink_version}" if facts.nvlink_version is not None else ""
    return f"{facts.nvlinks} links up{version}"


def _nvlink_rate(gpu: Gpu, facts: GpuFacts) -> list[Entry]:
    if facts.nvlinks == 0:
        return []
    rates = _rates(gpu.nvlink_received_bytes_per_second, gpu.nvlink_sent_bytes_per_second)
    return [("NVLink in/out", rates)]


def _ecc(gpu: Gpu, facts: GpuFacts) -> str:
    if facts.ecc is False:
        return "not counted: ECC is off"
    corrected = say.count(gpu.ecc_corrected)
    return f"{corrected} corrected, {say.count(gpu.ecc_uncorrected)} not"


def _mig(instance: MigInstance) -> Entry:
    part = say.UNKNOWN if instance.compute_instance is None else str(instance.compute_instance)
    memory = say.size_of(instance.memory_used_bytes, instance.memory_total_bytes)
    active = instance.activity
    words = [f"{one_line(instance.name, 20)} {memory}".lstrip()]
    if active is not None:
        words.append(f"SM {say.percent(active.sm)}")
    return (f"MIG {instance.gpu_instance}/{part}", ", ".join(words))
