"""The facts that log lines tell, read from the named groups of their patterns."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from burstview_engines.core.managed import EngineFacts

MIB = 1 << 20
GIB = 1 << 30
_DIGITS = 18
"""A longer number is none that an engine counts."""

Groups = Mapping[str, str]
Value = str | int | float | bool | tuple[int, int] | None
"""None: the groups do not tell it after all."""


def facts_of(groups: Groups) -> dict[str, Value]:
    """Fields of `EngineFacts`; docs/phases.md names the groups."""
    told: dict[str, Value] = {}
    for name, field in _READERS.items():
        if groups.get(name):
            key, read = field
            told[key] = read(groups)
    return {key: value for key, value in told.items() if value is not None}


def with_facts(facts: EngineFacts, groups: Groups) -> EngineFacts:
    """`facts` with what these groups tell."""
    told = facts_of(groups)
    return msgspec.structs.replace(facts, **told) if told else facts


def of_engine(facts: EngineFacts) -> EngineFacts:
    """What stays true when another model is loaded."""
    return EngineFacts(version=facts.version, seats=facts.seats, has_gpu=facts.has_gpu)


def whole(text: str | None) -> int | None:
    """`890,624` as a number."""
    digits = (text or "").replace(",", "")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= _DIGITS else None


def number(text: str | None) -> float | None:
    """`1.26` as a number."""
    if not text or len(text) > _DIGITS:
        return None
    try:
        return float(text)
    except ValueError:
        return None


def _whole(name: str) -> Callable[[Groups], Value]:
    return lambda groups: whole(groups.get(name))


def _number(name: str) -> Callable[[Groups], Value]:
    return lambda groups: number(groups.get(name))


def _bytes(name: str, unit: int) -> Callable[[Groups], Value]:
    def read(groups: Groups) -> Value:
        count = number(groups.get(name))
        return None if count is None else round(count * unit)

    return read


def _cells(groups: Groups) -> Value:
    """llama.cpp counts the cells of one stream; without a unified cache each slot is a stream."""
    cells, streams = whole(groups.get("cells")), whole(groups.get("streams"))
    return None if cells is None or streams is None else cells * streams


def _layers(groups: Groups) -> Value:
    on_gpu, layers = whole(groups.get("gpu_layers")), whole(groups.get("layers"))
    return None if on_gpu is None or layers is None else (on_gpu, layers)


_READERS: dict[str, tuple[str, Callable[[Groups], Value]]] = {
    "version": ("version", lambda groups: groups.get("version")),
    "seats": ("seats", _whole("seats")),
    "context_tokens": ("context_tokens", _whole("context_tokens")),
    "kv_tokens": ("kv_tokens", _whole("kv_tokens")),
    "cells": ("kv_tokens", _cells),
    "kv_mib": ("kv_bytes", _bytes("kv_mib", MIB)),
    "kv_gib": ("kv_bytes", _bytes("kv_gib", GIB)),
    "weights_mib": ("weights_bytes", _bytes("weights_mib", MIB)),
    "weights_gib": ("weights_bytes", _bytes("weights_gib", GIB)),
    "max_concurrency": ("max_concurrency", _number("max_concurrency")),
    "gpu_layers": ("gpu_layers", _layers),
    "gpu": ("has_gpu", lambda groups: True),
    "cpu": ("has_gpu", lambda groups: False),
    "load_seconds": ("load_seconds", _number("load_seconds")),
}
FACT_GROUPS = frozenset(_READERS) | {"streams", "layers"}
"""Group names with a meaning here."""
