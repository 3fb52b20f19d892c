"""The options that say which daemon is meant."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import click

from burstview.cli_commands.plan_options import Command

_CONTEXT = click.option("--context", metavar="NAME", help="Docker context; else as `docker` does.")
_DOCKER_HOST = click.option(
    "--docker-host",
    metavar="URL",
    help="Docker's daemon: unix:///…, tcp://…, ssh://user@host; else as `docker` does.",
)


@dataclass(frozen=True, slots=True)
class Where:
    """Which daemon the person means; None: as `docker` itself would."""

    context: str | None = None
    docker_host: str | None = None


def where_options(command: Command) -> Command:
    """Give a command `--context` and `--docker-host`; it is called with `where` instead."""

    @functools.wraps(command)
    def with_where(
        *arguments: object, context: str | None, docker_host: str | None, **values: object
    ) -> int:
        if context and docker_host:
            raise click.UsageError("--context and --docker-host exclude each other.")
        return command(*arguments, where=Where(context, docker_host), **values)

    return _CONTEXT(_DOCKER_HOST(with_where))
