"""The slots of an engine as its log tells them: the only sight of those inside Ollama."""

from __future__ import annotations

from burstview_engines.core.engine_gauges import Slot
from burstview_engines.launch.slot_lines import (
    SlotBook,
    SlotEvent,
    SlotProgress,
    SlotPrompt,
    SlotReleased,
    SlotsGone,
    SlotsIdle,
    SlotsMade,
    SlotStarted,
    SlotUse,
    slot_event,
)

NOISE = (
    b"srv          load:",
    b"srv        update:",
    b"srv         alloc:",
    b"srv   prompt_save:",
    b"srv  get_availabl",
    b"srv  server_strea",
    b"slot get_availabl",
    b"slot process_sing",
    b"slot print_timing",
    b"slot init_sampler",
    b"[GIN]",
    b"llama_model_loader",
    b"\t",
)
"""Begins of lines that tell nothing of slots: 19 of 20 of a busy Ollama's."""


class SlotState:
    """Folds lines. What the log has not told since it is read stays unknown."""

    def __init__(self) -> None:
        self._book = SlotBook()
        self._context: int | None = None
        self._held: dict[int, int | None] = {}
        """By slot, since the model was loaded: what its last request left; None: that is not sure,
        as an idle slot may be emptied when another one begins."""
        self._has_slots: bool | None = None
        self._is_sure = False

    def feed(self, line: str) -> bool:
        """Read one line; whether it told anything that is shown."""
        event = slot_event(line)
        if event is None:
            return False
        before = self._shown()
        self._book.take(event)
        self._learn(event)
        return self._shown() != before

    @property
    def running(self) -> int | None:
        """Slots in use. None until the log has told of all: it is read from somewhere in its
        middle."""
        return len(self._book.running) if self._is_sure else None

    @property
    def seats(self) -> int | None:
        """Of the model that is loaded; None where its start was not read."""
        return self._book.seats if self._has_slots else None

    @property
    def context_tokens(self) -> int | None:
        """Of one slot."""
        return self._context if self._has_slots else None

    @property
    def slots(self) -> tuple[Slot, ...] | None:
        """In order; None while it is not sure how many there are, or no model is loaded."""
        seats = self.seats
        if not self._is_sure or seats is None:
            return None
        uses = {use.slot: use for use in self._book.running}
        return tuple(self._slot(number, uses.get(number)) for number in range(seats))

    def _slot(self, number: int, use: SlotUse | None) -> Slot:
        if use is None:
            held = self._held.get(number, 0)
            return Slot(id=number, context_tokens=self._context, used_tokens=held)
        return Slot(
            id=number,
            is_busy=True,
            task=use.task,
            context_tokens=self._context,
            prompt_tokens=use.prompt_tokens,
        )

    def _learn(self, event: SlotEvent) -> None:
        match event:
            case SlotsMade(context_tokens=context):
                self._held.clear()
                self._context, self._has_slots, self._is_sure = context, True, True
            case SlotsGone():
                self._has_slots, self._is_sure = False, True
            case SlotsIdle():
                self._has_slots = self._is_sure = True
            case SlotStarted(slot):
                self._held = dict.fromkeys(self._held)
                self._held[slot] = None
            case SlotPrompt(context_tokens=context):
                self._context = context
            case SlotReleased(slot, held_tokens=held):
                self._held[slot] = held
            case SlotProgress():
                pass

    def _shown(self) -> tuple[object, ...]:
        return self.running, self.seats, self.slots
