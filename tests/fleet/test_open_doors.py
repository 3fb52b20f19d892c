"""Opening an engine to the network is warned of where no key guards it."""

from __future__ import annotations

import pytest

from burstview_engines.fleet.open_doors import lan_findings
from burstview_engines.launch.spec import LaunchSpec


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (LaunchSpec(engine="vllm", lan=True), "without a key"),
        (LaunchSpec(engine="llamacpp", lan=True), "without a key"),
        (LaunchSpec(engine="ollama", lan=True), "it knows no keys"),
    ],
)
def test_whoever_is_let_in_is_told(spec: LaunchSpec, words: str) -> None:
    """A warning: it keeps nobody from starting."""
    (finding,) = lan_findings(spec)
    assert (finding.name, finding.level) == ("lan", "warning")
    assert words in finding.sentence
    assert finding.step


@pytest.mark.parametrize(
    "spec",
    [
        LaunchSpec(engine="ollama"),
        LaunchSpec(engine="vllm", lan=True, api_key_env="MY_KEY"),
    ],
)
def test_a_closed_door_and_a_locked_one_are_fine(spec: LaunchSpec) -> None:
    """Nothing is said."""
    assert lan_findings(spec) == ()
