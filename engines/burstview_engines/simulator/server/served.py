"""One engine as its HTTP routes see it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from aiohttp import web

from burstview_engines.simulator.paged import BLOCK_TOKENS
from burstview_engines.simulator.server.answer import Answer, Story
from burstview_engines.simulator.server.body import Ask
from burstview_engines.simulator.server.driver import Driver
from burstview_engines.simulator.server.faults import NO_FAULTS, Faults
from burstview_engines.simulator.spec import Capacity, EngineSpec, Parts, build, capacity, parts

HUB_SUFFIXES = {"awq4": "-AWQ", "fp8": "-FP8"}
THINKING_MODELS = ("qwen3",)
"""Families whose chat template can switch thinking on."""


@dataclass(frozen=True, slots=True)
class Served:
    """The running engine and the figures that its answers and gauges name."""

    spec: EngineSpec
    parts: Parts
    capacity: Capacity
    model: str
    """The name under which the model is listed and asked for."""
    driver: Driver
    story: Story
    faults: Faults = NO_FAULTS
    began: float = field(default_factory=time.time)
    """Unix time."""

    @property
    def seats(self) -> int:
        """Requests served at once."""
        return self.capacity.seats

    @property
    def context_tokens(self) -> int:
        """Context of one request."""
        return self.capacity.context_tokens

    @property
    def thinks(self) -> bool:
        """Whether the model can think."""
        return self.parts.model.name.startswith(THINKING_MODELS)

    @property
    def kv_usage(self) -> float:
        """0 to 1: share of the KV cache that is held now."""
        return min(1.0, self.driver.kv_used_tokens / self.capacity.kv_tokens)

    def answer(self, ask: Ask) -> Answer:
        """The prepared answer to a request."""
        return self.story.answer(
            ask.prompt,
            limit=ask.limit,
            endless=ask.endless,
            thinking=ask.thinking,
            stops=ask.stops,
        )


SERVED: web.AppKey[Served] = web.AppKey("served", Served)
"""Where an engine's application keeps its engine."""


def serve(spec: EngineSpec, faults: Faults = NO_FAULTS) -> Served:
    """An idle engine; raises SpecError."""
    room, named = capacity(spec), parts(spec)
    figures = {
        "seats": f"{room.seats:,}",
        "context": f"{room.context_tokens:,}",
        "kv": f"{room.kv_tokens:,}",
        "block": str(BLOCK_TOKENS),
    }
    driver = Driver(build(spec))
    driver.loaded = spec.cold == 0
    return Served(
        spec=spec,
        parts=named,
        capacity=room,
        model=listed_name(spec, named),
        driver=driver,
        story=Story(spec.engine, figures),
        faults=faults,
    )


def listed_name(spec: EngineSpec, named: Parts) -> str:
    """What the engine lists: a hub name, a tag of Ollama's library, or a file's name."""
    model, quant = named.model, named.quant
    match spec.engine:
        case "vllm":
            return model.hub + HUB_SUFFIXES.get(quant.name, "")
        case "ollama":
            return model.tag if quant.name == "q4_k_m" else f"{model.tag}-{quant.name}"
        case "llamacpp":
            return f"{model.hub.rpartition('/')[2]}-{quant.label}"
