"""Which of the models to choose from are on this machine already."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from burstview import model_choices
from burstview.model_choices import ModelChoice
from burstview_engines.launch.spec import LaunchSpec
from burstview_engines.models.at_hand import Places, weights_of
from burstview_engines.models.local import LocalModel
from burstview_engines.models.ollama_folder import ollama_stored
from burstview_engines.models.pairs import ModelPair, for_engine
from burstview_engines.places.docker.threads import DaemonThreads

ModelSource = Callable[[LaunchSpec], Awaitable[Sequence[ModelChoice]]]
"""Looks as far as a spec's engine, place and weights folder matter. May raise SessionError."""


def source(pairs: Sequence[ModelPair], places: Places, threads: DaemonThreads) -> ModelSource:
    """Folders may be large or slow: they are read in threads."""

    async def find(spec: LaunchSpec) -> Sequence[ModelChoice]:
        return await threads.run(search, pairs, places, spec)

    return find


def search(pairs: Sequence[ModelPair], places: Places, spec: LaunchSpec) -> Sequence[ModelChoice]:
    """What is here first, with models of an Ollama's store that are in no table. Reads folders."""
    choices = list(model_choices.of_pairs(pairs))
    if not _can_look(places, spec):
        return choices
    for at, pair in enumerate(pairs):
        model = for_engine(pair, spec.engine)
        if model is not None:
            found = weights_of(_asking(spec, model), places)
            choices[at] = model_choices.marked(choices[at], spec.engine, found)
    known = {name for choice in choices for name in choice.names.values()}
    others = [model for model in _stored(places, spec) if model.name not in known]
    return model_choices.here_first(
        [*choices, *(model_choices.of_local(model, spec.engine) for model in others)]
    )


def _can_look(places: Places, spec: LaunchSpec) -> bool:
    """An Ollama's volume is not for everyone to read."""
    return spec.engine != "ollama" or _store(places, spec) is not None


def _store(places: Places, spec: LaunchSpec) -> Path | None:
    if spec.weights is not None:
        return Path(spec.weights)
    return places.ollama if spec.place == "process" else None


def _asking(spec: LaunchSpec, model: str) -> LaunchSpec:
    return LaunchSpec(engine=spec.engine, model=model, weights=spec.weights)


def _stored(places: Places, spec: LaunchSpec) -> Sequence[LocalModel]:
    folder = _store(places, spec)
    return ollama_stored(folder).models if spec.engine == "ollama" and folder else ()
