"""`burstview ps`: the engines of this machine."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from burstview.cli_commands.engine_run import Outcome, carry_out, docker_trouble, say
from burstview.cli_commands.output_options import JSON
from burstview.cli_commands.reports import Json, print_json, print_text
from burstview.cli_commands.where_options import Where, where_options
from burstview_engines.source import SessionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from burstview.cli_commands.heard import HeardStream
    from burstview_engines.core.views import EngineView
    from burstview_engines.fleet.fleet import Fleet

SETTLE = 1.5
"""Seconds that running engines get to answer at their HTTP."""
MODELS_LIMIT = 1.0
"""Seconds that all Ollamas together get to tell their models."""
USAGE_LIMIT = 1.5
"""Seconds in which a daemon sends the first figures of a container."""
EXAMPLES = """\b
Examples:
  burstview ps
  burstview ps --context gpu-box
  burstview ps --json
"""


@click.command(epilog=EXAMPLES)
@where_options
@JSON
def ps(*, where: Where, as_json: bool) -> int:
    """List the engines in containers and local processes, ours and others'.

    Exit status: 0, also where there are none; 1 a daemon that was named does not answer; 2 wrong
    usage; 130 cancelled.
    """
    return carry_out(Ps(as_json=as_json), where)


class Ps:
    """One look."""

    cancelled = "cancelled"
    needs_daemon = True

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._where: str | None = None
        self._trouble: str | None = None
        self._version: str | None = None
        self._seen: Sequence[EngineView] = ()
        self._loaded: dict[str, list[str]] = {}
        self._now = 0.0

    async def run(self, fleet: Fleet, stream: HeardStream) -> Outcome:
        """Returns when all have answered, or had their time."""
        self._where = fleet.where
        await fleet.settle(SETTLE)
        await asyncio.gather(self._ask_models(fleet), _used(stream))
        self._trouble = docker_trouble(fleet, stream)
        snapshot = stream.fold.snapshot()
        self._version = snapshot.docker.version if snapshot.docker else None
        self._seen, self._now = snapshot.engines, stream.now()
        return Outcome()

    def tell(self, outcome: Outcome) -> None:
        """A table, or the report."""
        if self._as_json:
            print_json(self._report(outcome))
        elif outcome.status == 0:
            print_text("\n".join(self._lines()))
            if self._trouble and self._trouble != self._where:
                say(f"warning: containers are not shown. {self._trouble}")

    async def _ask_models(self, fleet: Fleet) -> None:
        """Which models Ollamas have loaded, and whether the GPU holds them whole."""
        ready = [e.key for e in fleet.hub.board if e.engine == "ollama" and e.status == "ready"]
        with suppress(TimeoutError):
            async with asyncio.timeout(MODELS_LIMIT):
                await asyncio.gather(*(self._ask(fleet, key) for key in ready))

    async def _ask(self, fleet: Fleet, key: str) -> None:
        with suppress(SessionError):
            loaded = [model for model in await fleet.models(key) if model.loaded]
            self._loaded[key] = [model.name for model in loaded]
            shares = [model.on_gpu for model in loaded if model.on_gpu is not None]
            fleet.hub.board.change(key, on_gpu=min(shares, default=None))

    def _report(self, outcome: Outcome) -> Json:
        from burstview_engines.core.engine_report import engine_report

        return {
            "where": self._where,
            "version": self._version,
            "problem": self._trouble,
            "engines": [
                engine_report(view) | {"loaded": self._loaded.get(view.engine.key)}
                for view in self._seen
            ],
            "error": outcome.error,
        }

    def _lines(self) -> list[str]:
        """The place first."""
        if not self._seen:
            return [self._where or "", "No engine is here; `burstview up ENGINE` starts one."]
        rows = [HEAD, *(self._row(view) for view in self._seen)]
        widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
        table = [
            "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        ]
        return [self._where or "", *table]

    def _row(self, view: EngineView) -> tuple[str, ...]:
        from burstview import engine_words as words
        from burstview import format as figures
        from burstview_engines.core.text import one_line

        engine, usage = view.engine, view.usage
        status = words.status_word(engine) + (" (SIMULATED)" if engine.simulated else "")
        url = (engine.url or figures.UNKNOWN) + (" LAN" if engine.lan else "")
        loaded = self._loaded.get(engine.key)
        model = ", ".join(loaded) if loaded else engine.model or figures.UNKNOWN
        return (
            engine.name,
            engine.engine,
            status,
            words.owner_word(engine),
            url,
            one_line(model, 60),
            figures.size(usage.memory_bytes if usage else None),
            words.note(engine, self._now),
        )


HEAD = ("NAME", "ENGINE", "STATUS", "OWNER", "URL", "MODEL", "MEMORY", "NOTE")


async def _used(stream: HeardStream) -> None:
    """Until all that run have told what they use, or had their time."""
    heard = asyncio.Event()
    stream.on_event = lambda event: heard.set()
    with suppress(TimeoutError):
        async with asyncio.timeout(USAGE_LIMIT):
            while any(_is_untold(view) for view in stream.fold.snapshot().engines):
                heard.clear()
                await heard.wait()


def _is_untold(view: EngineView) -> bool:
    return view.usage is None and view.engine.status in ("ready", "running", "starting")
