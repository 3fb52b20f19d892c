"""One container or image, asked for now. Every call blocks and raises DockerFailed."""

from __future__ import annotations

import msgspec

from burstview_engines.core.prepared import prepare
from burstview_engines.launch.spec import ContainerPlan
from burstview_engines.places.docker.create import Raw
from burstview_engines.places.docker.engine_port import DockerEngine
from burstview_engines.places.docker.failures import explained
from burstview_engines.places.docker.inspect import Seen, plan_of, seen_of
from burstview_engines.places.docker.told import Config, Image, ImageTold


def look(engine: DockerEngine, container: str) -> Seen:
    """How it is; by id or name."""
    return seen_of(raw_of(engine, container))


def plan_now(engine: DockerEngine, container: str) -> ContainerPlan:
    """What it was created with; by id or name."""
    raw = raw_of(engine, container)
    return plan_of(raw, image_of(engine, seen_of(raw).image_id))


def raw_of(engine: DockerEngine, container: str) -> Raw:
    """`docker inspect` of it."""
    with explained(engine.endpoint.words):
        return msgspec.convert(engine.api.inspect_container(container), Raw)


def image_of(engine: DockerEngine, reference: str) -> Image | None:
    """By name or id; None when the daemon does not have it."""
    from docker.errors import NotFound

    with explained(engine.endpoint.words):
        try:
            told = msgspec.convert(_inspected(engine, reference), ImageTold)
        except NotFound:
            return None
        raw = told.config or {}
        return Image(told.id, told.size, msgspec.convert(raw, Config), raw)


def _inspected(engine: DockerEngine, image: str) -> object:
    found: object = engine.api.inspect_image(image)  # type: ignore[no-untyped-call]  # no types
    return found


class _Sized(msgspec.Struct, frozen=True):
    written_bytes: int | None = msgspec.field(name="SizeRw", default=None)


prepare(_Sized)


def written_bytes(engine: DockerEngine, container: str) -> int | None:
    """What it wrote into itself, outside its volumes: lost when it is replaced or removed."""
    with explained(engine.endpoint.words):
        listed = engine.api.containers(all=True, size=True, filters={"id": container})
        sized = msgspec.convert(listed, list[_Sized])
    return sized[0].written_bytes if sized else None
