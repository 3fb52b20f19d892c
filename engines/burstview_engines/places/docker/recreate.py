"""A container replaced by one with other options; a failure leaves the old one as it was."""

from __future__ import annotations

import time
from dataclasses import dataclass

import msgspec

from burstview_engines.core.prepared import prepare
from burstview_engines.launch.spec import ContainerPlan
from burstview_engines.places.docker.create import Raw
from burstview_engines.places.docker.failures import DockerFailed, explained
from burstview_engines.places.docker.inspect import Seen, plan_of, seen_of
from burstview_engines.places.docker.lifecycle import Lifecycle
from burstview_engines.places.docker.look import image_of, look, raw_of
from burstview_engines.places.docker.ownership import volume_labels
from burstview_engines.places.docker.rebuild import Rebuilt, rebuilt
from burstview_engines.places.docker.told import Image

GONE_LIMIT = 10.0
"""Seconds that a container with `--rm` takes at most to vanish after its end."""
LOOK = 0.05


@dataclass(frozen=True, slots=True)
class _Old:
    seen: Seen
    raw: Raw
    image: Image | None
    parked: str
    """Its name while the other takes its place."""


def recreate(life: Lifecycle, container: str, plan: ContainerPlan, stop_seconds: int) -> str:
    """The new container's id; it has the old one's name, volumes and everything that the plan does
    not tell. The old one runs until the new one is created, and is removed when that has started.

    Raises DockerFailed, after the old one was put back under its name, running if it ran; and
    SessionError where the guard does not allow it. What the old one wrote outside its volumes is
    lost (`look.written_bytes` tells how much). Labels are those of the plan.
    """
    old = _old(life, container)
    wanted = _wanted(life, old, plan)
    for mount in plan.mounts:
        if mount.kind == "volume":
            life.volumes.ensure(mount.source, volume_labels(plan.labels))
    life.rename(old.seen.id, old.parked)
    fresh = None
    try:
        fresh = life.create_of(plan.name, wanted.body)
        _join(life, fresh, wanted)
        if old.seen.is_running:
            life.stop(old.seen.id, stop_seconds)
        life.begin(fresh)
    except DockerFailed as failed:
        raise _put_back(life, old, fresh, failed) from failed
    life.discard(old.seen.id, volumes=False)
    return fresh


def _old(life: Lifecycle, container: str) -> _Old:
    raw = raw_of(life.engine, container)
    seen = seen_of(raw)
    life.guard.check(seen.name, seen.labels, seen.id)
    image = image_of(life.engine, seen.image_id)
    return _Old(seen, raw, image, f"{seen.name}-old-{seen.id[:6]}")


def _wanted(life: Lifecycle, old: _Old, plan: ContainerPlan) -> Rebuilt:
    """An image that lost its name since is meant by its id."""
    wanted = rebuilt(old.raw, old.image, plan)
    if plan.image == old.seen.image and image_of(life.engine, plan.image) is None:
        wanted.body["Image"] = old.seen.image_id
    return wanted


def _join(life: Lifecycle, container: str, wanted: Rebuilt) -> None:
    for network, told in wanted.more_networks:
        endpoint = msgspec.convert(told, _Endpoint)
        addresses = endpoint.ipam or _Addresses()
        with explained(life.engine.endpoint.words):
            life.engine.api.connect_container_to_network(
                container,
                network,
                ipv4_address=addresses.ipv4,
                ipv6_address=addresses.ipv6,
                aliases=endpoint.aliases,
                links=[_link(words) for words in endpoint.links or ()],
            )


class _Addresses(msgspec.Struct, frozen=True):
    ipv4: str | None = msgspec.field(name="IPv4Address", default=None)
    ipv6: str | None = msgspec.field(name="IPv6Address", default=None)


class _Endpoint(msgspec.Struct, frozen=True, rename="pascal"):
    ipam: _Addresses | None = msgspec.field(name="IPAMConfig", default=None)
    aliases: list[str] | None = None
    links: list[str] | None = None


prepare(_Endpoint)


def _link(words: str) -> tuple[str, str | None]:
    container, _, alias = words.partition(":")
    return container, alias or None


def _put_back(life: Lifecycle, old: _Old, fresh: str | None, failed: DockerFailed) -> DockerFailed:
    """What is raised in the end: the failure, and what became of the old one."""
    if fresh is not None:
        life.discard(fresh, volumes=True)
    try:
        container = _restored(life, old)
        if old.seen.is_running and not look(life.engine, container).is_running:
            life.begin(container)
    except DockerFailed as again:
        words = f"The old container is kept as {old.parked} ({again.failure.sentence})"
    else:
        words = f"The old {old.seen.name} is back."
    failure = failed.failure
    step = f"{failure.step} {words}".strip()
    return DockerFailed(msgspec.structs.replace(failure, step=step))


def _restored(life: Lifecycle, old: _Old) -> str:
    """One with `--rm` is gone when it has stopped; it is made anew as it was."""
    if old.seen.removes_itself and _is_gone(life, old.seen.id):
        return life.create_of(old.seen.name, _same(life, old))
    life.rename(old.seen.id, old.seen.name)
    return old.seen.id


def _same(life: Lifecycle, old: _Old) -> Raw:
    return _wanted(life, old, plan_of(old.raw, old.image)).body


def _is_gone(life: Lifecycle, container: str) -> bool:
    until = time.monotonic() + GONE_LIMIT
    try:
        while not look(life.engine, container).is_running and time.monotonic() < until:
            time.sleep(LOOK)
    except DockerFailed as failed:
        return failed.failure.kind == "container-missing"
    return False
