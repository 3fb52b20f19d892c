"""What a burst intends to send."""

from __future__ import annotations

from typing import Literal

import msgspec

Thinking = Literal["as-is", "on", "off"]
"""`as-is` sends nothing about thinking: the engine and the model decide."""

Phase = Literal["warm_up", "alone", "burst"]
"""A run warms up, sends a few requests alone one after the other, then fires the burst."""

Order = Literal["auto", "in-turns", "together"]
"""How a duel fires: `auto` takes turns unless each side has hardware of its own."""

DEFAULT_PROMPT = "Explain in plain words how a server answers many people at once."
MAX_CONCURRENCY = 1024
MAX_PROMPT_TOKENS = 1_000_000
"""More than any model reads; the texts of a burst are all made before it starts."""


class BurstPlan(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One burst: how many requests, how long, and what they ask."""

    concurrency: int = 16
    max_tokens: int = 128
    prompt: str = DEFAULT_PROMPT
    """The text behind every request's tag; `{i}` in it is the request's number."""
    prompts: tuple[str, ...] = ()
    """Texts used in turn instead of `prompt`, when a file was given."""
    prompt_tokens: int | None = None
    """Each prompt is padded with words to about this many tokens; None leaves it as it is."""
    temperature: float | None = None
    """None: not sent."""
    thinking: Thinking = "as-is"
    equal_lengths: bool = True
    """Ask for answers of exactly `max_tokens` where the engine can."""
    stream: bool = True
    """False asks for whole answers: no first-token times, the verdict is an estimate."""
    warm_up: bool = True
    alone: int = 3
    """Requests sent alone before the burst; 0 skips them: no gain. Needs `warm_up`."""
    give_up_after: float = 120.0
    """The run ends when no request got a token for so many seconds."""
    tag: str = "b1"
    """Begins every prompt of the burst, with the request's number: `b1-07: `."""
