"""The settings as text fields, and back to a plan or a sentence on what makes no sense. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from burstview_engines.core.plan import BurstPlan, Thinking

MOST_TOKENS = 100_000
HOTTEST = 2.0


@dataclass(frozen=True, slots=True)
class Form:
    """What stands in the fields."""

    max_tokens: str
    prompt: str
    prompt_tokens: str
    temperature: str
    thinking: Thinking
    equal_lengths: bool
    warm_up: bool
    stream: bool


class FormError(Exception):
    """A field that makes no sense; the text is one sentence, `field` the widget to look at."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


def from_plan(plan: BurstPlan) -> Form:
    """Fields that show the plan; empty is `not set`."""
    return Form(
        max_tokens=str(plan.max_tokens),
        prompt=plan.prompt,
        prompt_tokens="" if plan.prompt_tokens is None else str(plan.prompt_tokens),
        temperature="" if plan.temperature is None else f"{plan.temperature:g}",
        thinking=plan.thinking,
        equal_lengths=plan.equal_lengths,
        warm_up=plan.warm_up,
        stream=plan.stream,
    )


def to_plan(form: Form, plan: BurstPlan) -> BurstPlan:
    """The plan with the fields' values. Raises FormError on the first that makes no sense."""
    if not form.prompt.strip():
        raise FormError("prompt", "The prompt is empty: write at least one word.")
    return msgspec.structs.replace(
        plan,
        max_tokens=_tokens("max_tokens", "Tokens", form.max_tokens),
        prompt=form.prompt,
        prompts=plan.prompts if form.prompt == plan.prompt else (),
        prompt_tokens=_tokens("prompt_tokens", "Prompt tokens", form.prompt_tokens)
        if form.prompt_tokens.strip()
        else None,
        temperature=_temperature(form.temperature),
        thinking=form.thinking,
        equal_lengths=form.equal_lengths,
        warm_up=form.warm_up,
        alone=(plan.alone or 3) if form.warm_up else 0,
        stream=form.stream,
    )


def _tokens(field: str, name: str, text: str) -> int:
    digits = text.strip().replace(",", "")
    if not digits.isascii() or not digits.isdigit() or not 1 <= int(digits) <= MOST_TOKENS:
        raise FormError(field, f"{name}: a whole number from 1 to {MOST_TOKENS:,}, not “{text}”.")
    return int(digits)


def _temperature(text: str) -> float | None:
    if not text.strip():
        return None
    try:
        value = float(text.strip().replace(",", "."))
    except ValueError:
        value = -1.0
    if not 0.0 <= value <= HOTTEST:
        raise FormError(
            "temperature", f"Temperature: a number from 0 to {HOTTEST:g}, or empty; not “{text}”."
        )
    return value
