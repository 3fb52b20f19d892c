"""What the GPU screen shows, made from a snapshot: lines, figures, histories."""

from __future__ import annotations

from collections.abc import Sequence

from burstview import format as say
from burstview import gpu_words as words
from burstview.draw.chart import Mark
from burstview.draw.gpu_facts import Entry, gpu_entries, process_entries
from burstview.draw.gpu_rows import GpuLine
from burstview.draw.histories import History
from burstview.draw.process_rows import ProcessLine
from burstview.engine_words import owner_word
from burstview.gpu_curves import Curves, column_of
from burstview.gpu_metrics import Metric
from burstview.gpu_shown import OwnedProcess, ShownGpu
from burstview_engines.core.events import GpusFound, SessionStarted
from burstview_engines.core.evidence import GpuFigures
from burstview_engines.core.gathering import span_of
from burstview_engines.core.gpu_figures import LAG, figures
from burstview_engines.core.gpu_owners import runs_here
from burstview_engines.core.managed import ManagedEngine
from burstview_engines.core.series import History as Samples
from burstview_engines.core.text import one_line
from burstview_engines.core.views import RunView, Snapshot

BEFORE, AFTER = 1.5, 1.0
"""Seconds around a burst whose samples tell of it."""


def lines_of(
    shown: Sequence[ShownGpu], snapshot: Snapshot, clock: words.Clock
) -> tuple[GpuLine, ...]:
    """A line of the table for each GPU."""
    return tuple(
        GpuLine(
            one.gpu,
            one.facts,
            one.is_simulated,
            one.owner,
            words.state_words(one, snapshot.now, clock),
            words.believed(one.gpu, one.at, snapshot.runs),
        )
        for one in shown
    )


def where(snapshot: Snapshot, started: SessionStarted | None) -> str:
    """`driver 580.159.04 · CUDA 13.0 · gpu-box`."""
    host = [one_line(started.host, 60)] if started is not None and started.host else []
    return " · ".join([*_versions(snapshot.gpu_facts), *host])


def process_line(owned: OwnedProcess) -> ProcessLine:
    """A line of the table of processes."""
    return ProcessLine(owned.process, _owner(owned.engine) if owned.engine else owned.server)


def figures_of_gpu(shown: ShownGpu, found: GpusFound | None) -> list[Entry]:
    """All that the table leaves out."""
    versions = _versions(found) if not shown.is_simulated else []
    return gpu_entries(shown.gpu, shown.facts, ", ".join(versions).removeprefix("driver "))


def figures_of_process(owned: OwnedProcess) -> list[Entry]:
    """One process in full."""
    engine = owned.engine
    owner = _owner(engine) if engine else owned.server or "no engine that is known here"
    return process_entries(owned.process, owner)


def last_burst(shown: ShownGpu, snapshot: Snapshot) -> RunView | None:
    """The newest one that is over and that this GPU may have served."""
    for run in reversed(snapshot.runs):
        if run.outcome is not None and span_of(run) is not None and _may_serve(shown, run):
            return run
    return None


def burst_words(run: RunView, shown: ShownGpu, samples: Samples) -> str:
    """`last burst: vLLM 16 in 90 ms: util — too short to measure · SM 35% …`, of this GPU."""
    span = span_of(run)
    if span is None:
        return ""
    series = samples.simulated_gpus if shown.is_simulated else samples.gpus
    around = series.between(span[0] - BEFORE, span[1] + AFTER)
    lag = 0.0 if shown.is_simulated else LAG
    seen = figures(around, (shown.gpu.index,), *span, lag) or GpuFigures()
    active = (("SM", seen.sm), ("tensor", seen.tensor), ("DRAM", seen.dram))
    facts = [
        f"util {words.utilisation_of_burst(run, seen.utilisation)}",
        " ".join(f"{name} {say.percent(value)}" for name, value in active),
        say.quantity(seen.power_watts, "W"),
    ]
    mark = " SIMULATED" if run.backend.simulated else ""
    name = f"{words.burst_name(run)}{mark} in {say.seconds(span[1] - span[0])}"
    return f"last burst: {name}: {' · '.join(facts)}"


def marks_of(snapshot: Snapshot, shown: ShownGpu, step: float) -> tuple[Mark, ...]:
    """The bursts that this GPU may have served, their columns counted back from now."""
    newest = column_of(snapshot.now, step)
    marks = []
    for run in snapshot.runs:
        span = span_of(run)
        begin = run.burst_started
        if begin is None or not _may_serve(shown, run):
            continue
        end = span[1] if span is not None and run.outcome is not None else snapshot.now
        marks.append(
            Mark(
                column_of(begin, step) - newest,
                column_of(end, step) - newest,
                words.burst_name(run),
            )
        )
    return tuple(marks)


def history_of(metric: Metric, shown: ShownGpu, curves: Curves, last: int, count: int) -> History:
    """One metric over the columns in sight; `shown` has what is believed of the newest look."""
    ceiling = metric.ceiling(shown.gpu, shown.facts)
    return History(
        metric.name,
        metric.word(metric.now(shown.gpu)),
        metric.word(ceiling),
        curves.values(metric, last, count),
        ceiling,
        metric.missing,
    )


def _may_serve(shown: ShownGpu, run: RunView) -> bool:
    if shown.is_simulated:
        return run.backend.key == shown.gpu.backend
    return runs_here(run.backend) and not run.backend.simulated


def _versions(found: GpusFound | None) -> list[str]:
    if found is None:
        return []
    words = [f"driver {one_line(found.driver, 20)}"] if found.driver else []
    return [*words, *([f"CUDA {one_line(found.cuda, 10)}"] if found.cuda else [])]


def _owner(engine: ManagedEngine) -> str:
    """`vllm`; of an engine that is not ours, whose it is."""
    name = one_line(engine.name, 30)
    return name if engine.may_change else f"{name} ({owner_word(engine)})"
