"""From a session's samples to the evidence on one burst."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from burstview_engines.core.backend import Backend
from burstview_engines.core.counters import increase
from burstview_engines.core.events import EngineSampled, GpuProcessesSeen, GpuSampled
from burstview_engines.core.evidence import (
    CpuFigures,
    EngineFigures,
    Evidence,
    GpuFigures,
    Stranger,
)
from burstview_engines.core.gpu import GpuProcess
from burstview_engines.core.gpu_figures import LAG, figures
from burstview_engines.core.gpu_owners import backend_of, program_of, runs_here
from burstview_engines.core.managed import ManagedEngine
from burstview_engines.core.series import History
from burstview_engines.core.views import RequestView, RunView

AFTER = 1.0
"""Seconds after a burst whose samples still tell of it."""
BEFORE = 1.5
STALE = 6.0
"""Seconds after a burst for which its share of the GPU may still be told: the driver's window is
one, and it is asked every 1 to 4 s."""
LOADED_BYTES = 200 * 1024**2
"""A GPU's memory grows by more than that only when a model is loaded."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What else is known of the session when a burst is looked at."""

    history: History
    engines: Sequence[ManagedEngine] = ()
    backends: Sequence[Backend] = ()
    runs: Sequence[RunView] = ()
    """All that are kept."""
    has_gpu_problem: bool = False


def evidence_of(run: RunView, scene: Scene) -> Evidence | None:
    """On a burst that is over; None when it never began."""
    span = span_of(run)
    if span is None:
        return None
    begin, end = span
    is_here = runs_here(run.backend)
    owner_of, looks = _owners(scene), scene.history.processes
    seen = _owned(looks.around(begin, end), owner_of) if is_here else ()
    indexes = _indexes(run, scene, seen, span) if is_here else ()
    samples = _gpu_samples(run, scene, begin, end) if is_here else ()
    lag = 0.0 if run.backend.simulated else LAG
    gpu = figures(samples, indexes, begin, end, lag) if indexes else None
    return Evidence(
        duration=end - begin,
        gpu=_shared(gpu, run, scene, span),
        has_gpu_problem=scene.has_gpu_problem,
        engine=_engine(scene.history.engine(run.backend.key).around(begin, end), span),
        cpu=_cpu(run, scene, _owned(looks.between(begin, end + 0.3), owner_of), span)
        if is_here
        else CpuFigures(),
        strangers=_strangers(run, scene, [one for one in seen if one.process.gpu in indexes], span),
        loading=_loading(run, samples, indexes, begin),
    )


def span_of(run: RunView) -> tuple[float, float] | None:
    """From the burst's first intended send to its last token or end; None while it has none."""
    if run.burst_started is None:
        return None
    ends = [moment for request in run.requests if (moment := _end_of(request)) is not None]
    return (run.burst_started, max(ends)) if ends else None


@dataclass(frozen=True, slots=True)
class _Owned:
    """A process at one look, and the key of the backend that it serves."""

    at: float
    process: GpuProcess
    owner: str | None


def _owners(scene: Scene) -> Callable[[GpuProcess], str | None]:
    """Whose a process is, found once: it is the same one in look after look."""
    known: dict[tuple[object, ...], str | None] = {}

    def owner_of(process: GpuProcess) -> str | None:
        same = (process.pid, process.container, process.command, process.ancestors)
        if same not in known:
            known[same] = backend_of(process, scene.engines, scene.backends)
        return known[same]

    return owner_of


def _owned(
    looks: Iterable[GpuProcessesSeen], owner_of: Callable[[GpuProcess], str | None]
) -> Sequence[_Owned]:
    return [
        _Owned(look.at, process, owner_of(process)) for look in looks for process in look.processes
    ]


def _end_of(request: RequestView) -> float | None:
    return request.last_token if request.last_token is not None else request.ended


def _gpu_samples(run: RunView, scene: Scene, begin: float, end: float) -> Sequence[GpuSampled]:
    history = scene.history
    series = history.simulated_gpus if run.backend.simulated else history.gpus
    return series.between(begin - BEFORE, end + AFTER)


def _indexes(
    run: RunView,
    scene: Scene,
    seen: Sequence[_Owned],
    span: tuple[float, float],
) -> tuple[int, ...]:
    """The GPUs on which its engine runs: told by its processes, or the only one there is."""
    key = run.backend.key
    if run.backend.simulated:
        last = scene.history.simulated_gpus.last_before(span[1] + AFTER)
        return tuple(gpu.index for gpu in last.gpus if gpu.backend == key) if last else ()
    found = {one.process.gpu for one in seen if one.owner == key}
    last = scene.history.gpus.last_before(span[1] + AFTER)
    all_indexes = tuple(gpu.index for gpu in last.gpus) if last else ()
    if found:
        return tuple(sorted(found))
    return all_indexes if len(all_indexes) == 1 else ()


def _shared(
    gpu: GpuFigures | None, run: RunView, scene: Scene, span: tuple[float, float]
) -> GpuFigures | None:
    if gpu is None or run.backend.simulated:
        return gpu
    overlaps = any(
        other.run != run.run
        and runs_here(other.backend)
        and not other.backend.simulated
        and (theirs := span_of(other)) is not None
        and theirs[0] < span[1]
        and span[0] < theirs[1]
        for other in scene.runs
    )
    return replace(gpu, is_shared=overlaps or run.contended)


