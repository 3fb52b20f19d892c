"""The one stream: every event of a session, the same live, recorded and in tests.

`at` is seconds since the session began, on one monotonic clock of the host (CLOCK_MONOTONIC is
common to all processes of a machine: workers, probes and the monitor stamp on the same axis).
"""

from __future__ import annotations

from typing import Literal

import msgspec

from burstview_engines.core.backend import Backend
from burstview_engines.core.engine_gauges import EngineStep, GaugeSource, Holding, Slot
from burstview_engines.core.gpu import Gpu, GpuFacts, GpuProcess
from burstview_engines.core.managed import ManagedEngine, Usage
from burstview_engines.core.plan import BurstPlan, Phase

Outcome = Literal["done", "cancelled", "gave-up", "client-died"]
"""How a run ended. `done` says nothing of single requests: each has its own ending."""


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """Something that happened, seconds since the session began."""

    at: float


class SessionStarted(Event, frozen=True, kw_only=True, tag="session"):
    """The first line of a recording."""

    version: int
    """Version of the recording format: `recording.VERSION`."""
    program: str
    """`burstview 0.1.0`."""
    wall: float
    """Unix time at `at`."""
    host: str


class BackendSeen(Event, frozen=True, kw_only=True, tag="backend"):
    """A backend appeared or changed; the newest replaces the earlier of the same key."""

    backend: Backend
    state: str = "ready"
    """`ready`, `connecting`, `unreachable`, `loading`; of a managed engine its status too."""
    detail: str = ""
    """One sentence when it is not ready."""


class RunStarted(Event, frozen=True, kw_only=True, tag="run"):
    """A burst was asked for. Its phases and requests follow under the same `run`."""

    run: int
    backend: str
    plan: BurstPlan
    duel: int | None = None
    """Runs of one duel share this number."""
    contended: bool = False
    """Fired at the same time as another run on the same hardware."""


class PhaseStarted(Event, frozen=True, kw_only=True, tag="phase"):
    """A phase's first intended send. For `burst` this is zero of the time axis."""

    run: int
    phase: Phase
    requests: int


class PhaseFailed(Event, frozen=True, kw_only=True, tag="phase-failed"):
    """A warm-up or solo phase failed; the burst is fired all the same."""

    run: int
    phase: Phase
    reason: str


class RequestSent(Event, frozen=True, kw_only=True, tag="sent"):
    """`at` is when the request's last byte was given to the socket."""

    run: int
    phase: Phase
    id: int
    """1 .. concurrency: the number in the prompt."""
    intended: float
    prompt: str = ""


class HeadersReceived(Event, frozen=True, kw_only=True, tag="headers"):
    """The status line and headers came. No engine's headers mean a first token."""

    run: int
    phase: Phase
    id: int
    status: int


class TokensReceived(Event, frozen=True, kw_only=True, tag="tokens"):
    """Text chunks of one request since the last such event; `at` is the last chunk's arrival.

    A chunk is not a token: several can ride in one. Token counts come from the server's usage.
    """

    run: int
    phase: Phase
    id: int
    chunks: tuple[tuple[float, str], ...]
    """(arrival, text) in order of arrival; chunks of one socket read share their stamp."""
    thinking: bool = False
    """The text is reasoning, not answer."""


class RequestEnded(Event, frozen=True, kw_only=True, tag="ended"):
    """One request is over. `error` is None only when it succeeded."""

    run: int
    phase: Phase
    id: int
    status: int | None = None
    """HTTP status; None if none came."""
    finish_reason: str | None = None
    prompt_tokens: int | None = None
    output_tokens: int | None = None
    error: str | None = None
    """One sentence that holds the server's own words."""
    note: str | None = None
    """One sentence on a success that is not what was asked for: a cut prompt, a shorter answer."""
    cancelled: bool = False
    text: str | None = None
    """The whole answer when it was not streamed."""
    server_times: dict[str, float] | None = None
    """Seconds the server itself reported for this request (queue, prefill, decode), by name."""


class ClientHealth(Event, frozen=True, kw_only=True, tag="client"):
    """How well the client itself kept time in a run's burst. Seconds, unless named otherwise."""

    run: int
    transport: str
    """`own` (asyncio protocol) or `httpx-aiohttp` (TLS or a proxy)."""
    workers: int
    connections: int
    launch_skew: float
    """First to last request written."""
    launch_lag_p95: float
    """Intended to written."""
    launch_lag_max: float
    loop_lag_p95: float
    loop_lag_max: float
    reads: int
    chunks: int
    cpu: float
    """CPU seconds of the workers during the burst."""
    warning: str | None = None
    """One sentence when the client, not the server, shaped the picture."""


class RunEnded(Event, frozen=True, kw_only=True, tag="run-ended"):
    """The run is over, whatever became of it."""

    run: int
    outcome: Outcome
    reason: str | None = None
    """One sentence unless `done`."""


class GpusFound(Event, frozen=True, kw_only=True, tag="gpus"):
    """The GPUs there are and what hardly changes of them; told again when any of it changed."""

    facts: tuple[GpuFacts, ...] = ()
    driver: str | None = None
    """Version of the driver."""
    cuda: str | None = None
    """The newest CUDA that the driver runs."""


class GpuSampled(Event, frozen=True, kw_only=True, tag="gpu"):
    """One look at the GPUs; `problem` is one sentence when there is none to look at."""

    gpus: tuple[Gpu, ...] = ()
    simulated: bool = False
    problem: str | None = None


class GpuProcessesSeen(Event, frozen=True, kw_only=True, tag="gpu-processes"):
    """Who is on the GPUs. It replaces the list before; told when anything in it changed."""

    processes: tuple[GpuProcess, ...] = ()
    problem: str | None = None
    """One sentence when the list cannot be had, or not all of it can be read."""


