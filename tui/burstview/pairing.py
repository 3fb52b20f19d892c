"""Two engines that are started together: what a control that can plan them is asked, and the rest.

`EngineControl` need not be able to; the form offers a pair only where `preview_pair` is there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from burstview.launch_shown import Shown, commands_of, found, parts_of
from burstview_engines.control import Finding, LaunchPreview
from burstview_engines.core.text import one_line
from burstview_engines.launch.registry import LAUNCH
from burstview_engines.models.pairs import ModelPair


class PairPreview(Protocol):
    """What starting both would do; made without changing anything."""

    @property
    def previews(self) -> Sequence[LaunchPreview]:
        """In the order in which they are started, each when the one before is ready."""

    @property
    def memory(self) -> Sequence[str]:
        """The fit of both in words, the sentence that counts first."""

    @property
    def memory_parts(self) -> Sequence[tuple[str, int]]:
        """(what, bytes) of one bar for both: `Ollama's weights`, …, `free`."""


@runtime_checkable
class PairPlanner(Protocol):
    """A control that can plan a pair."""

    async def preview_pair(self, pair: ModelPair, gpus: tuple[str, ...]) -> PairPreview:
        """Check the start of both. Raises SessionError."""


def shown_of(preview: PairPreview) -> Shown:
    """Both as one: a finding says whose it is, and what both share is said once."""
    return Shown(
        sentences=tuple(one_line(sentence, 600) for sentence in preview.memory),
        parts=parts_of(preview.memory_parts),
        findings=tuple(map(found, findings_of(preview))),
        commands=commands_of(*preview.previews),
    )


def findings_of(preview: PairPreview) -> tuple[Finding, ...]:
    """Of both; those that both have once."""
    owners: dict[Finding, list[str]] = {}
    for side in preview.previews:
        for finding in side.findings:
            owners.setdefault(finding, []).append(LAUNCH[side.spec.engine].label)
    is_pair = len(preview.previews) > 1
    return tuple(
        finding if not is_pair or len(names) > 1 else _named(finding, names[0])
        for finding, names in owners.items()
    )


def has_problem(preview: PairPreview) -> bool:
    """Whether one of them could not start."""
    return any(side.problems for side in preview.previews)


def _named(finding: Finding, owner: str) -> Finding:
    return Finding(finding.name, finding.level, f"{owner}: {finding.sentence}", finding.step)
