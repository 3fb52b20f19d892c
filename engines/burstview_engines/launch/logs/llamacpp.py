"""What the log of llama.cpp server tells."""

from __future__ import annotations

from burstview_engines.launch.profile import FailureRule, PhaseRule

PHASES: tuple[PhaseRule, ...] = ()

FAILURES: tuple[FailureRule, ...] = ()
