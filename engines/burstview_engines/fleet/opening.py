"""The fleet of this machine and user."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from burstview_engines.fleet.fleet import Fleet
from burstview_engines.fleet.gpus import of_this_machine
from burstview_engines.fleet.judge import Judge
from burstview_engines.fleet.memory import Memory, default_folder
from burstview_engines.fleet.process_side import ProcessSide
from burstview_engines.fleet.side import Side
from burstview_engines.models.at_hand import Places
from burstview_engines.models.hub_cache import hf_cache_folder
from burstview_engines.models.ollama_folder import ollama_folder
from burstview_engines.models.pair_table import PAIRS
from burstview_engines.models.pairs import ModelPair
from burstview_engines.places.docker.endpoint import DockerProblem, Endpoint, offer, resolve
from burstview_engines.places.docker.ownership import this_owner
from burstview_engines.places.process.record import Folder

NO_DOCKER = "none"
"""Given as the daemon's address: local processes only."""
FIRST_LOOK = 2.0
LEFT_OUT = "Docker was left out, as asked for."


def open_fleet(
    *,
    context: str | None = None,
    docker_host: str | None = None,
    read_only: bool = False,
    environ: Mapping[str, str] = os.environ,
    home: Path | None = None,
    state: Path | None = None,
    owner: str | None = None,
    pairs: Sequence[ModelPair] = PAIRS,
    is_quiet: bool = False,
    first_look: float = FIRST_LOOK,
) -> Fleet:
    """Nothing is asked yet: the daemon is looked for when the session begins. `owner` is
    `user@host`: whose containers are changed without adopting them. A quiet fleet is fired at by
    nobody: engines are asked whether they are ready, and no more. `first_look`: seconds that the
    daemon gets to list its containers before the session goes on without them."""
    home, state = home or Path.home(), state or default_folder()
    owner, memory = owner or this_owner(), Memory(state)
    places = Places(hf_cache_folder(environ, home), ollama_folder(environ, home))
    judge = Judge(pairs, places, of_this_machine())
    user = owner.rpartition("@")[0]
    sides: dict[str, Side] = {"process": ProcessSide(Folder(state / "processes"), user)}
    endpoint: Endpoint | None = None
    try:
        if docker_host != NO_DOCKER:
            endpoint = resolve(environ, home, context=context, host=docker_host)
        where = endpoint.words if endpoint else LEFT_OUT
    except DockerProblem as problem:
        where = f"{problem} {offer(environ, home)}".strip()
    if endpoint is not None:
        from burstview_engines.fleet.container_side import ContainerSide

        sides["container"] = ContainerSide(
            endpoint,
            owner,
            judge,
            state,
            read_only=read_only,
            hint=offer(environ, home),
            first_look=first_look,
        )
    return Fleet(
        sides,
        memory,
        judge,
        where=where,
        read_only=read_only,
        environ=environ,
        is_quiet=is_quiet,
    )
