"""The engine room's sentences: where its figures come from, and what is seen. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from burstview import format as say
from burstview_engines.core.backend import Backend
from burstview_engines.core.events import EngineSampled

NO_RUN = "No burst yet: press esc, then d for a duel or f for one side, and i again."
NO_SIDE = "No engine on this side yet: press esc and choose one in the table."
NOTHING_TOLD = "This engine has told nothing of its insides yet."
_CACHE = "The KV cache keeps what the model computed for each token so far."
FULL = 0.9
"""Share of the KV cache from which on it is called nearly full."""


def source_of(sample: EngineSampled | None, backend: Backend) -> str:
    """How exact the map is, and who says so."""
    if sample is None:
        return NOTHING_TOLD
    name = backend.name
    if sample.holdings is not None:
        return f"exact: the embedded {name} tells each block (SIMULATED)"
    match sample.source:
        case "simulated":
            what = "each slot" if sample.slots is not None else "only the sum"
            return f"exact: the embedded {name} tells {what} (SIMULATED)"
        case "slots" | "metrics" if sample.slots is not None:
            return f"exact: {name}'s /slots tells each slot"
        case "log":
            return f"from slot lines in {name}'s log: exact where a line tells, else at least (≥)"
        case "ps":
            return f"aggregate: {name}'s /api/ps tells memory only, neither slots nor a queue"
        case "metrics" | "slots":
            return f"aggregate: {name}'s /metrics tells only the sum, not whose it is"
        case None:
            return "aggregate: an old recording tells only the sum, not whose it is"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What a caption depends on. Unknown is None."""

    backend: Backend
    is_paged: bool
    is_slots: bool
    seats: int | None
    context_tokens: int | None
    is_over: bool
    running: int | None
    waiting: int | None
    fill: float | None
    """Of the KV cache at the moment shown, 0 to 1."""
    preempted: int | None
    """In this burst so far."""
    block_tokens: int | None
    shares_pool: bool
    """The slots do not reserve: each may use all of one pool."""


def caption(state: State) -> str:
    """One or two plain sentences about the picture as it is now."""
    if state.is_paged:
        return _paged(state)
    if state.is_slots:
        return _slots(state)
    return f"{_CACHE} This engine does not tell how it divides it."


def _paged(state: State) -> str:
    if state.preempted:
        return (
            "Preemption: a running request needed a block and none was free. The newest was pushed"
            " back: its blocks went to others, and all it had is computed again."
        )
    if state.waiting and state.fill is not None and state.fill >= FULL:
        return (
            "The KV cache is nearly full: new requests wait for free blocks. When a running one"
            " needs a block and none is left, the newest is pushed back (preemption)."
        )
    if state.waiting and state.running and state.seats and state.running >= state.seats:
        return (
            f"All {state.seats} {state.backend.seats_name} are taken. Continuous batching: when one"
            " request ends, the next enters at once; nobody waits for the whole batch."
        )
    if state.running and not state.is_over:
        them = "the running request" if state.running == 1 else f"all {state.running} at once"
        return (
            f"Continuous batching: a pass of the model computes the next token of {them}."
            " Requests join and leave between two passes."
        )
    size = f"{state.block_tokens} tokens" if state.block_tokens else "a few tokens"
    paging = f"Paged: a request takes blocks of {size} as it grows; only its last is partly empty."
    return f"{_CACHE} {paging}"


def _slots(state: State) -> str:
    if state.seats == 1:
        default = " (Ollama's default)" if state.backend.engine == "ollama" else ""
        waiting = f"; {state.waiting} wait in line" if state.waiting else ""
        return f"One slot{default}: one request at a time{waiting}. {_reserve(state)}"
    if state.waiting and state.seats:
        lead = f"{state.seats} slots share each pass; {state.waiting} wait until one ends."
        return f"{lead} {_reserve(state)}"
    return f"{_CACHE} {_reserve(state)}"


def _reserve(state: State) -> str:
    if state.shares_pool:
        return "The slots share one pool: each may use all of it."
    context = f"all {say.count(state.context_tokens)} tokens" if state.context_tokens else "all"
    return f"Each slot keeps {context} of its context reserved, however short the request."
