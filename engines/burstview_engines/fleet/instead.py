"""What can be shown when an engine cannot be started: on a stage something has to run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from burstview_engines.core.managed import Failure, ManagedEngine
from burstview_engines.launch.spec import LaunchSpec
from burstview_engines.models.at_hand import Places, weights_of
from burstview_engines.models.ollama_folder import ollama_stored
from burstview_engines.models.pairs import ModelPair, for_engine

NEEDS_NETWORK = frozenset(
    {
        "no-network",
        "offline-weights-missing",
        "unknown-model",
        "gated-model",
        "image-missing",
        "image-unknown",
        "download-broken",
        "download-damaged",
        "registry-limit",
        "registry-tls",
        "registry-unauthorized",
        "registry-unknown-name",
        "registry-unreachable",
    }
)
"""Kinds of failure that something which is here already would not have."""
MOST = 3


def with_what_is_here(
    failure: Failure, engine: ManagedEngine, others: Iterable[ManagedEngine], models: Sequence[str]
) -> Failure:
    """The failure with a further step that names what needs no network."""
    if failure.kind not in NEEDS_NETWORK:
        return failure
    ready = [other.name for other in others if other.status == "ready" and other.key != engine.key]
    step = f"{failure.step} {_words(ready, models)}".strip()
    return msgspec.structs.replace(failure, step=step)


def _words(ready: Sequence[str], models: Sequence[str]) -> str:
    if models:
        return f"Here already: {', '.join(models[:MOST])}."
    if ready:
        return f"Ready to be shown: {', '.join(ready[:MOST])}."
    return "Without any network `burstview demo` can be shown."


def models_here(
    engine: ManagedEngine, places: Places, pairs: Sequence[ModelPair]
) -> tuple[str, ...]:
    """Models that the engine could start with now, in its own words. Reads folders."""
    if engine.engine == "ollama":
        is_seen = engine.place == "process" and places.ollama is not None
        stored = ollama_stored(places.ollama).models if is_seen and places.ollama else ()
        return tuple(model.name for model in stored if model.complete)
    names = (for_engine(pair, engine.engine) for pair in pairs)
    return tuple(
        name
        for name in names
        if name is not None
        and (found := weights_of(LaunchSpec(engine=engine.engine, model=name), places))
        and found.complete
    )
