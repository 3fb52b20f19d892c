"""The live session that a command fires in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from burstview import __version__

if TYPE_CHECKING:
    from burstview_engines.control import EngineControl
    from burstview_engines.live import LiveSession
    from burstview_engines.places.source import Source


def live_session(
    sources: Sequence[Source],
    record: Path | None,
    *,
    has_gauges: bool,
    engines: EngineControl | None = None,
) -> LiveSession:
    """With gauges, host, GPUs and the engines themselves are looked at again and again.

    A recording that cannot be written is a usage error.
    """
    from burstview_engines.live import LiveSession
    from burstview_engines.probes.gpu import gpu_probe
    from burstview_engines.probes.host import host_probe
    from burstview_engines.source import SessionError

    try:
        return LiveSession(
            sources,
            program=f"burstview {__version__}",
            record=record,
            probes=(gpu_probe, host_probe) if has_gauges else (),
            watch=has_gauges,
            engines=engines,
        )
    except SessionError as refusal:
        raise click.UsageError(str(refusal)) from refusal
