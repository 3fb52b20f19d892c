"""Containers made, started, ended and removed. Every call blocks and raises DockerFailed, or
SessionError where the guard does not allow it."""

from __future__ import annotations

import time
from collections.abc import Container
from contextlib import suppress

import msgspec

from burstview_engines.core.managed import Failure
from burstview_engines.core.prepared import prepare
from burstview_engines.launch.spec import ContainerPlan
from burstview_engines.places.docker.create import Raw, body_of
from burstview_engines.places.docker.engine_port import DockerEngine
from burstview_engines.places.docker.failures import DockerFailed, explained
from burstview_engines.places.docker.inspect import Seen
from burstview_engines.places.docker.look import look
from burstview_engines.places.docker.ownership import Guard, volume_labels
from burstview_engines.places.docker.volumes import Volumes

AFTER_ALL = 120.0
"""Seconds in which what the daemon was too slow to tell of may still come to pass."""
LOOK = 0.25


_RUNNING = Failure(
    kind="container-running",
    sentence="A running container cannot be removed.",
    step="Stop it first.",
)


class _Created(msgspec.Struct, frozen=True, rename="pascal"):
    id: str


prepare(_Created)


class Lifecycle:
    """Changes to containers of one daemon. The state is always asked anew, never remembered."""

    def __init__(self, engine: DockerEngine, guard: Guard, *, patience: float = AFTER_ALL) -> None:
        """`patience`: seconds to look for what a silent daemon may have done after all."""
        self.engine, self.guard = engine, guard
        self.volumes = Volumes(engine, guard)
        self._patience = patience

    def create(self, plan: ContainerPlan) -> str:
        """The new container's id. Its volumes are made first, with its owner's labels."""
        self.guard.check_writable()
        for mount in plan.mounts:
            if mount.kind == "volume":
                self.volumes.ensure(mount.source, volume_labels(plan.labels))
        return self.create_of(plan.name, body_of(plan))

    def launch(self, plan: ContainerPlan) -> str:
        """Create and start. One that cannot be started is removed again, or it would keep the name;
        the failure says why."""
        container = self.create(plan)
        try:
            self.begin(container)
        except DockerFailed:
            self.discard(container, volumes=True)
            raise
        return container

    def start(self, container: str) -> None:
        """A stopped one as it is; one that runs is left alone."""
        self.begin(self._allowed(container).id)

    def stop(self, container: str, seconds: int) -> None:
        """Returns when it has ended, by itself or, after `seconds`, by force."""
        self._stop(self._allowed(container).id, seconds)

    def kill(self, container: str) -> None:
        """End it at once; one that has ended is left alone."""
        seen = self._allowed(container)
        if seen.status == "restarting":  # between two runs there is nothing to kill
            self._stop(seen.id, 0)
            return
        try:
            with explained(self.engine.endpoint.words):
                self.engine.api.kill(seen.id)
        except DockerFailed as failed:
            if failed.failure.kind != "not-running":
                raise

    def restart(self, container: str, seconds: int) -> None:
        """Stop as `stop` does, then start."""
        seen = self._allowed(container)
        if seen.is_running:
            self._stop(seen.id, seconds)
        self.begin(seen.id)

    def remove(
        self,
        container: str,
        *,
        force: bool = False,
        volumes: bool = False,
        going: Container[str] = (),
    ) -> tuple[str, ...]:
        """Remove it, one that runs only with `force`. With `volumes` those of ours that only it
        used are deleted too, and named in the answer; nothing is done when one may not be.
        `going`: ids of containers that are removed as well."""
        seen = self._allowed(container)
        if seen.is_running and not force:
            raise DockerFailed(_RUNNING)
        doomed = self.volumes.doomed(seen.id, going) if volumes else ()
        with explained(self.engine.endpoint.words):
            self.engine.api.remove_container(seen.id, v=volumes, force=force)
        for volume in doomed:
            self.volumes.delete(volume)
        return doomed

    def discard(self, container: str, *, volumes: bool) -> None:
        """For good, whatever it does, the guard was asked already; with its anonymous volumes if
        asked. One that is gone is fine."""
        with suppress(DockerFailed), explained(self.engine.endpoint.words):
            self.engine.api.remove_container(container, force=True, v=volumes)

    def create_of(self, name: str, body: Raw) -> str:
        """By a ready request; a daemon that does not answer in time may have made it after all."""
        import requests

        self.guard.check_writable()
        with explained(self.engine.endpoint.words):
            try:
                told = _asked_to_create(self.engine, name, body)
            except requests.Timeout as silence:
                return self._made_after_all(name, body, silence)
            return msgspec.convert(told, _Created).id

    def rename(self, container: str, name: str) -> None:
        """For a replacement; the guard was asked already."""
        with explained(self.engine.endpoint.words):
            self.engine.api.rename(container, name)

    def begin(self, container: str) -> None:
        """Start one that the guard was asked about already."""
        import requests

        with explained(self.engine.endpoint.words):
            try:
                self.engine.api.start(container)
            except requests.Timeout:
                if not self._becomes(container, True):
                    raise

    def _allowed(self, container: str) -> Seen:
        seen = look(self.engine, container)
        self.guard.check(seen.name, seen.labels, seen.id)
        return seen

    def _stop(self, container: str, seconds: int) -> None:
        """The client waits longer than the daemon does."""
        import requests

        with explained(self.engine.endpoint.words):
            try:
                self.engine.api.stop(container, timeout=seconds)
            except requests.Timeout:
                if not self._becomes(container, False):
                    raise

    def _becomes(self, container: str, is_running: bool) -> bool:
        until = time.monotonic() + self._patience
        while look(self.engine, container).is_running is not is_running:
            if time.monotonic() > until:
                return False
            time.sleep(LOOK)
        return True

    def _made_after_all(self, name: str, body: Raw, silence: Exception) -> str:
        """Only one that was never started and has our labels can be the one that we asked for."""
        wanted = msgspec.convert(body.get("Labels") or {}, dict[str, str])
        until = time.monotonic() + self._patience
        seen = None
        while seen is None and time.monotonic() < until:
            with suppress(DockerFailed):
                seen = look(self.engine, name)
            time.sleep(LOOK)
        if seen and seen.status == "created" and wanted.items() <= dict(seen.labels).items():
            return seen.id
        raise silence


def _asked_to_create(engine: DockerEngine, name: str, body: Raw) -> object:
    told: object = engine.api.create_container_from_config(  # type: ignore[no-untyped-call]  # no types
        body, name
    )
    return told
