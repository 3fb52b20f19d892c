"""Slots of llama.cpp's server, alone or inside Ollama, as its log tells them.

For Ollama this is the only sight of who is served and who waits. The lines carry no time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

_SLOT = re.compile(
    r"\bslot +\S{1,40}: id +(?P<slot>\d{1,6}) \| task (?P<task>\d{1,12}) \| (?:"
    r"(?P<start>processing task)"
    r"|new prompt, n_ctx_slot = (?P<context>\d{1,12}), n_keep = -?\d{1,12},"
    r" task\.n_tokens = (?P<prompt>\d{1,12})"
    r"|n_(?:gen|decoded) = +(?P<made>\d{1,12}), tg = +(?P<speed>[\d.]{1,12}) t/s"
    r"|stop processing: n_tokens = (?P<held>\d{1,12}), truncated = (?P<cut>\d))"
)
_SEATS = re.compile(
    r"initializing, n_slots = (?P<seats>\d{1,6}), n_ctx_slot = (?P<context>\d{1,12})"
)
_IDLE = re.compile(r"(?:[\d.]{1,20} [A-Z] )?srv +\S{1,40}: all slots are idle")
_GONE = re.compile(
    r"(?:[\d.]{1,20} [A-Z] )?srv +\S{1,40}: (?:\S{1,40}: )?cleaning up before exit"
    r'|time=\S{1,40} level=\w{1,9} source=\S{1,60} msg="llama-server process no longer running'
)
_LIMIT = 400
"""Longer lines with these words are no slot's: what is quoted in them is not looked at."""


@dataclass(frozen=True, slots=True)
class SlotStarted:
    """A request got a slot."""

    slot: int
    task: int


@dataclass(frozen=True, slots=True)
class SlotPrompt:
    """How much it has to read; told by Ollama, by llama.cpp only at verbosity 4."""

    slot: int
    task: int
    prompt_tokens: int
    context_tokens: int
    """Of the slot."""


@dataclass(frozen=True, slots=True)
class SlotProgress:
    """Told every 3 s, so of short answers never."""

    slot: int
    task: int
    output_tokens: int
    tokens_per_second: float


@dataclass(frozen=True, slots=True)
class SlotReleased:
    """The request ended, for whatever reason."""

    slot: int
    task: int
    held_tokens: int
    """In the slot at the end: prompt and answer."""
    truncated: bool


@dataclass(frozen=True, slots=True)
class SlotsMade:
    """A model was loaded: all slots are new and empty."""

    seats: int
    context_tokens: int | None = None
    """Of one."""


@dataclass(frozen=True, slots=True)
class SlotsIdle:
    """None is in use."""


@dataclass(frozen=True, slots=True)
class SlotsGone:
    """The program with the slots has ended: unloaded, stopped or killed."""


SlotEvent = (
    SlotStarted | SlotPrompt | SlotProgress | SlotReleased | SlotsMade | SlotsIdle | SlotsGone
)


def slot_event(line: str) -> SlotEvent | None:
    """What a line tells of slots."""
    if "| task " in line:
        match = _SLOT.search(line, 0, _LIMIT)
        return _event(match) if match else None
    if "n_slots = " in line and (made := _SEATS.search(line, 0, _LIMIT)):
        return SlotsMade(int(made["seats"]), int(made["context"]))
    if _IDLE.match(line):
        return SlotsIdle()
    return SlotsGone() if _GONE.match(line) else None


def _event(match: re.Match[str]) -> SlotEvent | None:
    slot, task = int(match["slot"]), int(match["task"])
    if match["start"]:
        return SlotStarted(slot, task)
    if match["prompt"]:
        return SlotPrompt(slot, task, int(match["prompt"]), int(match["context"]))
    if match["held"]:
        return SlotReleased(slot, task, int(match["held"]), match["cut"] != "0")
    try:
        return SlotProgress(slot, task, int(match["made"]), float(match["speed"]))
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class SlotUse:
    """The request in one slot."""

    slot: int
    task: int
    prompt_tokens: int | None = None
    output_tokens: int | None = None
    tokens_per_second: float | None = None


class SlotBook:
    """Who is served in which slot, and how many came and went. With one model at a time."""

    def __init__(self) -> None:
        self.seats: int | None = None
        """Slots of the model that was loaded last; None before the first."""
        self.starts = 0
        self.releases = 0
        self.lost = 0
        """Started, but gone without a release: their runner died."""
        self._uses: dict[int, SlotUse] = {}

    @property
    def running(self) -> tuple[SlotUse, ...]:
        """The slots in use, by number."""
        return tuple(self._uses[slot] for slot in sorted(self._uses))

    def feed(self, line: str) -> SlotEvent | None:
        """Read one line; the event that it told."""
        event = slot_event(line)
        if event is not None:
            self.take(event)
        return event

    def take(self, event: SlotEvent) -> None:
        """What a line told."""
        match event:
            case SlotsMade(seats):
                self.seats = seats
                self.lost += len(self._uses)
                self._uses.clear()
            case SlotStarted(slot, task):
                self.starts += 1
                self.lost += slot in self._uses
                self._uses[slot] = SlotUse(slot, task)
            case SlotReleased(slot, task):
                self.releases += 1
                self._uses.pop(slot, None)
            case SlotPrompt() | SlotProgress():
                self._learn(event)
            case SlotsIdle() | SlotsGone():
                self.lost += len(self._uses)
                self._uses.clear()

    def _learn(self, event: SlotPrompt | SlotProgress) -> None:
        """Of a request whose start was not seen, it is the first that is told."""
        use = self._uses.get(event.slot)
        if use is None or use.task != event.task:
            use = SlotUse(event.slot, event.task)
        if isinstance(event, SlotPrompt):
            use = replace(use, prompt_tokens=event.prompt_tokens)
        else:
            use = replace(
                use,
                output_tokens=event.output_tokens,
                tokens_per_second=event.tokens_per_second,
            )
        self._uses[event.slot] = use
