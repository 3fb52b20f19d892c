"""Checks the JSON of commands about engines against docs/json.md: these fields and no others."""

from __future__ import annotations

from typing import Any, get_args

from tests.cli.report_check import COUNT, NUMBER, TEXT, fields

from burstview_engines.core.managed import LaunchPhase, ManagedPlace, Owner, Status

SWITCH = (bool, type(None))
PART = (dict, type(None))

ENGINE = {
    "name": str, "engine": str, "place": str, "owner": str, "who": TEXT, "status": str,
    "phase": TEXT, "words": TEXT, "fraction": NUMBER, "id": TEXT, "url": TEXT, "lan": bool,
    "image": TEXT, "model": TEXT, "gpus": (list, type(None)), "options": dict, "simulated": bool,
    "exit_code": COUNT, "oom_killed": bool, "restarts": int, "on_gpu": NUMBER, "drift": list,
    "failure": PART, "facts": dict, "usage": PART,
}  # fmt: skip
LISTED = ENGINE | {"loaded": (list, type(None))}
FAILURE = {"kind": str, "sentence": str, "step": TEXT, "detail": TEXT}
FACTS = {
    "version": TEXT, "seats": COUNT, "context_tokens": COUNT, "kv_tokens": COUNT,
    "kv_bytes": COUNT, "weights_bytes": COUNT, "max_concurrency": NUMBER,
    "gpu_layers": (list, type(None)), "has_gpu": SWITCH, "load_seconds": NUMBER,
}  # fmt: skip
USAGE = {
    "cpu_percent": NUMBER, "memory_bytes": COUNT, "memory_limit_bytes": COUNT,
    "network_in_bytes": COUNT, "network_out_bytes": COUNT, "block_read_bytes": COUNT,
    "block_written_bytes": COUNT, "pids": COUNT,
}  # fmt: skip
FINDING = {"name": str, "level": str, "sentence": str, "step": TEXT}
PHASE = {"phase": str, "seconds": NUMBER}
LINE = {"number": int, "stamp": TEXT, "text": str, "remark": bool}
UP = {
    "where": TEXT, "engine": PART, "ready": bool, "seconds": NUMBER, "phases": list,
    "command": TEXT, "findings": list, "memory": list, "expected_seconds": NUMBER,
    "failure": PART, "error": TEXT,
}  # fmt: skip
PS = {"where": TEXT, "version": TEXT, "problem": TEXT, "engines": list, "error": TEXT}
DOWN = {
    "where": TEXT, "problem": TEXT, "stopped": list, "removed": list, "volumes": list,
    "error": TEXT,
}  # fmt: skip
LOGS = {"where": TEXT, "engine": TEXT, "lines": list, "error": TEXT}
PULL = {
    "where": TEXT, "kind": TEXT, "what": TEXT, "into": TEXT, "done": bool, "seconds": NUMBER,
    "failure": PART, "error": TEXT,
}  # fmt: skip
DOCTOR = {"where": TEXT, "findings": list, "ok": bool, "error": TEXT}
REPORTS = {"up": UP, "ps": PS, "down": DOWN, "logs": LOGS, "pull": PULL, "doctor": DOCTOR}
PARTS = (LISTED, FAILURE, FACTS, USAGE, FINDING, PHASE, LINE)
LEVELS = {"ok", "note", "warning", "problem"}


def check_report(command: str, report: dict[str, Any]) -> dict[str, Any]:
    """The one object of that command, checked down to its last part."""
    fields(report, REPORTS[command])
    for finding in report.get("findings", ()):
        fields(finding, FINDING)
        assert finding["level"] in LEVELS
    for phase in report.get("phases", ()):
        fields(phase, PHASE)
        assert phase["phase"] in get_args(LaunchPhase)
    for line in report.get("lines", ()):
        fields(line, LINE)
    for engine in report.get("engines", ()):
        check_engine(engine, LISTED)
    if isinstance(report.get("engine"), dict):
        check_engine(report["engine"], ENGINE)
    if report.get("failure") is not None:
        fields(report["failure"], FAILURE)
    return report


def check_engine(engine: dict[str, Any], shape: dict[str, Any]) -> None:
    """One engine of `up` or `ps`."""
    fields(engine, shape)
    fields(engine["facts"], FACTS)
    for part, of_part in (("failure", FAILURE), ("usage", USAGE)):
        if engine[part] is not None:
            fields(engine[part], of_part)
    assert engine["place"] in get_args(ManagedPlace)
    assert engine["owner"] in get_args(Owner)
    assert engine["status"] in get_args(Status)
    assert engine["phase"] in (*get_args(LaunchPhase), None)
