"""The JSON of one engine, as `up`, `ps` and `down` print it: docs/json.md has the fields."""

from __future__ import annotations

import msgspec

from burstview_engines.core.managed import Failure, ManagedEngine, Usage
from burstview_engines.core.views import EngineView

Json = dict[str, object]


def engine_report(view: EngineView) -> Json:
    """Plain dicts, lists and numbers; null for unknown."""
    engine = view.engine
    return {
        "name": engine.name,
        "engine": engine.engine,
        "place": engine.place,
        "owner": engine.owner,
        "who": engine.who,
        "status": engine.status,
        "phase": engine.phase,
        "words": engine.words or None,
        "fraction": engine.fraction,
        "id": engine.id or None,
        "url": engine.url,
        "lan": engine.lan,
        "image": engine.image,
        "model": engine.model,
        "gpus": None if engine.gpus is None else list(engine.gpus),
        "options": dict(engine.options),
        "simulated": engine.simulated,
        "exit_code": engine.exit_code,
        "oom_killed": engine.oom_killed,
        "restarts": engine.restarts,
        "on_gpu": engine.on_gpu,
        "drift": list(engine.drift),
        "failure": failure_report(engine.failure),
        "facts": _facts(engine),
        "usage": _usage(view.usage),
    }


def failure_report(failure: Failure | None) -> Json | None:
    """Why it did not start, or died."""
    if failure is None:
        return None
    return {
        "kind": failure.kind,
        "sentence": failure.sentence,
        "step": failure.step or None,
        "detail": failure.detail or None,
    }


def _facts(engine: ManagedEngine) -> Json:
    """What its log told."""
    facts = msgspec.structs.asdict(engine.facts)
    layers = engine.facts.gpu_layers
    return facts | {"gpu_layers": None if layers is None else list(layers)}


def _usage(usage: Usage | None) -> Json | None:
    return None if usage is None else msgspec.structs.asdict(usage)