class HostSampled(Event, frozen=True, kw_only=True, tag="host"):
    """One look at the machine. Rates are means since the look before; unknown is None."""

    cpu_percent: float
    """Mean over all cores since the last sample, 0 to 100."""
    cores: int
    memory_used_bytes: int
    memory_total_bytes: int
    core_percents: tuple[float, ...] = ()
    """Each core's; empty where it is not told."""
    load: tuple[float, float, float] | None = None
    """Mean number of threads that ran or wanted to, over 1, 5 and 15 minutes."""
    swap_used_bytes: int | None = None
    swap_total_bytes: int | None = None
    disk_read_bytes_per_second: float | None = None
    disk_written_bytes_per_second: float | None = None
    network_received_bytes_per_second: float | None = None
    """All interfaces but loopback."""
    network_sent_bytes_per_second: float | None = None
    cgroup_cpus: float | None = None
    """Cores that this cgroup may use at most; None: no limit."""
    cgroup_cpu_percent: float | None = None
    """What it used; 100 is one core."""
    cgroup_throttled: float | None = None
    """Share of the time since the last sample in which it was held back, 0 to 1."""
    cgroup_memory_used_bytes: int | None = None
    cgroup_memory_limit_bytes: int | None = None
    """None: no limit."""


class EngineSampled(Event, frozen=True, kw_only=True, tag="engine"):
    """What an engine says of itself. Counters count since the engine started; unknown is None."""

    backend: str
    source: GaugeSource | None = None
    """Where it comes from; None in old recordings."""
    problem: str | None = None
    """One sentence when it could not be read; then nothing else is told."""
    took: float | None = None
    """Seconds that asking took."""
    running: int | None = None
    """Requests in its batch, or in slots."""
    waiting: int | None = None
    """Requests in its queue."""
    kv_usage: float | None = None
    """0 to 1."""
    kv_capacity_tokens: int | None = None
    kv_block_tokens: int | None = None
    """Tokens in one block of a paged cache."""
    seats: int | None = None
    """The most it serves at once."""
    context_tokens: int | None = None
    """Of one request."""
    preemptions: int | None = None
    """Counter."""
    prompt_tokens: int | None = None
    """Counter: computed or found in the cache."""
    output_tokens: int | None = None
    """Counter."""
    prefix_queries: int | None = None
    """Counter: prompt tokens that were looked for in the prefix cache."""
    prefix_hits: int | None = None
    """Counter: of those the ones that were found."""
    prefix_hit_rate: float | None = None
    """0 to 1, over whatever span the engine chooses (SGLang tells this one)."""
    output_tokens_per_second: float | None = None
    """As the engine itself reckons it (SGLang): of its last forty passes or so."""
    steps: int | None = None
    """Counter: passes of the model."""
    step_tokens: int | None = None
    """Counter: tokens computed in them; the mean batch is its difference over that of `steps`."""
    rows_per_step: float | None = None
    """Mean number of requests in a pass since the engine started (llama.cpp tells only this)."""
    queue_seconds: float | None = None
    """Counter: time of ended requests in the queue, summed."""
    queue_count: int | None = None
    prefill_seconds: float | None = None
    """Counter: the same of their prefills."""
    prefill_count: int | None = None
    decode_seconds: float | None = None
    decode_count: int | None = None
    slots: tuple[Slot, ...] | None = None
    holdings: tuple[Holding, ...] | None = None
    """Who holds which share of a paged cache; only the embedded engine tells."""
    step_log: tuple[EngineStep, ...] = ()
    """Passes since the sample before; only the embedded engine tells."""
    model_bytes: int | None = None
    """Memory that the loaded model takes, all in all (Ollama)."""
    model_gpu_bytes: int | None = None
    """Of that on GPUs."""
    expires_wall: float | None = None
    """Unix time at which it will be unloaded; None: never, or nothing is loaded (Ollama)."""


class DockerSeen(Event, frozen=True, kw_only=True, tag="docker"):
    """What became of asking Docker; the newest replaces the earlier."""

    version: str | None = None
    """The daemon's; None when it could not be asked."""
    endpoint: str | None = None
    """Where it was looked for; None when that itself is unknown."""
    problem: str | None = None
    """One sentence when it could not be asked."""


class EngineChanged(Event, frozen=True, kw_only=True, tag="managed"):
    """A container or process with an engine appeared or changed; the newest replaces the earlier
    of the same key."""

    engine: ManagedEngine


class EngineGone(Event, frozen=True, kw_only=True, tag="managed-gone"):
    """A container or process with an engine was removed."""

    key: str


class EngineUsed(Event, frozen=True, kw_only=True, tag="usage"):
    """One look at the resources of a container or process."""

    key: str
    usage: Usage


class Noticed(Event, frozen=True, kw_only=True, tag="notice"):
    """One sentence for the person at the screen."""

    text: str
    backend: str | None = None


AnyEvent = (
    SessionStarted
    | BackendSeen
    | RunStarted
    | PhaseStarted
    | PhaseFailed
    | RequestSent
    | HeadersReceived
    | TokensReceived
    | RequestEnded
    | ClientHealth
    | RunEnded
    | GpusFound
    | GpuSampled
    | GpuProcessesSeen
    | HostSampled
    | EngineSampled
    | DockerSeen
    | EngineChanged
    | EngineGone
    | EngineUsed
    | Noticed
)

_ENCODER = msgspec.json.Encoder()
_DECODER: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)


def encode(event: AnyEvent) -> bytes:
    """One event as one line of JSON, newline included."""
    return _ENCODER.encode(event) + b"\n"


def decode(line: bytes) -> AnyEvent:
    """The event of one line; raises `msgspec.DecodeError` on anything else."""
    return _DECODER.decode(line)
