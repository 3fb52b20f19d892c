"""A simulated vLLM with a small KV cache, from the command line."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from burstview.cli import cli
from burstview.cli_commands.embedded import demo_source
from burstview_engines.places.simulated import EmbeddedSource


def invoke(*arguments: str) -> tuple[int, str, str]:
    """Exit status, stdout and stderr."""
    result = CliRunner().invoke(cli, arguments, catch_exceptions=False, standalone_mode=True)
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("fire", "--url", "http://127.0.0.1:1", "--kv-blocks", "40"),
        ("fire", "--demo", "--engine", "ollama", "--kv-blocks", "40"),
        ("duel", "http://127.0.0.1:1", "http://127.0.0.1:2", "--kv-blocks", "40"),
    ],
)
def test_only_a_simulated_vllm_has_blocks_to_choose(arguments: tuple[str, ...]) -> None:
    """Everything else is a wrong usage."""
    status, _, words = invoke(*arguments)
    assert status == 2
    assert "--kv-blocks is of the simulated vLLM" in words


def test_too_few_blocks_are_refused() -> None:
    """In the simulator's words."""
    status, _, words = invoke("fire", "--demo", "--kv-blocks", "3")
    assert status == 2
    assert "kv-blocks must lie between 5" in words


def test_a_small_cache_still_answers_everybody() -> None:
    """Some are computed again."""
    arguments = ("-c", "16", "-n", "32", "--no-warm-up", "--json")
    status, told, _ = invoke("fire", "--demo", "--kv-blocks", "41", *arguments)
    assert status == 0
    assert json.loads(told)["error"] is None


def test_ollama_beside_it_stays_as_it_is() -> None:
    """Blocks are vLLM's."""
    source = demo_source(kv_blocks=41)
    assert isinstance(source, EmbeddedSource)
    assert [spec.kv_blocks for spec in source.specs] == [41, None]
