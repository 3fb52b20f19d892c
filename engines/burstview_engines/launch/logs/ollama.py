"""What Ollama's log tells. It listens at once and loads models later, so `ready` is a model's."""

from __future__ import annotations

from burstview_engines.launch.logs.ollama_failures import (
    MODEL_TROUBLE,
    PULL_TROUBLE,
    SERVER_TROUBLE,
)
from burstview_engines.launch.logs.ollama_phases import PHASES
from burstview_engines.launch.profile import FailureRule

FAILURES: tuple[FailureRule, ...] = (*SERVER_TROUBLE, *MODEL_TROUBLE, *PULL_TROUBLE)

__all__ = ["FAILURES", "PHASES"]
