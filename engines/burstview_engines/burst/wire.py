"""What a run and its worker processes say to each other: one JSON object a line, both ways."""

from __future__ import annotations

from typing import Literal

import msgspec

from burstview_engines.core.backend import Backend
from burstview_engines.core.events import AnyEvent
from burstview_engines.core.plan import BurstPlan, Phase

Transport = Literal["own", "httpx-aiohttp"]
"""`own` is the timed one; the other carries TLS and proxies."""


StopCause = Literal["cancelled", "gave-up"]
"""Why a parent ends requests."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """The first line a worker reads. The API key is not in it, only the name of its variable."""

    run: int
    backend: Backend
    plan: BurstPlan
    epoch: float
    """CLOCK_MONOTONIC at zero of every event's `at`."""
    transport: Transport = "own"
    proxy: str | None = None
    """The proxy's URL; only with `httpx-aiohttp`."""
    api_key_env: str | None = None


class Prepare(msgspec.Struct, frozen=True, tag="prepare"):
    """Serialise these requests of a phase and open a socket for each; answered by `Ready`."""

    phase: Phase
    ids: tuple[int, ...]


class Fire(msgspec.Struct, frozen=True, tag="fire"):
    """Write all prepared requests at this CLOCK_MONOTONIC instant; answered by `PhaseReport`."""

    at: float


class Stop(msgspec.Struct, frozen=True, tag="stop"):
    """End every open request now and report the phase."""

    cause: StopCause


Command = Prepare | Fire | Stop


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """Everything that can be done before the burst is done."""

    connections: int


class PhaseReport(msgspec.Struct, frozen=True, tag="report"):
    """All requests of the phase have ended; how well this worker kept time."""

    loop_lag_p95: float
    loop_lag_max: float
    reads: int
    chunks: int
    cpu: float
    """CPU seconds since the launch."""


Message = AnyEvent | Ready | PhaseReport

_ENCODER = msgspec.json.Encoder()
_MESSAGES: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)
_COMMANDS: msgspec.json.Decoder[Command] = msgspec.json.Decoder(Command)
_JOBS = msgspec.json.Decoder(Job)


def line(message: Message | Command | Job) -> bytes:
    """The message as one line, newline included."""
    return _ENCODER.encode(message) + b"\n"


def lines(messages: list[Message]) -> bytes:
    """The messages, one a line."""
    return _ENCODER.encode_lines(messages)


def messages(block: bytes) -> list[Message]:
    """The messages of whole lines; raises `msgspec.DecodeError` on anything else."""
    return _MESSAGES.decode_lines(block)


def command(text: bytes) -> Command:
    """The command of one line; raises `msgspec.DecodeError` on anything else."""
    return _COMMANDS.decode(text)


def job(text: bytes) -> Job:
    """The job of one line; raises `msgspec.DecodeError` on anything else."""
    return _JOBS.decode(text)
