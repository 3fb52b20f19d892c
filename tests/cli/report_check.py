"""Checks a report against every field that docs/json.md documents, and nothing else in it."""

from __future__ import annotations

from typing import Any, get_args

from burstview_engines.core.finding import Cause

NUMBER = (int, float, type(None))
TEXT = (str, type(None))
COUNT = (int, type(None))

RUN = {
    "backend": (dict, type(None)), "simulated": (bool, type(None)), "plan": (dict, type(None)),
    "outcome": TEXT, "reason": TEXT, "contended": bool, "warm_up": (dict, type(None)),
    "alone": list, "verdict": dict, "held_back": (dict, type(None)), "requests": list,
    "makespan_s": NUMBER,
    "output_tokens_per_s": NUMBER, "alone_output_tokens_per_s": NUMBER,
    "client": (dict, type(None)),
}  # fmt: skip
BACKEND = {
    "name": str, "engine": str, "place": str, "url": TEXT, "model": TEXT, "gpu": TEXT,
}  # fmt: skip
PLAN = {
    "concurrency": int, "max_tokens": int, "prompt": str, "prompts": list, "prompt_tokens": COUNT,
    "temperature": NUMBER, "thinking": str, "equal_lengths": bool, "stream": bool,
    "warm_up": bool, "alone": int, "give_up_after": (int, float), "tag": str,
}  # fmt: skip
WARM_UP = {"requests": int, "succeeded": int, "seconds": NUMBER, "error": TEXT}
VERDICT = {
    "label": TEXT, "k": COUNT, "share": NUMBER, "gain": NUMBER, "why": TEXT, "sentence": str,
    "estimate": bool, "told_by_engine": bool,
}  # fmt: skip
REQUEST = {
    "id": int, "status": COUNT, "state": str, "sent_s": NUMBER, "ttft_s": NUMBER,
    "first_answer_s": NUMBER, "tpot_s": NUMBER, "e2e_s": NUMBER, "prompt_tokens": COUNT,
    "output_tokens": COUNT, "finish_reason": TEXT, "error": TEXT, "note": TEXT,
}  # fmt: skip
CLIENT = {
    "transport": str, "workers": int, "connections": int, "launch_skew_s": NUMBER,
    "launch_lag_p95_s": NUMBER, "launch_lag_max_s": NUMBER, "loop_lag_p95_s": NUMBER,
    "loop_lag_max_s": NUMBER, "reads": int, "chunks": int, "cpu_s": NUMBER, "warning": TEXT,
}  # fmt: skip
HELD_BACK = {"cause": str, "sentence": str, "disturbed_by": TEXT}
LABELS = {"one-at-a-time", "k-at-a-time", "all-together", "not-sure", None}


def check_run(report: dict[str, Any], more: tuple[str, ...] = ("error",)) -> dict[str, Any]:
    """The report of `fire`, checked; `more` are the fields beside a run's own."""
    run = {name: value for name, value in report.items() if name not in more}
    assert set(report) == set(RUN) | set(more)
    fields(run, RUN)
    for part, shape in (("backend", BACKEND), ("plan", PLAN), ("warm_up", WARM_UP)):
        if run[part] is not None:
            fields(run[part], shape)
    fields(run["verdict"], VERDICT)
    assert run["verdict"]["label"] in LABELS
    if run["held_back"] is not None:
        fields(run["held_back"], HELD_BACK)
        assert run["held_back"]["cause"] in get_args(Cause)
    if run["client"] is not None:
        fields(run["client"], CLIENT)
    for request in (*run["requests"], *run["alone"]):
        fields(request, REQUEST)
    ids = [request["id"] for request in run["requests"]]
    assert ids == list(range(1, len(ids) + 1))
    return report


def check_duel(report: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both runs of the report of `duel`, checked."""
    assert set(report) == {"runs", "sentence", "differences", "error"}
    one, other = report["runs"]
    return check_run(one, ()), check_run(other, ())


def fields(part: dict[str, Any], shape: dict[str, Any]) -> None:
    """Every field of the shape is there with its type, and no other."""
    assert set(part) == set(shape)
    for name, kind in shape.items():
        assert isinstance(part[name], kind), name
