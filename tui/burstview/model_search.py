"""Which of the models to choose from are on this machine already."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

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
    choices = []
    for pair, choice in zip(pairs, model_choices.of_pairs(pairs), strict=True):
        model = for_engine(pair, spec.engine)
        found = weights_of(_asking(spec, model), places) if model is not None else None
        choices.append(model_choices.marked(choice, spec.engine, found))
    known = {name for choice in choices for name in choice.names.values()}
    others = [model for model in _stored(places, spec) if model.name not in known]
    return model_choices.here_first(
        [*choices, *(model_choices.of_local(model, spec.engine) for model in others)]
    )


def _asking(spec: LaunchSpec, model: str) -> LaunchSpec:
    return LaunchSpec(engine=spec.engine, model=model, weights=spec.weights)


def _stored(places: Places, spec: LaunchSpec) -> Sequence[LocalModel]:
    folder = places.ollama
    if spec.engine != "ollama" or folder is None or spec.weights is not None:
        return ()
    return ollama_stored(folder).models
