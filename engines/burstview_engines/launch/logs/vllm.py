"""What the log of vLLM tells."""

from __future__ import annotations

from burstview_engines.launch.profile import FailureRule, PhaseRule

PHASES: tuple[PhaseRule, ...] = ()

FAILURES: tuple[FailureRule, ...] = ()
