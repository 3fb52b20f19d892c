"""What Docker would be asked to create for a start, and whether anything speaks against it."""

from __future__ import annotations

import secrets

from burstview_engines.control import Finding
from burstview_engines.core.managed import Failure
from burstview_engines.fleet.container_look import SIMULATED, Found
from burstview_engines.fleet.daemon_calls import DaemonCalls
from burstview_engines.fleet.judge import Judge
from burstview_engines.fleet.start_words import LaunchFailed, WrongWish
from burstview_engines.launch.container import Setup, container_plan
from burstview_engines.launch.edited import with_options
from burstview_engines.launch.error import LaunchError
from burstview_engines.launch.registry import LAUNCH
from burstview_engines.launch.spec import ContainerPlan, LaunchSpec
from burstview_engines.places.docker import gpu, preflight
from burstview_engines.places.docker.engine_port import DockerEngine
from burstview_engines.places.docker.look import image_of

KINDS = {
    "port": "port-taken",
    "name": "name-taken",
    "disk": "disk-full",
    "gpu": "gpu-runtime-missing",
    "daemon": "daemon-absent",
    "mount": "mount-missing",
}
"""Kinds of failure, by the check that found them before Docker did."""


class ContainerPlans:
    """Of one owner, at one daemon."""

    def __init__(self, calls: DaemonCalls, owner: str, judge: Judge) -> None:
        """`owner` is `user@host`."""
        self._calls, self._owner, self._judge = calls, owner, judge
        self._user = owner.rpartition("@")[0]
        self._session = secrets.token_hex(4)

    async def plan(self, spec: LaunchSpec, *, key_file: str | None) -> ContainerPlan:
        """Of a new container. Raises WrongWish."""
        way = await self._calls.do(gpu.way, self._calls.engine, spec.gpus)
        here = await self._judge.weights_here(spec)
        setup = Setup(
            user=self._user,
            owner=self._owner,
            session=self._session,
            gpu_way=way,
            hub_folder=here.hub_folder,
            model_file=here.model_file,
            key_file=key_file if spec.api_key_env else None,
            private_files=bool(spec.token_file or spec.api_key_env),
            is_simulated=await self._calls.do(_is_simulated, self._calls.engine, spec.image or ""),
        )
        try:
            return container_plan(spec, setup)
        except LaunchError as refusal:
            raise WrongWish(str(refusal)) from refusal

    async def changed(
        self, found: Found, spec: LaunchSpec, *, key_file: str | None
    ) -> ContainerPlan:
        """Of ours all is made anew; of others' only what the spec changes. Raises WrongWish."""
        if found.owner == "ours":
            return await self.plan(spec, key_file=key_file)
        try:
            return with_options(found.plan, found.profile, spec)
        except LaunchError as refusal:
            raise WrongWish(str(refusal)) from refusal

    async def findings(
        self, plan: ContainerPlan, spec: LaunchSpec, replaces: str | None = None
    ) -> tuple[Finding, ...]:
        """`replaces` is the id of a container whose name and ports become free."""
        return await self._calls.do(
            preflight.preflight, self._calls.engine, plan, LAUNCH[spec.engine], replaces=replaces
        )

    async def check(
        self, plan: ContainerPlan, spec: LaunchSpec, replaces: str | None = None
    ) -> None:
        """Raises LaunchFailed with the first problem."""
        for finding in await self.findings(plan, spec, replaces):
            if finding.level == "problem":
                kind = KINDS.get(finding.name, finding.name)
                raise LaunchFailed(Failure(kind=kind, sentence=finding.sentence, step=finding.step))


def _is_simulated(engine: DockerEngine, image: str) -> bool:
    """Whether the image says that it holds an embedded engine; on a thread."""
    found = image_of(engine, image)
    labels = found.config.labels if found is not None and found.config is not None else None
    return SIMULATED in (labels or {})
