"""Lines that the system puts into any engine's log."""

from __future__ import annotations

import re
from collections.abc import Mapping

from burstview_engines.launch.log_facts import number
from burstview_engines.launch.profile import FailureRule

DISK_FULL = FailureRule(
    kind="disk-full",
    pattern=re.compile(r"\bno space left on device|\bNo space left on device"),
    sentence="The disk is full where the engine keeps its models.",
    step="Free space there, or let it keep them on another disk.",
    verified=False,
)


def lengths(groups: Mapping[str, str]) -> dict[str, str]:
    """`asked_words` and `most_words`: token counts with separators, for sentences."""
    return {f"{name}_words": f"{int(groups[name]):,}" for name in ("asked", "most")}


def size(groups: Mapping[str, str]) -> dict[str, str]:
    """`size_words` of `mib`."""
    mib = number(groups["mib"]) or 0.0
    return {"size_words": f"{mib / 1024:.1f} GiB" if mib >= 1024 else f"{mib:.0f} MiB"}
