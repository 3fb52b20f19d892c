"""The text of each request. No two begin alike, so no prefix cache can flatter a burst."""

from __future__ import annotations

from functools import lru_cache

from burstview_engines.core.plan import BurstPlan, Phase

_LETTERS: dict[Phase, str] = {"warm_up": "w", "alone": "a", "burst": "b"}

_COMMON = (
    "time year people way day man thing woman life child world school state family student group"
    " country problem hand part place case week company system program question work number"
    " night point home water room mother area money story fact month lot right study book eye"
    " job word business issue side kind head house service friend father power hour game line"
    " end member law car city name team minute idea body back parent face others level office"
    " door health person art war history party result change morning reason girl guy moment air"
    " teacher force order"
)
_WORDS = _COMMON.split()
"""Common words: with its space each is one token in every usual vocabulary."""

_TEMPLATE_TOKENS = 10
"""About what a chat template puts around a prompt (14 for "hello world" on Qwen3, 9 on others)."""


def prompt_text(plan: BurstPlan, phase: Phase, id: int) -> str:
    """What request `id` asks: its tag, words up to `prompt_tokens`, then the text.

    `{i}` in the text is the number; other braces are left alone.
    """
    tag = tag_text(plan, phase, id)
    text = text_of(plan, id).replace("{i}", str(id))
    missing = (plan.prompt_tokens or 0) - estimated_tokens(tag + text)
    if missing <= 0:
        return tag + text
    return f"{tag}{_filler(id, missing)}.\n\n{text}"


def tag_text(plan: BurstPlan, phase: Phase, id: int) -> str:
    """`b3-07: `, and `w3-07: ` and `a3-07: ` before it; all of one length within a burst."""
    letter = _LETTERS[phase]
    tag = plan.tag if phase == "burst" else letter + plan.tag.removeprefix("b")
    return f"{tag}-{id:0{len(str(plan.concurrency))}d}: "


def text_of(plan: BurstPlan, id: int) -> str:
    """The plan's own text for a request: its prompts in turn, or its one prompt."""
    return plan.prompts[(id - 1) % len(plan.prompts)] if plan.prompts else plan.prompt


def estimated_tokens(text: str) -> int:
    """About how many tokens a server will count, template included; English, 20 % either way."""
    return _TEMPLATE_TOKENS + 5 + round(len(text.split()) * 1.2)


@lru_cache(maxsize=16)
def fewest_words(plan: BurstPlan) -> int:
    """Words of the shortest prompt of the burst: no usual tokenizer needs fewer tokens."""
    numbers = range(1, (len(plan.prompts) or 1) + 1)
    return min(len(prompt_text(plan, "burst", number).split()) for number in numbers)


def _filler(id: int, words: int) -> str:
    start = id % len(_WORDS)
    turned = _WORDS[start:] + _WORDS[:start]
    repeated = turned * (words // len(turned) + 1)
    return " ".join(repeated[:words])
