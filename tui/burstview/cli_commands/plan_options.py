"""The options that say what a burst sends; the same for `fire`, `duel`, `demo` and the monitor."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import click
import msgspec

from burstview.config import Config, Defaults, load
from burstview.config_check import ConfigError
from burstview_engines.core.plan import MAX_CONCURRENCY, MAX_PROMPT_TOKENS, BurstPlan, Thinking

Command = Callable[..., int]
"""A click callback: returns the exit status."""

DEFAULT = BurstPlan()
MONITOR_DEFAULT = BurstPlan(max_tokens=32)
"""On screen nobody has to sit through a staircase: the embedded pair takes a second and eleven."""


def finite(context: click.Context, parameter: click.Parameter, value: float | None) -> float | None:
    """Refuse `nan` and `inf`, which click takes for numbers and no server does."""
    if value is not None and not math.isfinite(value):
        raise click.BadParameter(f"{value} is no finite number.", context, parameter)
    return value


CONCURRENCY = click.option(
    "-c",
    "--concurrency",
    type=click.IntRange(1, MAX_CONCURRENCY),
    help=f"Requests sent at once.  [default: {DEFAULT.concurrency}]",
)
OPTIONS = (
    click.option("--prompt", help="The question; {i} in it is the request's number."),
    click.option(
        "--prompt-file",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="Questions used in turn: one a line, or separated by lines of ---.",
    ),
    click.option(
        "--prompt-tokens",
        type=click.IntRange(1, MAX_PROMPT_TOKENS),
        help="Pad each prompt to about this many tokens.",
    ),
    click.option(
        "--temperature",
        type=click.FloatRange(0.0),
        callback=finite,
        help="Not sent unless you choose one.",
    ),
    click.option(
        "--thinking",
        type=click.Choice(get_args(Thinking)),
        help="Ask the model to think or not to; as-is asks nothing.  [default: as-is]",
    ),
    click.option(
        "--equal-lengths/--no-equal-lengths",
        default=None,
        help="Ask for answers of exactly -n tokens where the engine can.  [default: yes]",
    ),
    click.option(
        "--stream/--no-stream",
        default=True,
        help="Without streaming there are no first-token times: the verdict is an estimate.",
    ),
    click.option(
        "--warm-up/--no-warm-up",
        default=None,
        help="Warm the engine up and time three requests alone, for the gain.  [default: yes]",
    ),
    click.option(
        "--give-up-after",
        type=click.FloatRange(0.0, min_open=True),
        callback=finite,
        metavar="SECONDS",
        help=f"End when no token came for so long.  [default: {DEFAULT.give_up_after:g}]",
    ),
    click.option(
        "--config",
        "config_path",
        type=click.Path(path_type=Path),
        help="Another config file than the usual one.",
    ),
)


def max_tokens_option(default: BurstPlan) -> Callable[[Command], Command]:
    """The one option whose default depends on the command."""
    return click.option(
        "-n",
        "--max-tokens",
        type=click.IntRange(1),
        help=f"Most tokens of each answer.  [default: {default.max_tokens}]",
    )


def plan_options(command: Command) -> Command:
    """Give a command the options above; it is called with `plan` and `config` instead of them."""
    return with_options(command, DEFAULT)


def monitor_plan_options(command: Command) -> Command:
    """The same with the monitor's defaults."""
    return with_options(command, MONITOR_DEFAULT)


def with_options(command: Command, default: BurstPlan) -> Command:
    """The command with its options; `default` is the plan where neither option nor file says."""

    @functools.wraps(command)
    def with_plan(**values: object) -> int:
        path, file = values.pop("config_path"), values.pop("prompt_file")
        config = read_config(path if isinstance(path, Path) else None)
        chosen = {name: values.pop(name) for name in PLAN_FIELDS}
        if file is not None and chosen["prompt"] is not None:
            raise click.UsageError("Give --prompt or --prompt-file, not both.")
        prompts = read_prompts(file) if isinstance(file, Path) else ()
        plan = make_plan(chosen, config.defaults, prompts, default)
        return command(plan=plan, config=config, **values)

    decorated: Command = with_plan
    for option in reversed((CONCURRENCY, max_tokens_option(default), *OPTIONS)):
        decorated = option(decorated)
    return decorated


PLAN_FIELDS = (
    "concurrency",
    "max_tokens",
    "prompt",
    "prompt_tokens",
    "temperature",
    "thinking",
    "equal_lengths",
    "stream",
    "warm_up",
    "give_up_after",
)


def make_plan(
    chosen: dict[str, object],
    defaults: Defaults,
    prompts: tuple[str, ...] = (),
    default: BurstPlan = DEFAULT,
) -> BurstPlan:
    """Options win over the config file, the file over the program's own defaults."""
    fields = msgspec.structs.asdict(default)
    for name in PLAN_FIELDS:
        given = chosen[name] if chosen[name] is not None else getattr(defaults, name, None)
        if given is not None:
            fields[name] = given
    if not fields["warm_up"]:
        fields["alone"] = 0
    return msgspec.convert(fields | {"prompts": prompts}, BurstPlan)


def read_prompts(path: Path) -> tuple[str, ...]:
    """The questions of a file: blocks between lines of `---` if it has any, else its lines."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as refusal:
        raise click.UsageError(f"{path} cannot be read as UTF-8 text: {refusal}") from refusal
    blocks = [""]
    for line in lines:
        if "---" not in lines or line == "---":
            blocks.append("" if line == "---" else line)
        else:
            blocks[-1] += line + "\n"
    prompts = tuple(block.strip() for block in blocks if block.strip())
    if not prompts:
        raise click.UsageError(f"{path} holds no prompt.")
    return prompts


def read_config(path: Path | None) -> Config:
    """The config file, or a usage error with the place of its mistake."""
    try:
        return load(path)
    except ConfigError as mistake:
        raise click.UsageError(str(mistake)) from mistake
