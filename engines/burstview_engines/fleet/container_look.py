"""A container as an engine of the session. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from burstview_engines.core.backend import Engine
from burstview_engines.core.managed import Failure, ManagedEngine, Owner, Status
from burstview_engines.fleet.lives import Ending
from burstview_engines.launch.difference import drift
from burstview_engines.launch.place import is_path
from burstview_engines.launch.profile import LaunchProfile
from burstview_engines.launch.registry import LAUNCH
from burstview_engines.launch.spec import ContainerPlan, LaunchSpec, PortBinding
from burstview_engines.places.docker.inspect import Seen
from burstview_engines.places.docker.ownership import ENGINE, SPEC, spec_in, who_of
from burstview_engines.places.docker_containers import Listed, engines, known_engine

SIMULATED = "io.burstview.simulated"
STATES: Mapping[str, Status] = {
    "created": "stopped",
    "running": "starting",
    "restarting": "starting",
    "paused": "paused",
    "removing": "stopping",
    "exited": "stopped",
    "dead": "stopped",
}
"""Docker's word; whether one that runs is ready, its HTTP says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """All that one look at a container gave."""

    seen: Seen
    engine: Engine
    owner: Owner
    plan: ContainerPlan
    url: str | None

    @property
    def key(self) -> str:
        """Names are unique, and a recreated container keeps its own."""
        return f"container:{self.seen.name}"

    @property
    def profile(self) -> LaunchProfile:
        """Of its engine."""
        return LAUNCH[self.engine]

    @property
    def spec(self) -> LaunchSpec:
        """As its label tells, else as its command and variables tell."""
        told = spec_in(self.seen.labels)
        if told is not None and SPEC in self.seen.labels:
            return msgspec.structs.replace(told, name=self.seen.name)
        from burstview_engines.launch.read_back import spec_from

        return spec_from(self.profile, self.plan)


End = tuple[float | None, int | None, str]
"""When it ended, its exit code, and the daemon's words: two ends are never alike."""


@dataclass(frozen=True, slots=True)
class Ended:
    """What was said of an end."""

    end: End
    engine: ManagedEngine


def end_of(seen: Seen) -> End:
    """Of its last run, or of a start that came to nothing."""
    return seen.finished_wall, seen.exit_code, seen.error


def as_told(engine: ManagedEngine, told: Ended) -> ManagedEngine:
    """One that nothing has happened to since, as it was said to be then."""
    return msgspec.structs.replace(
        engine,
        status=told.engine.status,
        failure=told.engine.failure,
        phase=told.engine.phase,
        exit_code=told.engine.exit_code,
        oom_killed=told.engine.oom_killed,
        words="",
        fraction=None,
    )


def is_another_run(before: Found | None, now: Found) -> bool:
    """Of the same container: it ended and was started again before anybody looked."""
    return (
        before is not None
        and before.seen.id == now.seen.id
        and before.seen.started_wall != now.seen.started_wall
    )


def engine_of(container: Mapping[str, object]) -> Engine | None:
    """Which engine a listed container holds, by label, image or command; None: none we start."""
    listed = msgspec.convert(container, Listed)
    labels = container.get("Labels")
    told = labels.get(ENGINE) if isinstance(labels, dict) else None
    by_label = next((name for name in LAUNCH if name == told), None)
    engine = by_label or known_engine(listed)
    return engine if engine in LAUNCH else None


def candidates_of(container: Mapping[str, object]) -> tuple[str, ...]:
    """Where one that runs publishes an engine's usual port."""
    found = engines([msgspec.convert(container, Listed)])
    return tuple(url for each in found for url in each.urls)


def port_of(seen: Seen, profile: LaunchProfile) -> PortBinding | None:
    """The published one of its engine, else the only one."""
    own = [port for port in seen.ports if port.container == profile.port and port.host]
    published = own or [port for port in seen.ports if port.host]
    loopback_first = sorted(published, key=lambda port: ":" in port.ip)
    return loopback_first[0] if loopback_first else None


def is_open(ports: Sequence[PortBinding]) -> bool:
    """Whether other machines reach one of them."""
    return any(not port.ip.startswith("127.") and port.ip != "::1" for port in ports)


def described(found: Found) -> ManagedEngine:
    """As it is shown before its HTTP was asked."""
    seen, spec = found.seen, found.spec
    return ManagedEngine(
        key=found.key,
        name=seen.name,
        engine=found.engine,
        place="container",
        owner=found.owner,
        status=STATES.get(seen.status, "unknown"),
        id=seen.id,
        who=who_of(seen.labels),
        url=found.url,
        lan=is_open(seen.ports),
        image=seen.image,
        model=spec.model,
        gpus=found.plan.gpus or None,
        options=spec.options,
        exit_code=seen.exit_code,
        oom_killed=seen.oom_killed,
        restarts=seen.restarts,
        simulated=SIMULATED in seen.labels,
        drift=_drift(found),
    )


def _drift(found: Found) -> tuple[str, ...]:
    """How it differs from the wish in its label: somebody made it by an edited command. A model of
    this machine has another path inside."""
    asked = spec_in(found.seen.labels)
    if asked is None:
        return ()
    told = drift(found.profile, asked, found.plan)
    return tuple(phrase for phrase in told if not (is_path(asked.model) and "model is" in phrase))


def ending_of(
    seen: Seen, *, was_asked: bool, failure: Failure | None, is_old: bool = False
) -> Ending:
    """How its last run ended; one that never ran and has no error is just not started."""
    never_ran = seen.exit_code is None and not seen.error
    return Ending(
        exit_code=seen.exit_code,
        oom_killed=seen.oom_killed,
        was_asked=was_asked or never_ran,
        is_old=is_old,
        failure=failure,
        error=seen.error,
    )
