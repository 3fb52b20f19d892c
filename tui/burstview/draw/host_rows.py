"""The machine beside its GPUs: cores as bars, memory, disk, network, and what its cgroup allows."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from rich.cells import cell_len

from burstview import format as say
from burstview.draw.gpu_facts import per_second
from burstview.draw.runs import Run, fit
from burstview_engines.core.events import HostSampled

_LEVELS = "▁▂▃▄▅▆▇█"
_LABEL = " host  "
_INDENT = Run(" " * len(_LABEL))


def host_rows(host: HostSampled | None, width: int) -> list[tuple[Run, ...]]:
    """A row for the cores, and as many for the rest as it needs."""
    if host is None:
        return [fit((Run(_LABEL, "label"), Run(f"not looked at yet {say.UNKNOWN}", "word")), width)]
    rows = [_cores(host, width)]
    line: list[Run] = [_INDENT]
    for fact in _facts(host):
        if len(line) > 1 and _length(line) + _length(fact) + 2 > width:
            rows.append(fit(line, width))
            line = [_INDENT]
        line += [Run("  "), *fact] if len(line) > 1 else fact
    return [*rows, fit(line, width)]


def _cores(host: HostSampled, width: int) -> tuple[Run, ...]:
    cpu = (Run("cpu ", "word"), Run(f"{say.percent(host.cpu_percent):>4}", "value"), Run("  "))
    after = (Run("  "), *_load(host), Run(f"  {host.cores} cores", "word"))
    room = width - len(_LABEL) - _length(cpu) - _length(after)
    bars, each = core_bars(host.core_percents, room)
    note = (Run(f", a bar is the busiest of {each}", "word"),) if each > 1 else ()
    if _length(after) + _length(note) + len(bars) > room + _length(after):
        note = ()
    return fit((Run(_LABEL, "label"), *cpu, Run(bars, "spark"), *after, *note), width)


def core_bars(percents: Sequence[float], room: int) -> tuple[str, int]:
    """A bar for each core, and 1; of many cores the busiest of so many neighbours."""
    if not percents or room < 1:
        return "", 1
    each = ceil(len(percents) / room)
    groups = [percents[at : at + each] for at in range(0, len(percents), each)]
    return "".join(_LEVELS[min(7, max(0, int(max(group) / 12.5)))] for group in groups), each


def _load(host: HostSampled) -> tuple[Run, ...]:
    words = " ".join(f"{one:.1f}" for one in host.load) if host.load else say.UNKNOWN
    return Run("load ", "word"), Run(words, "value")


def _facts(host: HostSampled) -> list[list[Run]]:
    facts = [
        _fact("mem", say.size_of(host.memory_used_bytes, host.memory_total_bytes)),
        _fact("swap", _swap(host)),
        _fact(
            "disk",
            f"r {per_second(host.disk_read_bytes_per_second)}"
            f" w {per_second(host.disk_written_bytes_per_second)}",
        ),
        _fact(
            "net",
            f"in {per_second(host.network_received_bytes_per_second)}"
            f" out {per_second(host.network_sent_bytes_per_second)}",
        ),
    ]
    return [*facts, *_cgroup(host)]


def _swap(host: HostSampled) -> str:
    if host.swap_total_bytes == 0:
        return "none"
    return say.size_of(host.swap_used_bytes, host.swap_total_bytes)


def _cgroup(host: HostSampled) -> list[list[Run]]:
    """Only where there is a limit: what is allowed, what is used, and whether it was held back."""
    facts = []
    if host.cgroup_cpus is not None:
        words = f"{say.percent(host.cgroup_cpu_percent)} of {100 * host.cgroup_cpus:.0f}%"
        if host.cgroup_throttled is not None:
            words += f", held back {100 * host.cgroup_throttled:.0f}% of the time"
        facts.append(_fact("cgroup cpu", words))
    if host.cgroup_memory_limit_bytes is not None:
        words = say.size_of(host.cgroup_memory_used_bytes, host.cgroup_memory_limit_bytes)
        facts.append(_fact("cgroup mem", words))
    return facts


def _fact(name: str, value: str) -> list[Run]:
    return [Run(f"{name} ", "word"), Run(value, "value")]


def _length(runs: Sequence[Run]) -> int:
    return sum(cell_len(run.text) for run in runs)
