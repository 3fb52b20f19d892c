"""The simulator against every recorded burst of an H200."""

from __future__ import annotations

from pathlib import Path
from statistics import median

import pytest

from burstview_engines.simulator.accuracy import SETUPS, Comparison, compare, main, table

TRACES = Path(__file__).parents[1] / "data" / "traces"

LEFT_OUT = {
    "vllm-0.6b-eager-seqs4",
    "vllm-0.6b-first-burst",
    "ollama-0.6b-q4-np1-cold",
    "duel-together",
}
"""Eager, cold, first and contended bursts."""


@pytest.fixture(scope="module")
def comparisons() -> list[Comparison]:
    """Every burst beside its simulation."""
    return list(compare(TRACES))


def test_every_trace_is_compared() -> None:
    """A trace file that is added must be given a setup, or a reason to be left out."""
    files = {path.name.removesuffix(".jsonl.gz") for path in TRACES.glob("*.jsonl.gz")}
    assert files == SETUPS.keys() | LEFT_OUT


@pytest.mark.parametrize(("engine", "bursts"), [("vllm", 48), ("llamacpp", 24), ("ollama", 22)])
def test_the_bounds_hold(comparisons: list[Comparison], engine: str, bursts: int) -> None:
    """Median error at most 15 % on makespan and on TTFT, the worst makespan at most 30 %."""
    own = [c for c in comparisons if c.spec.engine == engine]
    spans = [abs(c.makespan_error) for c in own]
    assert len(own) == bursts
    assert median(spans) <= 0.15
    assert max(spans) <= 0.30
    assert median(abs(c.ttft_error) for c in own if c.concurrency >= 2) <= 0.15


def test_the_first_day_needs_no_host_factor(comparisons: list[Comparison]) -> None:
    """The defaults alone keep the bounds on the traces they were fitted to."""
    own = [abs(c.makespan_error) for c in comparisons if c.trace == "vllm-0.6b"]
    assert median(own) <= 0.10
    assert max(own) <= 0.30


def test_the_table_has_a_row_for_every_burst(comparisons: list[Comparison]) -> None:
    """A heading, the bursts, and one line of sums for every engine."""
    lines = table(comparisons).splitlines()
    assert len(lines) == 1 + len(comparisons) + 3
    assert lines[-1].startswith("llamacpp: 24 bursts; makespan error median")


def test_a_wrong_folder_is_a_sentence(tmp_path: Path) -> None:
    """No folder, or one without the traces: what to name."""
    assert main([]) == "Name the folder of the traces, such as tests/data/traces."
    assert main([str(tmp_path)]).endswith("is missing; name the folder that holds the traces.")
