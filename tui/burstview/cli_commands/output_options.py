"""The options that say where results go."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

import click

from burstview.cli_commands.plan_options import Command

JSON = click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Exactly one JSON object on stdout; all else goes to stderr.",
)
RECORD = click.option(
    "--record",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write everything that happens to a new file; `burstview replay FILE` shows it again.",
)


@dataclass(frozen=True, slots=True)
class Output:
    """Where results go."""

    as_json: bool = False
    record: Path | None = None


def output_options(command: Command) -> Command:
    """Give a command `--json` and `--record`; it is called with `output` instead of them."""

    @functools.wraps(command)
    def with_output(*, as_json: bool, record: Path | None, **values: object) -> int:
        return command(output=Output(as_json, new_file(record)), **values)

    return JSON(RECORD(with_output))


def new_file(path: Path | None) -> Path | None:
    """The path, if nothing would be overwritten or mixed up with an older recording."""
    if path is not None and path.is_file() and path.stat().st_size:
        raise click.UsageError(f"{path} exists already; record to a new file.")
    return path
