"""llama.cpp's lines about its slots, one block when a request gets one and one when it leaves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from burstview_engines.simulator.server.driver import Ticket

SAMPLER = (
    "sampler chain: logits -> ?penalties -> ?dry -> ?top-n-sigma -> top-k -> ?typical -> ?top-p "
    "-> ?min-p -> ?xtc -> temp-ext -> dist "
)
PARAMETERS = (
    "\trepeat_last_n = 64, repeat_penalty = 1.000, frequency_penalty = 0.000, "
    "presence_penalty = 0.000",
    "\tdry_multiplier = 0.000, dry_base = 1.750, dry_allowed_length = 2, dry_penalty_last_n = 64",
    "\ttop_k = 40, top_p = 1.000, min_p = 0.000, xtc_probability = 0.000, xtc_threshold = 0.100, "
    "typical_p = 1.000, top_n_sigma = -1.000, temp = 0.800",
    "\tmirostat = 0, mirostat_lr = 0.100, mirostat_ent = 5.000, adaptive_target = -1.000, "
    "adaptive_decay = 0.900",
)
CACHED_PROMPTS = 50
"""The prompt cache names all its entries at every request: most of Ollama's noise."""
BYTES_A_TOKEN = 114_688
"""Of a cached prompt, for the sizes in the noise."""
MIB = 2**20


@dataclass(slots=True)
class _Slot:
    index: int
    last_used: float = -1.0
    task: int | None = None


@dataclass(slots=True)
class SlotLog:
    """Gives each request a slot by name only: which one it is does not change its time."""

    seats: int
    context: int
    keep: int
    verbose: bool
    """Verbosity 4, as Ollama asks for; else 3."""
    write: Callable[[str], None]
    _slots: list[_Slot] = field(default_factory=list)
    _cached: list[tuple[int, int]] = field(default_factory=list)
    _tasks: int = 0

    def __post_init__(self) -> None:
        self._slots = [_Slot(index) for index in range(self.seats)]

    def seated(self, ticket: Ticket, at: float) -> None:
        """The request's slot begins."""
        free = [slot for slot in self._slots if slot.task is None] or self._slots
        slot = min(free, key=lambda slot: (slot.last_used, -slot.index))
        slot.task = ticket.job.id
        prompt = ticket.job.prompt_tokens
        first = slot.last_used < 0
        slot.last_used = at
        lines = [
            f"slot get_availabl: id {slot.index:2d} | task -1 | {_choice(prompt, first=first)}"
        ]
        if self.verbose:
            lines = ["srv  server_strea: conv_id= (empty=1)", *lines, *self._caching(prompt)]
            lines += (self._line(slot, "launch_slot_", SAMPLER, task=-1),)
            lines += (self._line(slot, "launch_slot_", "sampler params: ", task=-1), *PARAMETERS)
        lines.append(self._line(slot, "launch_slot_", "processing task, is_child = 0"))
        if self.verbose:
            lines += self._reading(slot, prompt)
        self.write("\n".join(lines))

    def ended(self, ticket: Ticket, at: float) -> None:
        """Its slot is released; without an end its client left."""
        slot = next((slot for slot in self._slots if slot.task == ticket.job.id), None)
        if slot is None:
            return
        prompt, done = ticket.job.prompt_tokens, ticket.done
        started = ticket.job.arrived if ticket.started is None else ticket.started
        lines = []
        if ticket.ended is not None:
            first = started if ticket.first is None else ticket.first
            lines = self._timing(slot, prompt, first - started, done, ticket.ended - first)
        held = prompt + max(0, done - 1)
        released = f"stop processing: n_tokens = {held}, truncated = 0"
        lines.append(self._line(slot, "release", released))
        slot.task, slot.last_used = None, at
        if self.verbose:
            self._cached = [*self._cached, (held, hash(at) & 0xFFFFFF)][-CACHED_PROMPTS:]
            if all(slot.task is None for slot in self._slots):
                lines.append("srv  update_slots: all slots are idle")
        self.write("\n".join(lines))

    def _reading(self, slot: _Slot, prompt: int) -> list[str]:
        context, keep = self.context, self.keep
        read = f"new prompt, n_ctx_slot = {context}, n_keep = {keep}, task.n_tokens = {prompt}"
        sampler = f"init sampler, took 0.01 ms, tokens: text = {prompt}, total = {prompt}"
        return [
            self._line(slot, "operator()", read),
            self._line(slot, "operator()", "cached n_tokens = 0, memory_seq_rm [0, end)"),
            self._line(slot, "init_sampler", sampler),
        ]

    def _caching(self, prompt: int) -> list[str]:
        """What verbosity 4 tells of every prompt it remembers."""
        total = sum(tokens for tokens, _ in self._cached) * BYTES_A_TOKEN / MIB
        looked = [
            f"srv          load:    - prompt with length {tokens:7d}, lcp =       5, "
            f"f_keep = {5 / tokens:.3f}, f_sim = {5 / (prompt + 5):.3f}"
            for tokens, _ in self._cached
        ]
        kept = [
            f"srv        update:    - prompt 0x5642{name:08x}: {tokens:7d} tokens, "
            f"checkpoints:  0, {tokens * BYTES_A_TOKEN / MIB:9.3f} MiB"
            for tokens, name in self._cached
        ]
        limits = f"(limits: 8192.000 MiB, {self.seats * self.context} tokens, 74882 est)"
        return [
            "srv  get_availabl: updating prompt cache",
            "srv          load:  - looking for better prompt, base f_keep = -1.000, f_sim = 0.000",
            *looked,
            f"srv        update:  - cache state: {len(kept)} prompts, {total:.3f} MiB {limits}",
            *kept,
            "srv  get_availabl: prompt cache update took 0.03 ms",
        ]

    def _timing(self, slot: _Slot, prompt: int, read: float, done: int, made: float) -> list[str]:
        told = (
            f"prompt eval time = {_timed(read, prompt)}",
            f"       eval time = {_timed(made, done)}",
            f"      total time = {1000 * (read + made):10.2f} ms / {prompt + done:5d} tokens",
            f"   graphs reused = {max(0, done - 1):10d}",
        )
        return [self._line(slot, "print_timing", words) for words in told]

    def _line(self, slot: _Slot, function: str, words: str, task: int | None = None) -> str:
        number = slot.task if task is None else task
        return f"slot {function:>12}: id {slot.index:2d} | task {number} | {words}"


def _choice(prompt: int, *, first: bool) -> str:
    if first:
        return "selected slot by LRU, t_last = -1"
    return (
        f"selected slot by LCP similarity, f_sim_best = {5 / (prompt + 5) + 0.1:.3f} "
        "(> 0.100 thold), f_keep = 0.093"
    )


def _timed(seconds: float, tokens: int) -> str:
    ms = 1000 * seconds
    each, rate = ms / max(1, tokens), tokens / seconds if seconds else 0.0
    return (
        f"{ms:10.2f} ms / {tokens:5d} tokens ({each:8.2f} ms per token, "
        f"{rate:8.2f} tokens per second)"
    )
