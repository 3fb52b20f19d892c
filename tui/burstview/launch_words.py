"""What the form of a start says of itself in one line, and of a start's time. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from burstview import format as say
from burstview.engine_questions import Question
from burstview_engines.control import Finding, LaunchPreview
from burstview_engines.core.managed import ManagedEngine
from burstview_engines.core.text import one_line
from burstview_engines.core.views import Snapshot
from burstview_engines.core.wording import count, seconds
from burstview_engines.launch.spec import LaunchSpec

Tone = Literal["good", "warn", "bad", "busy"]
TONES: tuple[Tone, ...] = ("good", "warn", "bad", "busy")
FIRST = "first start of this kind here: it may take minutes"


class Verdict(NamedTuple):
    """Whether it can be started, in one line."""

    tone: Tone
    words: str


CHECKING = Verdict("busy", "◌ checking …")


def time_words(preview: LaunchPreview) -> str:
    """`≈ 1 m 35 s last time`."""
    if preview.expected_seconds is not None:
        return f"≈ {seconds(preview.expected_seconds)} last time"
    return FIRST if preview.is_first_start else "how long it takes is unknown"


def of_errors(errors: Mapping[str, str], labels: Mapping[str, str]) -> Verdict:
    """Which fields make no sense; `labels` by field name."""
    names = ", ".join(labels.get(name, name) for name in errors)
    verb = "makes" if len(errors) == 1 else "make"
    return Verdict("bad", f"✗ {count(len(errors), 'field')} {verb} no sense: {names}")


def of_findings(findings: Sequence[Finding], rest: str, *, verb: str = "start") -> Verdict:
    """The first problem, else how many warnings; `rest` is what else is worth a line."""
    problems = [one_line(found.sentence) for found in findings if found.level == "problem"]
    if problems:
        return Verdict("bad", f"✗ cannot {verb}: {problems[0]}")
    warnings = sum(found.level == "warning" for found in findings)
    if warnings:
        return Verdict("warn", f"⚠ can {verb}, {count(warnings, 'warning')} · {rest}")
    return Verdict("good", f"✓ can {verb} · {rest}")


def of_refusal(sentence: str) -> Verdict:
    """It could not even be checked, or a wish was refused."""
    return Verdict("bad", f"✗ {one_line(sentence)}")


def of_replacement(
    findings: Sequence[Finding], before: LaunchSpec, after: LaunchSpec
) -> tuple[Finding, ...]:
    """Without what only the engine itself stands in the way of: its own name and port."""
    own = {"name"} if after.name == before.name else set()
    own |= {"port"} if before.port is not None and after.port == before.port else set()
    return tuple(f for f in findings if not (f.level == "problem" and f.name in own))


def gpu_words(snapshot: Snapshot) -> str:
    """`0: H200, 42.0/140 GiB used`; empty where no GPU is seen."""
    gpus = snapshot.gpu.gpus if snapshot.gpu is not None and not snapshot.gpu.simulated else ()
    return "; ".join(
        f"{gpu.index}: {one_line(gpu.name).removeprefix('NVIDIA ')},"
        f" {say.size_of(gpu.memory_used_bytes, gpu.memory_total_bytes)} used"
        for gpu in gpus
    )


def replacing(engine: ManagedEngine, lost: int, changes: Sequence[str]) -> Question:
    """Asked before one is replaced that others use, or that is answering."""
    name = one_line(engine.name, 60)
    told = [one_line(change) for change in changes]
    told.append("It is stopped, removed and started anew; its volumes stay.")
    if lost:
        verb = "is" if lost == 1 else "are"
        told.append(f"{count(lost, 'request')} {verb} in flight at it and will break off.")
    if engine.owner == "ours":
        return Question(f"Replace {name}?", tuple(told), "Replace")
    told.append("It was not started by you: others may be using it.")
    return Question(f"Replace {name}?", tuple(told), "Replace", typed=engine.name)
