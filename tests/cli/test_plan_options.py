"""How options and the config file become a plan, and URLs become servers."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from burstview.cli import cli
from burstview.cli_commands.duel import pair
from burstview.cli_commands.plan_options import (
    MONITOR_DEFAULT,
    PLAN_FIELDS,
    make_plan,
    read_prompts,
)
from burstview.cli_commands.servers import server
from burstview.config import Config, ConfiguredBackend, Defaults
from burstview_engines.core.plan import BurstPlan

NOTHING: dict[str, object] = dict.fromkeys(PLAN_FIELDS)


def test_options_win() -> None:
    """An option wins over the config file, the file over the program's default."""
    defaults = Defaults(concurrency=8, temperature=0.5)
    plan = make_plan(NOTHING | {"concurrency": 3}, defaults)
    assert (plan.concurrency, plan.temperature, plan.max_tokens) == (3, 0.5, 128)
    assert make_plan(NOTHING, Defaults()) == BurstPlan()


def test_switches_can_be_turned_back_on() -> None:
    """What the file switches off an option can switch on, and the other way round."""
    assert make_plan(NOTHING | {"warm_up": True}, Defaults(warm_up=False)).warm_up
    assert not make_plan(NOTHING | {"equal_lengths": False}, Defaults()).equal_lengths


def test_the_monitor_asks_for_less() -> None:
    """Where neither option nor file says, the monitor's answers are short; the rest is the same."""
    assert make_plan(NOTHING, Defaults(), default=MONITOR_DEFAULT) == BurstPlan(max_tokens=32)
    chosen = make_plan(NOTHING, Defaults(max_tokens=128), default=MONITOR_DEFAULT)
    assert chosen == BurstPlan(max_tokens=128)


@pytest.mark.parametrize(("command", "tokens"), [("", 32), ("demo", 32), ("fire", 128)])
def test_help_names_the_default(command: str, tokens: int) -> None:
    """`--help` says how many tokens this very command asks for."""
    shown = CliRunner().invoke(cli, [*command.split(), "--help"]).output
    assert f"Most tokens of each answer.  [default: {tokens}]" in shown


def test_no_warm_up_means_nothing_alone() -> None:
    """Without a warm-up nothing is timed alone, so there is no gain."""
    plan = make_plan(NOTHING | {"warm_up": False}, Defaults())
    assert (plan.warm_up, plan.alone) == (False, 0)


@pytest.mark.parametrize(
    ("text", "prompts"),
    [
        ("Why?\n\nHow?\n", ("Why?", "How?")),
        ("Why?\nReally?\n---\nHow?\n", ("Why?\nReally?", "How?")),
        ("---\nOne\n---\n", ("One",)),
    ],
)
def test_prompt_files(tmp_path: Path, text: str, prompts: tuple[str, ...]) -> None:
    """Lines, or blocks between lines of ---; empty ones are left out."""
    path = tmp_path / "p.txt"
    path.write_text(text)
    assert read_prompts(path) == prompts


@pytest.mark.parametrize("content", [b"", b"\n---\n", b"\xff\xfe"])
def test_prompt_files_without_prompts(tmp_path: Path, content: bytes) -> None:
    """A file without a prompt is a usage error."""
    path = tmp_path / "p.txt"
    path.write_bytes(content)
    with pytest.raises(click.UsageError):
        read_prompts(path)


def test_servers() -> None:
    """A URL, a host with a port, or a name from the config file; options win over the file."""
    known = ConfiguredBackend("http://10.0.0.1:8000", "box", "vllm", "m", "KEY")
    config = Config(backends=(known,))
    assert server("http://a/v1", config).url == "http://a/v1"
    assert server("localhost:8000", config).url == "http://localhost:8000"
    named = server("box", config, model="n")
    assert (named.url, named.model, named.api_key_env) == ("http://10.0.0.1:8000", "n", "KEY")
    with pytest.raises(click.UsageError, match="backends: box"):
        server("bix", config)


def test_pairs() -> None:
    """Given once an option is for both sides."""
    assert pair(["a"], "--model") == ("a", "a")
    assert pair(["a", "b"], "--model") == ("a", "b")
    assert pair([], "--model") == (None, None)
