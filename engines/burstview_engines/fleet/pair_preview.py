"""Two engines planned together on one GPU, so that each leaves the other room."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from burstview_engines.control import Finding, LaunchPreview
from burstview_engines.core.backend import Engine
from burstview_engines.fit.gpus import chosen
from burstview_engines.fit.pair import PairPlan, plan_pair
from burstview_engines.fleet.judge import Judge
from burstview_engines.launch.spec import LaunchSpec
from burstview_engines.models.pairs import ModelPair, difference, for_engine
from burstview_engines.source import SessionError

PAIRED: tuple[Engine, ...] = ("ollama", "vllm")
NO_GPU = "No GPU's memory is known here, so the pair is not planned together."
Preview = Callable[[LaunchSpec], Awaitable[LaunchPreview]]


@dataclass(frozen=True, slots=True)
class PairPreview:
    """What starting both would do; made without changing anything."""

    previews: tuple[LaunchPreview, ...]
    """In the order in which they are started, each when the one before is ready."""
    memory: tuple[str, ...]
    memory_parts: tuple[tuple[str, int], ...]


async def preview_pair(
    judge: Judge, preview: Preview, pair: ModelPair, gpus: tuple[str, ...]
) -> PairPreview:
    """Ollama and vLLM with that model. Without a GPU that is known nothing is planned, only
    previewed. Raises SessionError when an engine has no name for the model."""
    specs = {engine: _spec(pair, engine, gpus) for engine in PAIRED}
    hands = {engine: await judge.at_hand(spec) for engine, spec in specs.items()}
    known = chosen(await judge.gpus(), gpus)
    if not known:
        seen = [await preview(specs[engine]) for engine in PAIRED]
        return PairPreview(tuple(seen), (difference(pair), NO_GPU), ())
    shapes = {engine: hand.shape for engine, hand in hands.items()}
    plan = plan_pair(specs["vllm"], specs["ollama"], shapes, known[0])
    return await _previewed(plan, preview, pair)


async def _previewed(plan: PairPlan, preview: Preview, pair: ModelPair) -> PairPreview:
    specs = {"vllm": plan.vllm, "ollama": plan.ollama}
    seen = [await preview(specs[engine]) for engine in plan.order]
    if plan.fits is False:
        problem = Finding("memory", "problem", plan.sentence)
        seen[-1] = replace(seen[-1], findings=(*seen[-1].findings, problem))
    told = difference(pair, plan.context_tokens, plan.context_tokens)
    return PairPreview(tuple(seen), (plan.sentence, told, *plan.notes), plan.parts)


def _spec(pair: ModelPair, engine: Engine, gpus: Sequence[str]) -> LaunchSpec:
    model = for_engine(pair, engine)
    if model is None:
        raise SessionError(f"{pair.name} has no name that {engine} knows; choose another model.")
    return LaunchSpec(engine=engine, model=model, gpus=tuple(gpus))
