"""What differs between two wishes to start an engine, one phrase each. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from burstview_engines.core.wording import UNKNOWN
from burstview_engines.launch.spec import LaunchSpec


def spec_differences(old: LaunchSpec, new: LaunchSpec) -> tuple[str, ...]:
    """`num-parallel default → 4`; empty when alike."""
    return tuple(_phrases(old, new))


def _phrases(old: LaunchSpec, new: LaunchSpec) -> Iterator[str]:
    yield from _one("image", old.image, new.image)
    yield from _one("model", old.model, new.model)
    yield from _table(old.options, new.options, "default")
    yield from _table(old.environment, new.environment, "unset")
    yield from _one("arguments", " ".join(old.arguments), " ".join(new.arguments))
    yield from _one("GPUs", ",".join(old.gpus) or "none", ",".join(new.gpus) or "none")
    yield from _one("port", old.port, new.port)
    yield from _one("weights folder", old.weights, new.weights)
    yield from _one("API key from", old.api_key_env, new.api_key_env)
    if old.lan != new.lan:
        yield "opened to the LAN" if new.lan else "closed to the LAN"
    if old.offline != new.offline:
        yield "without the network" if new.offline else "with the network"


def _one(name: str, old: object, new: object) -> Iterator[str]:
    if old != new:
        yield f"{name} {old or UNKNOWN} → {new or UNKNOWN}"


def _table(old: Mapping[str, str], new: Mapping[str, str], absent: str) -> Iterator[str]:
    for name in dict.fromkeys((*old, *new)):
        if old.get(name) != new.get(name):
            yield f"{name} {old.get(name, absent)} → {new.get(name, absent)}"
