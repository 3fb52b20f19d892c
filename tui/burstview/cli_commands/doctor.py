"""`burstview doctor`: what works here, and how to mend what does not."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from burstview.cli_commands.engine_run import (
    Outcome,
    carry_out,
    finish,
)
from burstview.cli_commands.output_options import JSON
from burstview.cli_commands.reports import print_json, print_text
from burstview.cli_commands.up import finding_report
from burstview.cli_commands.where_options import Where, where_options

if TYPE_CHECKING:
    from burstview_engines.control import Finding
    from burstview_engines.fleet.fleet import Fleet
    from burstview_engines.stream import EventStream

MARKS = {"ok": "✓", "note": "·", "warning": "!", "problem": "✗"}


@click.command()
@where_options
@JSON
def doctor(*, where: Where, as_json: bool) -> int:
    """Check Docker, GPU, ports, disk and engines, and say how to mend each.

    Exit status: 0 nothing is broken, 1 something is.
    """
    findings: list[Finding] = []

    async def examine(fleet: Fleet, stream: EventStream) -> Outcome:
        from burstview_engines.fleet.doctor import examine as look
        from burstview_engines.probes.gpu import gpu_look

        gpus = await asyncio.to_thread(gpu_look(stream.now))
        findings.extend(await look(fleet, gpus))
        return Outcome(1 if any(f.level == "problem" for f in findings) else 0)

    outcome = carry_out(examine, where, cancelled="cancelled")
    if as_json:
        report = [finding_report(finding) for finding in findings]
        print_json({"findings": report, "ok": outcome.status == 0, "error": outcome.error})
    else:
        print_text("\n".join(_line(finding) for finding in findings))
    return finish(outcome)


def _line(finding: Finding) -> str:
    step = f" {finding.step}" if finding.step else ""
    return f"{MARKS[finding.level]} {finding.level:<7} {finding.name:<12} {finding.sentence}{step}"
