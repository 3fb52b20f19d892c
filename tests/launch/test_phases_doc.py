"""docs/phases.md says what the code does."""

from __future__ import annotations

from pathlib import Path

import pytest

from burstview_engines.launch.death import why
from burstview_engines.launch.log_facts import FACT_GROUPS
from tests.launch import logs

DOC = Path(__file__).parents[2] / "docs" / "phases.md"
HEADINGS = {
    "ollama": "Ollama",
    "vllm": "vLLM",
    "llamacpp": "llama.cpp server",
    "sglang": "SGLang",
}


def rows(heading: str, first: str) -> list[list[str]]:
    """The cells of the table below a heading whose first column has that name."""
    section = DOC.read_text(encoding="utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    table = section.split(f"| {first} |")[1].split("\n\n")[0]
    lines = table.split("\n")[2:]
    return [
        [cell.strip() for cell in line.replace("\\|", "¦").strip("|").split("|")]
        for line in lines
        if line
    ]


@pytest.mark.parametrize("engine", list(logs.RULES))
def test_the_phases_in_the_document_are_those_in_the_code(engine: str) -> None:
    """In the same order, with the facts that they tell."""
    written = [
        (name, phase, facts, seen) for name, phase, facts, _, seen in rows_of(engine, "rule")
    ]
    coded = []
    for rule in logs.RULES[engine].phases:
        facts = ", ".join(name for name in rule.pattern.groupindex if name in FACT_GROUPS)
        seen = "real" if rule.verified else "source"
        coded.append((rule.name, rule.phase or "—", facts or "—", seen))
    assert written == coded


@pytest.mark.parametrize("engine", list(logs.RULES))
def test_the_failures_in_the_document_are_those_in_the_code(engine: str) -> None:
    """In the same order, for it is their rank; with their effect and their sentence."""
    written = [
        (kind, effect, said, seen) for kind, effect, said, _, seen in rows_of(engine, "kind")
    ]
    coded = []
    for rule in logs.RULES[engine].failures:
        effect = ("fails" if rule.is_fatal else "warns") + (", in general" * rule.is_generic)
        seen = "real" if rule.verified else "source"
        coded.append((rule.kind, effect, rule.sentence, seen))
    assert written == coded


def rows_of(engine: str, first: str) -> list[list[str]]:
    """Of one engine's tables."""
    return rows(HEADINGS[engine], first)


def test_the_ends_in_the_document_are_those_in_the_code() -> None:
    """Each exit code has the kind that is written."""
    written = {kind: codes for kind, codes, _ in rows("How it ended", "kind")}
    told = {code: why(code, False, "", None).kind for code in range(256)}
    for kind, codes in written.items():
        for code in filter(str.isdigit, codes.split(", ")):
            assert told[int(code)] == kind
    of_signals = {int(c) for codes in written.values() for c in codes.split(", ") if c.isdigit()}
    assert {told[code] for code in range(256) if code not in of_signals} == {"ended"}
    limit, refused = why(1, True, "", None).kind, why(1, False, "no", None).kind
    assert set(written) == {*told.values(), limit, refused}
