"""Lines that the system puts into any engine's log."""

from __future__ import annotations

import re

from burstview_engines.launch.profile import FailureRule

DISK_FULL = FailureRule(
    kind="disk-full",
    pattern=re.compile(r"\bno space left on device|\bNo space left on device"),
    sentence="The disk is full where the engine keeps its models.",
    step="Free space there, or let it keep them on another disk.",
    verified=False,
)
