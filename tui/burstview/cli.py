"""The command line. Heavy libraries are imported by the command that needs them, when it runs."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from burstview import __version__, collector, streams
from burstview.cli_commands.output_options import RECORD
from burstview.cli_commands.plan_options import monitor_plan_options
from burstview.cli_commands.where_options import Where, where_options
from burstview.cli_group import LazyGroup
from burstview.config import Config
from burstview_engines.core.plan import BurstPlan

EXAMPLES = """\b
Examples:
  burstview                       the monitor on the engines that run here, else simulated ones
  burstview demo                  the monitor on two simulated engines
  burstview duel --demo -c 16 -n 32
  burstview fire --url http://127.0.0.1:8000 -c 16 -n 128
  burstview duel http://127.0.0.1:11434 http://127.0.0.1:8000 --json
  burstview simulate --engine vllm --gpu H200 --model qwen3-4b -c 64
  burstview replay FILE
  burstview up vllm --model qwen3:0.6b -o max-num-seqs=128
  burstview ps
  burstview gpu --every 1
  burstview doctor
"""
CANCELLED = 130
COMMANDS = {
    "demo": "burstview.cli_commands.monitor",
    "fire": "burstview.cli_commands.fire",
    "duel": "burstview.cli_commands.duel",
    "simulate": "burstview.cli_commands.simulate",
    "replay": "burstview.cli_commands.replay",
    "up": "burstview.cli_commands.up",
    "down": "burstview.cli_commands.down",
    "ps": "burstview.cli_commands.ps",
    "logs": "burstview.cli_commands.logs",
    "pull": "burstview.cli_commands.pull",
    "gpu": "burstview.cli_commands.gpu",
    "doctor": "burstview.cli_commands.doctor",
}
"""Name -> the module that has the command."""


@click.group(cls=LazyGroup, lazy=COMMANDS, invoke_without_command=True, epilog=EXAMPLES)
@click.version_option(__version__, prog_name="burstview")
@monitor_plan_options
@RECORD
@where_options
@click.option("--readonly", is_flag=True, help="Nothing may be started, changed or removed.")
@click.pass_context
def cli(
    invocation: click.Context,
    *,
    plan: BurstPlan,
    config: Config,
    record: Path | None,
    where: Where,
    readonly: bool,
) -> int:
    """Fire a burst at LLM servers and watch every request wait, stream and finish."""
    where = replace(where, read_only=readonly, config=config)
    if invocation.invoked_subcommand:
        invocation.obj = where
        return 0
    from burstview.cli_commands.monitor import find

    return find(plan, config, record, where)


def run(arguments: Sequence[str]) -> int:
    """Carry the command line out; the exit status. With `--json` every failure is JSON too."""
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        status = cli.main(list(arguments), prog_name="burstview", standalone_mode=False)
    except click.ClickException as mistake:
        mistake.show(sys.stderr)
        return failed(arguments, mistake.format_message(), mistake.exit_code)
    except (click.Abort, KeyboardInterrupt):
        return failed(arguments, "cancelled before anything was done", CANCELLED)
    return status if isinstance(status, int) else 0


def failed(arguments: Sequence[str], error: str, status: int) -> int:
    """The status; where JSON was asked for, the object that holds the error goes to stdout."""
    if "--json" in arguments:
        from burstview.cli_commands.reports import empty_json, print_json

        command = next((name for name in arguments if name in COMMANDS), None)
        only: dict[str, object] = {"error": error}
        empty = only if _is_by_line(command, arguments) else empty_json(command, error)
        print_json(empty)
    return status


def _is_by_line(command: str | None, arguments: Sequence[str]) -> bool:
    """Whether an object stands on each line."""
    if command == "gpu":
        return any(word.split("=")[0] == "--every" for word in arguments)
    return command == "logs" and bool({"-f", "--follow"}.intersection(arguments))


def main() -> None:
    """The console script."""
    collector.collect_seldom()
    streams.fill()
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
    status = run(sys.argv[1:])
    streams.hush()
    sys.exit(status)
