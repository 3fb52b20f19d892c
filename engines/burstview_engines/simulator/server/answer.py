"""Cuts the prepared texts into tokens and composes one request's answer from them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, cycle, islice
from zlib import crc32

from burstview_engines.core.backend import Engine
from burstview_engines.simulator.server.texts import THINKING, paragraphs

CHARACTERS_A_TOKEN = 4
"""English text has about so many characters in a token of a large vocabulary."""
THINKING_SHARE = 3
"""One token in so many is reasoning when thinking is on."""

_PIECE = re.compile(r"\n+| ?[A-Za-z0-9_'-]+|[^A-Za-z0-9_'\s-]|\s")
_TAG = re.compile(r"[^\s:]{0,32}?(\d+):")


@dataclass(frozen=True, slots=True)
class Answer:
    """One text for every output token; an end-of-text token is an empty one at the end."""

    thinking: tuple[str, ...]
    texts: tuple[str, ...]
    finish_reason: str
    """`stop` when the text came to its end, `length` when it was cut."""

    @property
    def tokens(self) -> int:
        """Output tokens, reasoning and the end-of-text token included."""
        return len(self.thinking) + len(self.texts)


def count_tokens(text: str) -> int:
    """About what a tokenizer would say: a token for every four characters, at least one."""
    return max(1, -(-len(text) // CHARACTERS_A_TOKEN))


def cut(text: str) -> tuple[str, ...]:
    """Word-like pieces that join to the text again."""
    return tuple(_PIECE.findall(text))


def request_number(prompt: str) -> int:
    """The number in the prompt's tag (`b3-07: …` gives 7), else one that the prompt decides."""
    tag = _TAG.match(prompt)
    return int(tag[1]) if tag else crc32(prompt.encode("utf-8", "replace"))


class Story:
    """All that one engine can say. The same prompt always gets the same text."""

    def __init__(self, engine: Engine, figures: dict[str, str]) -> None:
        texts = paragraphs(engine, figures)
        self._paragraphs = tuple(cut(f"{text}\n\n") for text in texts)
        self._thinking = tuple(chain.from_iterable(map(cut, THINKING)))
        self._variants: dict[int, tuple[str, ...]] = {}

    def answer(
        self,
        prompt: str,
        *,
        limit: int,
        endless: bool = False,
        thinking: bool = False,
        stops: Sequence[str] = (),
    ) -> Answer:
        """At most `limit` tokens; `endless` (ignore_eos) makes it exactly so many."""
        variant = self._variant(request_number(prompt) % len(self._paragraphs))
        whole = len(variant) + 1
        natural = whole * THINKING_SHARE // (THINKING_SHARE - 1) if thinking else whole
        total = limit if endless else min(limit, natural)
        reasoning = total // THINKING_SHARE if thinking else 0
        said = tuple(islice(cycle(variant), total - reasoning))
        finish_reason = "length"
        if not endless and limit >= natural:
            said, finish_reason = (*said[:-1], ""), "stop"
        if (length := _before_stop(said, stops)) is not None:
            said, finish_reason = (*said[:length], ""), "stop"
        return Answer(tuple(islice(cycle(self._thinking), reasoning)), said, finish_reason)

    def _variant(self, first: int) -> tuple[str, ...]:
        """All paragraphs, beginning with number `first`."""
        if first not in self._variants:
            turned = self._paragraphs[first:] + self._paragraphs[:first]
            self._variants[first] = tuple(chain.from_iterable(turned))
        return self._variants[first]


def _before_stop(pieces: Sequence[str], stops: Sequence[str]) -> int | None:
    """How many pieces end before the first stop string begins; None if none occurs."""
    text = "".join(pieces)
    found = [at for stop in stops if stop and (at := text.find(stop)) >= 0]
    if not found:
        return None
    return sum(end <= min(found) for end in accumulate(map(len, pieces)))
