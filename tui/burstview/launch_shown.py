"""What was found of a start, or of two, as it is shown. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from burstview.draw.finding_rows import Found
from burstview.draw.memory_bar import Part
from burstview_engines.control import Finding, LaunchPreview
from burstview_engines.core.text import harmless, one_line

MOST_COMMAND = 20_000
"""Characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Everything harmless to a terminal."""

    changes: tuple[str, ...] | None = None
    """None where nothing is replaced."""
    sentences: tuple[str, ...] = ()
    """On memory, the one that counts first."""
    parts: tuple[Part, ...] = ()
    findings: tuple[Found, ...] = ()
    commands: tuple[str, ...] = ()


def of_preview(
    preview: LaunchPreview, findings: Sequence[Finding], changes: Sequence[str] | None = None
) -> Shown:
    """One engine's."""
    return Shown(
        changes=None if changes is None else tuple(map(one_line, changes)),
        sentences=tuple(map(one_line, preview.memory)),
        parts=parts_of(preview.memory_parts),
        findings=tuple(map(found, findings)),
        commands=commands_of(preview),
    )


def found(finding: Finding) -> Found:
    """Harmless and on one line."""
    sentence, step = one_line(finding.sentence, 600), one_line(finding.step, 600)
    return Found(one_line(finding.name), finding.level, sentence, step)


def parts_of(parts: Sequence[Part]) -> tuple[Part, ...]:
    """The same."""
    return tuple((one_line(what, 60), size) for what, size in parts)


def commands_of(*previews: LaunchPreview) -> tuple[str, ...]:
    """Those that are known."""
    return tuple(harmless(p.command)[:MOST_COMMAND] for p in previews if p.command)
