"""The options that say which daemon is meant."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field, replace

import click

from burstview.cli_commands.plan_options import Command
from burstview.config import Config

NO_DOCKER = "none"
"""Docker is left out; `fleet.opening` knows the same word."""
_CONTEXT = click.option("--context", metavar="NAME", help="Docker context; else as `docker` does.")
_DOCKER_HOST = click.option(
    "--docker-host",
    metavar="URL",
    help="Docker's daemon: unix:///…, tcp://…, ssh://user@host, or none; else as `docker` does.",
)


@dataclass(frozen=True, slots=True)
class Where:
    """Which daemon the person means, and what may be done there."""

    context: str | None = None
    docker_host: str | None = None
    """None of both: as `docker` itself would."""
    read_only: bool = False
    config: Config = field(default_factory=Config)
    """Has models that the shipped pairs lack."""

    @property
    def is_named(self) -> bool:
        """A daemon was asked for by name: then it has to answer."""
        return bool(self.context or self.docker_host) and self.docker_host != NO_DOCKER


def where_options(command: Command) -> Command:
    """Give a command `--context` and `--docker-host`; it is called with `where` instead. What was
    said before the command, as in `burstview --context lab ps`, counts where nothing else is."""

    @functools.wraps(command)
    def with_where(
        *arguments: object, context: str | None, docker_host: str | None, **values: object
    ) -> int:
        if context and docker_host:
            raise click.UsageError("--context and --docker-host exclude each other.")
        given = Where(context, docker_host)
        above = click.get_current_context().obj
        if isinstance(above, Where):
            is_open = context is None and docker_host is None
            given = above if is_open else replace(above, context=context, docker_host=docker_host)
        return command(*arguments, where=given, **values)

    return _CONTEXT(_DOCKER_HOST(with_where))
