"""Reading what a server answered, without trusting it."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from burstview_engines.backends.profile import Answer

T = TypeVar("T")


class ListedModel(msgspec.Struct, frozen=True):
    """A model of `/v1/models` as vLLM and SGLang list it."""

    id: str
    owned_by: str | None = None
    max_model_len: int | None = None


class ModelList(msgspec.Struct, frozen=True):
    """The whole answer."""

    data: list[ListedModel] = []


def decoded(answer: Answer | None, shape: type[T]) -> T | None:
    """A 2xx body as `shape`; None when there is none, or it is not JSON of that shape."""
    if answer is None or not answer.is_ok:
        return None
    try:
        return msgspec.json.decode(answer.body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def text(answer: Answer | None) -> str:
    """The body as text whatever the status; empty when there is no answer."""
    return answer.body.decode("utf-8", "replace") if answer else ""