def _engine(samples: Sequence[EngineSampled], span: tuple[float, float]) -> EngineFigures:
    begin, end = span
    good = [sample for sample in samples if sample.problem is None]
    inside = [sample for sample in good if begin <= sample.at <= end]
    steps = [step for sample in good for step in sample.step_log if begin <= step.at <= end]
    queues = [sample.waiting for sample in inside if sample.waiting is not None]
    running = [sample.running for sample in inside if sample.running is not None]
    usages = [sample.kv_usage for sample in inside if sample.kv_usage is not None]
    counted = [sample.preemptions for sample in good if sample.preemptions is not None]
    return EngineFigures(
        samples=len(inside),
        peak_running=max([*running, *(step.running for step in steps)], default=None),
        peak_waiting=max([*queues, *(step.waiting for step in steps)], default=None),
        waiting_share=sum(waiting > 0 for waiting in queues) / len(queues) if queues else None,
        seats=next((sample.seats for sample in reversed(good) if sample.seats), None),
        kv_peak=max(usages, default=None),
        preemptions=increase(counted[0], counted[-1]) if len(counted) > 1 else None,
    )


def _cpu(
    run: RunView, scene: Scene, seen: Sequence[_Owned], span: tuple[float, float]
) -> CpuFigures:
    if run.backend.simulated:
        return CpuFigures()
    begin, end = span
    hosts = [host for host in scene.history.hosts.between(begin, end) if host.at >= begin + 0.5]
    cores = [max(host.core_percents) for host in hosts if host.core_percents]
    throttled = [host.cgroup_throttled for host in hosts if host.cgroup_throttled is not None]
    thread = _busiest_thread(one.process for one in seen if one.owner == run.backend.key)
    return CpuFigures(
        busiest_thread=thread.busiest_thread_percent if thread else None,
        thread_of=program_of(thread.command) if thread and thread.command else None,
        host_percent=sum(host.cpu_percent for host in hosts) / len(hosts) if hosts else None,
        busiest_core=sum(cores) / len(cores) if cores else None,
        throttled=max(throttled, default=None),
    )


def _busiest_thread(processes: Iterable[GpuProcess]) -> GpuProcess | None:
    known = [one for one in processes if one.busiest_thread_percent is not None]
    return max(known, key=lambda one: one.busiest_thread_percent or 0.0, default=None)


def _strangers(
    run: RunView, scene: Scene, seen: Sequence[_Owned], span: tuple[float, float]
) -> tuple[Stranger, ...]:
    """Who else is on its GPUs. Where none of the processes is known to be the engine's own, only
    those of other engines are surely not."""
    key, names = run.backend.key, _names(scene)
    knows_own = any(one.owner == key for one in seen)
    busiest: dict[int, Stranger] = {}
    for one in seen:
        if one.owner == key or (one.owner is None and not knows_own):
            continue
        tells = one.owner is None or not _is_of_another(one.owner, one.at, scene, span)
        other = _stranger(one, names, tells=tells)
        known = busiest.setdefault(other.pid, other)
        if (other.sm_percent or 0.0) > (known.sm_percent or 0.0):
            busiest[other.pid] = other
    return tuple(sorted(busiest.values(), key=lambda one: one.sm_percent or 0.0, reverse=True))


def _is_of_another(owner: str, at: float, scene: Scene, span: tuple[float, float]) -> bool:
    """Whether that engine's share at a look may be of its own run before or after this burst: in
    a duel the sides take turns."""
    begin, end = span
    return any(
        (other.ended is not None and other.ended <= begin and at < other.ended + STALE)
        or (other.started >= end and at > end)
        for other in scene.runs
        if other.backend.key == owner
    )


def _names(scene: Scene) -> Mapping[str, str]:
    """Of engines by key, as the person knows them."""
    named = {engine.key: engine.name for engine in scene.engines}
    return named | {backend.key: backend.name for backend in scene.backends}


def _stranger(one: _Owned, names: Mapping[str, str], *, tells: bool) -> Stranger:
    process = one.process
    program = program_of(process.command or "") or "a process"
    return Stranger(
        name=program if one.owner is None else names.get(one.owner, one.owner),
        pid=process.pid,
        sm_percent=process.sm_percent if tells else None,
        memory_bytes=process.memory_bytes,
    )


def _loading(
    run: RunView, samples: Sequence[GpuSampled], indexes: tuple[int, ...], begin: float
) -> float | None:
    """Seconds to the first token, if the memory of its GPUs grew meanwhile as by a model."""
    firsts = [request.first_token for request in run.requests if request.first_token is not None]
    if not firsts or run.backend.simulated:
        return None
    first = min(firsts)
    looks = [
        [gpu.memory_used_bytes for gpu in sample.gpus if gpu.index in indexes]
        for sample in samples
        if begin - 0.3 <= sample.at <= first + 0.3
    ]
    known = [[size for size in look if size is not None] for look in looks]
    used = [sum(sizes) for sizes in known if len(sizes) == len(indexes)]
    grew = used[-1] - used[0] if len(used) > 1 else 0
    return first - begin if grew > LOADED_BYTES else None
