"""The embedded engines that `--demo` means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeGuard, get_args

import click

from burstview_engines.core.backend import Engine
from burstview_engines.places.simulated import EmbeddedSource
from burstview_engines.simulator.engine_spec import EngineSpec, SimulatedEngine, demo


def demo_source(
    engines: Sequence[Engine | None] = ("vllm", "ollama"),
    *models: str | None,
    kv_blocks: int | None = None,
) -> EmbeddedSource:
    """An embedded engine for each name, with the preset of that model if one is named; vLLMs with
    so many KV blocks."""
    wishes = [*models, *(None for _ in engines)]
    specs = [_spec(*pair) for pair in zip(engines, wishes, strict=False)]
    return EmbeddedSource([_with_blocks(spec, kv_blocks) for spec in specs])


def _spec(engine: Engine | None, model: str | None) -> EngineSpec:
    if not _is_simulated(engine):
        known = ", ".join(get_args(SimulatedEngine))
        raise click.UsageError(f"There is no embedded {engine}; choose one of {known}.")
    spec = demo(engine)
    return _checked(replace(spec, model=model)) if model else spec


def _with_blocks(spec: EngineSpec, blocks: int | None) -> EngineSpec:
    if blocks is None or spec.engine != "vllm":
        return spec
    return _checked(replace(spec, kv_blocks=blocks))


def _checked(spec: EngineSpec) -> EngineSpec:
    """Raises a usage error where the model is unknown or something does not fit."""
    from burstview_engines.simulator.spec import SpecError, capacity

    try:
        capacity(spec)
    except SpecError as mistake:
        raise click.UsageError(str(mistake)) from mistake
    return spec


def _is_simulated(engine: Engine | None) -> TypeGuard[SimulatedEngine]:
    return engine in get_args(SimulatedEngine)
