"""Specs for the tests: any number of sensible ones, the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterator

from burstview_engines.launch.container import Setup
from burstview_engines.launch.option import Option
from burstview_engines.launch.registry import LAUNCH
from burstview_engines.launch.spec import LaunchSpec

SETUP = Setup(user="ann", owner="ann@box", session="s1", name="engine-1", port=18000)
MODELS = {
    "ollama": "qwen3:0.6b",
    "vllm": "Qwen/Qwen3-0.6B",
    "llamacpp": "ggml-org/Qwen3-0.6B-GGUF:Q8_0",
    "sglang": "Qwen/Qwen3-0.6B",
}
TEXTS = ("qwen3", "my model", "it's", 'a "quoted" name', "naïve", "$HOME", "a;b|c", "*", "…")
GPUS = (("all",), (), ("0",), ("1", "3"), ("GPU-5b6c7d8e-1111-2222-3333-444455556666",))


def spec_of(engine: str, **fields: object) -> LaunchSpec:
    """A plain one of that engine, with what is given."""
    profile = LAUNCH[engine]  # type: ignore[index]
    model = MODELS[engine] if profile.needs_model else None
    return LaunchSpec(**({"engine": engine, "model": model} | fields))  # type: ignore[arg-type]


def random_specs(count: int, seed: int = 1) -> Iterator[LaunchSpec]:
    """Of all engines in turn."""
    chance = random.Random(seed)
    engines = list(LAUNCH)
    for number in range(count):
        yield _random_spec(chance, engines[number % len(engines)])


def _random_spec(chance: random.Random, engine: str) -> LaunchSpec:
    profile = LAUNCH[engine]  # type: ignore[index]
    options = {o.name: _value(chance, o) for o in profile.options if chance.random() < 0.4}
    for name in ("tensor-parallel-size", "tp-size"):
        options.pop(name, None)
    extras = [("--zz-free", chance.choice(TEXTS)), ("--zz-switch",), ("--zz-inline=a b",)]
    arguments = [w for words in extras if chance.random() < 0.3 for w in words]
    return spec_of(
        engine,
        image=chance.choice((None, "registry.local:5000/team/engine:1.0")),
        options=options,
        arguments=tuple(arguments) if profile.model_flag else (),
        environment={"ZZ_NOTE": chance.choice(TEXTS)} if chance.random() < 0.5 else {},
        gpus=chance.choice(GPUS),
        port=chance.choice((None, 8123)),
        lan=chance.random() < 0.3,
        offline=chance.random() < 0.3 and bool(profile.offline_environment),
        token_file="/home/ann/a token, really"
        if profile.reads_token_file and chance.random() < 0.3
        else None,
        weights=chance.choice((None, None, "/srv/models, ours")),
    )


def _value(chance: random.Random, option: Option) -> str:
    match option.kind:
        case "count":
            low = int(option.minimum or 0)
            return chance.choice((*option.words, str(chance.randint(low, low + 500))))
        case "number":
            return chance.choice(("0.5", "0.72", "0.9"))
        case "switch":
            return chance.choice(("on", "off"))
        case "choice":
            return chance.choice(option.choices)
        case "duration":
            return chance.choice(("30m", "-1", "1h30m"))
        case "text":
            return chance.choice(TEXTS)
