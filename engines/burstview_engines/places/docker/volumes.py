"""Named volumes: made with labels, deleted only when they are ours and nobody else's container
uses them. Every call blocks and raises DockerFailed or SessionError."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping

import msgspec

from burstview_engines.core.managed import Failure
from burstview_engines.core.prepared import prepare
from burstview_engines.places.docker.engine_port import DockerEngine
from burstview_engines.places.docker.failures import DockerFailed, explained
from burstview_engines.places.docker.inspect import volumes_of
from burstview_engines.places.docker.look import raw_of
from burstview_engines.places.docker.ownership import Guard

_ANONYMOUS = re.compile(r"[0-9a-f]{64}")


class _Volume(msgspec.Struct, frozen=True, rename="pascal"):
    name: str
    labels: dict[str, str] | None = None


class _User(msgspec.Struct, frozen=True, rename="pascal"):
    id: str
    names: list[str] | None = None


prepare(_Volume, _User)


class Volumes:
    """Of one daemon."""

    def __init__(self, engine: DockerEngine, guard: Guard) -> None:
        self._engine, self._guard = engine, guard

    def labels(self, name: str) -> Mapping[str, str] | None:
        """None when there is no such volume."""
        from docker.errors import NotFound

        with explained(self._engine.endpoint.words):
            try:
                told = self._engine.api.inspect_volume(name)
            except NotFound:
                return None
            return msgspec.convert(told, _Volume).labels or {}

    def ensure(self, name: str, labels: Mapping[str, str]) -> None:
        """Made with these labels unless it is there; Docker itself would make it without any."""
        self._guard.check_writable()
        if self.labels(name) is None:
            with explained(self._engine.endpoint.words):
                self._engine.api.create_volume(name, labels=dict(labels))

    def users(self, name: str) -> dict[str, str]:
        """Containers that use it, running or not: id -> name."""
        with explained(self._engine.endpoint.words):
            listed = self._engine.api.containers(all=True, filters={"volume": name})
            found = msgspec.convert(listed, list[_User])
        return {user.id: (user.names or ["?"])[0].lstrip("/") for user in found}

    def doomed(self, container: str, going: Container[str] = ()) -> tuple[str, ...]:
        """The named volumes that may be deleted with that container. Raises SessionError when one
        is not ours, DockerFailed when another container uses one: then nothing is to be done.
        `going`: ids of containers that are removed as well; the last of them takes the volume."""
        names = [
            name
            for name in volumes_of(raw_of(self._engine, container))
            if not _ANONYMOUS.fullmatch(name)
        ]
        free = []
        for name in names:
            self._guard.check_volume(name, self.labels(name) or {})
            others = {one: user for one, user in self.users(name).items() if one != container}
            staying = [user for one, user in others.items() if one not in going]
            if staying:
                raise DockerFailed(_in_use(name, staying))
            if not others:
                free.append(name)
        return tuple(free)

    def delete(self, name: str) -> None:
        """Ours only; one in use is refused by the daemon."""
        self._guard.check_volume(name, self.labels(name) or {})
        with explained(self._engine.endpoint.words):
            self._engine.api.remove_volume(name)


def _in_use(name: str, others: list[str]) -> Failure:
    return Failure(
        kind="volume-in-use",
        sentence=f"The volume {name} is also used by {' and '.join(others)}.",
        step="Remove that container first, or keep the volume; nothing was deleted.",
    )
