"""What to say about a success that is not what was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from burstview_engines.backends.registry import PROFILES
from burstview_engines.burst.bodies import temperature
from burstview_engines.burst.prompts import fewest_words
from burstview_engines.core.backend import Backend
from burstview_engines.core.plan import BurstPlan

SURELY_CUT = 0.7
"""A server that counts fewer tokens than this share of the words has not read them all."""
FEWEST_WORDS = 200
"""Shorter prompts are not judged."""


@dataclass(frozen=True, slots=True)
class Success:
    """What a successful response told."""

    prompt_tokens: int | None
    output_tokens: int | None
    finish_reason: str
    reasoned: bool
    streamed: bool
    unreadable: bool
    """An event could not be read."""


def notes(backend: Backend, plan: BurstPlan, stream: bool, success: Success) -> str | None:
    """All that is to be said, as one sentence; None when all is as asked."""
    return "; ".join(_all(backend, plan, stream, success)) or None


def _all(backend: Backend, plan: BurstPlan, stream: bool, success: Success) -> Iterator[str]:
    yield from _cut_prompt(backend, plan, success)
    yield from _length(backend, plan, success)
    if plan.thinking == "off" and success.reasoned:
        yield "it thought although thinking is off"
    if plan.thinking == "on" and not success.reasoned:
        yield "it was asked to think, and no thinking was seen"
    if stream and not success.streamed:
        yield "the server did not stream: no time to the first token"
    if success.unreadable:
        yield "a part of the stream could not be read"
    sent = temperature(backend, plan)
    if sent != plan.temperature:
        yield f"temperature {sent:g} was sent: at 0 Ollama's repeat guard cuts answers"


def _cut_prompt(backend: Backend, plan: BurstPlan, success: Success) -> Iterator[str]:
    """Ollama keeps the newest half of its context in silence; only its usage tells."""
    words, read = fewest_words(plan), success.prompt_tokens
    if read is None or words < FEWEST_WORDS or read >= words * SURELY_CUT:
        return
    label = PROFILES[backend.engine].label
    step = "raise OLLAMA_CONTEXT_LENGTH or send less" if backend.engine == "ollama" else "send less"
    yield (
        f"{label} cut the prompt in silence: it read {read:,} tokens of at least {words:,}; {step}"
    )


def _length(backend: Backend, plan: BurstPlan, success: Success) -> Iterator[str]:
    tokens = success.output_tokens
    if tokens is None:
        yield "the server gave no usage: its tokens are not known"
    elif tokens > plan.max_tokens:
        yield f"{tokens:,} tokens came, more than the {plan.max_tokens:,} asked for"
    elif plan.equal_lengths and tokens < plan.max_tokens:
        short = f"{tokens:,} of {plan.max_tokens:,} tokens ({success.finish_reason})"
        profile = PROFILES[backend.engine]
        if profile.forces_length:
            yield f"{short}, though equal lengths were asked for"
        else:
            yield f"{short}: {profile.label} cannot be asked for equal lengths"
