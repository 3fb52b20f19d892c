"""`burstview doctor`: what works here, and how to mend what does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from burstview.cli_commands.engine_run import Outcome, carry_out
from burstview.cli_commands.output_options import JSON
from burstview.cli_commands.reports import print_json, print_text
from burstview.cli_commands.start_course import finding_report
from burstview.cli_commands.where_options import Where, where_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from burstview.cli_commands.heard import HeardStream
    from burstview_engines.control import Finding
    from burstview_engines.core.events import GpuSampled
    from burstview_engines.fleet.fleet import Fleet

SETTLE = 1.5
"""Seconds that engines get to answer at their HTTP."""
MARKS = {"ok": "✓", "note": "·", "warning": "!", "problem": "✗"}
EXAMPLES = """\b
Examples:
  burstview doctor
  burstview doctor --context gpu-box
  burstview doctor --docker-host none   without Docker: local processes only
"""


@click.command(epilog=EXAMPLES)
@where_options
@JSON
def doctor(*, where: Where, as_json: bool) -> int:
    """Check Docker, GPUs, ports, disk and engines, and say how to mend each.

    Exit status: 0 nothing keeps engines from starting, 1 something does, 2 wrong usage, 130
    cancelled.
    """
    return carry_out(Doctor(as_json=as_json), where)


class Doctor:
    """One look at everything."""

    cancelled = "cancelled"
    needs_daemon = False

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._where: str | None = None
        self._findings: Sequence[Finding] = ()

    async def run(self, fleet: Fleet, stream: HeardStream) -> Outcome:
        """Problems are findings, not errors."""
        from burstview_engines.fleet.doctor import examine
        from burstview_engines.places.docker.threads import DaemonThreads

        self._where = fleet.where
        await fleet.settle(SETTLE)
        gpus = await DaemonThreads("gpus", 1).run(_look_at_gpus, stream)
        self._findings = await examine(fleet, gpus)
        return Outcome(1 if any(one.level == "problem" for one in self._findings) else 0)

    def tell(self, outcome: Outcome) -> None:
        """A line for each finding, and one for what mends it."""
        if self._as_json:
            print_json(
                {
                    "where": self._where,
                    "findings": [finding_report(finding) for finding in self._findings],
                    "ok": outcome.status == 0,
                    "error": outcome.error,
                }
            )
        elif self._findings:
            print_text("\n".join(_line(finding) for finding in self._findings))


def _look_at_gpus(stream: HeardStream) -> GpuSampled | None:
    """On a thread: the driver blocks."""
    from burstview_engines.probes.gpu import gpu_look

    return gpu_look(stream.now)()


def _line(finding: Finding) -> str:
    step = f"\n{'':<11}→ {finding.step}" if finding.step else ""
    return f"{MARKS[finding.level]} {finding.level:<8} {finding.sentence}{step}"
