"""The JSON of every command in every case: docs/json.md."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from burstview_engines.core.backend import Backend
from burstview_engines.core.plan import BurstPlan
from burstview_engines.core.report import duel_report, run_report
from burstview_engines.core.views import RunView

if TYPE_CHECKING:
    from burstview.headless import Result

Json = dict[str, object]
EMPTY: dict[str, Json] = {
    "up": {
        "where": None,
        "engine": None,
        "ready": False,
        "seconds": None,
        "phases": [],
        "command": None,
        "findings": [],
        "memory": [],
        "expected_seconds": None,
        "failure": None,
    },
    "ps": {"where": None, "version": None, "problem": None, "engines": []},
    "down": {"where": None, "problem": None, "stopped": [], "removed": [], "volumes": []},
    "logs": {"where": None, "engine": None, "lines": []},
    "pull": {
        "where": None,
        "kind": None,
        "what": None,
        "into": None,
        "done": False,
        "seconds": None,
        "failure": None,
    },
    "gpu": {
        "stamp": None,
        "driver": None,
        "cuda": None,
        "problem": None,
        "gpus": [],
        "processes": None,
        "processes_problem": None,
        "host": None,
    },
    "doctor": {"where": None, "findings": [], "ok": False},
}
"""Commands about engines, when they could not even begin."""


def fire_json(result: Result, plan: BurstPlan) -> Json:
    """The one run, or the same fields with what is known when nothing was sent."""
    backend = result.backends[0].backend if result.backends else None
    return run_json(result.runs, 0, backend, plan) | {"error": result.error or _reason(result.runs)}


def duel_json(result: Result, plan: BurstPlan) -> Json:
    """Both runs; one that was not begun has no requests."""
    error: Json = {"error": result.error or _reason(result.runs)}
    if len(result.runs) == 2:
        runs = [run_json(result.runs, side, None, plan) for side in (0, 1)]
        return duel_report(*result.runs) | {"runs": runs} | error
    backends: list[Backend | None] = [view.backend for view in result.backends]
    backends += [None] * (2 - len(backends))
    runs = [run_json(result.runs, side, backends[side], plan) for side in (0, 1)]
    return {"runs": runs, "sentence": None, "differences": []} | error


def run_json(
    runs: Sequence[RunView], number: int, backend: Backend | None, plan: BurstPlan
) -> Json:
    """The run of that place in line; an empty one of the same shape if it was not begun."""
    if number < len(runs):
        sent = any(request.was_sent for request in runs[number].requests)
        return run_report(runs[number]) | ({} if sent else {"makespan_s": None})
    unknown = Backend(key="", name="", engine="openai", place="url", url="")
    report = run_report(RunView(run=0, backend=backend or unknown, plan=plan, started=0.0))
    return report | ({} if backend else {"backend": None, "simulated": None})


def empty_json(command: str | None, error: str) -> Json:
    """What a command says that could not even begin."""
    if command in EMPTY:
        return EMPTY[command] | {"error": error}
    nothing = run_json((), 0, None, BurstPlan()) | {"plan": None}
    if command == "duel":
        return {"runs": [nothing, nothing], "sentence": None, "differences": [], "error": error}
    return nothing | {"error": error}


def print_json(report: Json) -> None:
    """The one object on stdout."""
    print_text(msgspec.json.format(msgspec.json.encode(report), indent=2).decode())


def print_text(text: str) -> bool:
    """Text on stdout; a reader that is gone is nobody to complain to, but is told: False."""
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except OSError:
        return False
    return True


def _reason(runs: Sequence[RunView]) -> str | None:
    reasons = dict.fromkeys(run.reason for run in runs if run.reason)
    return " ".join(reasons) or None
