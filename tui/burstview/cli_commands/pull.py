"""`burstview pull`: an engine's image, or a model into an Ollama."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from burstview.cli_commands.engine_run import (
    Outcome,
    carry_out,
    find,
    finish,
    say,
)
from burstview.cli_commands.launch_options import ENGINES
from burstview.cli_commands.output_options import JSON
from burstview.cli_commands.reports import print_json
from burstview.cli_commands.where_options import Where, where_options
from burstview_engines.core.backend import Engine
from burstview_engines.launch.spec import LaunchSpec

if TYPE_CHECKING:
    from burstview_engines.fleet.fleet import Fleet
    from burstview_engines.stream import EventStream

LOOK = 0.2
EXAMPLES = """\b
Examples:
  burstview pull vllm                  the profile's pinned image
  burstview pull ollama --image ollama/ollama:0.33.0
  burstview pull my-ollama qwen3:0.6b  a model, into the Ollama of that name
"""


@click.command(epilog=EXAMPLES)
@click.argument("what", metavar="ENGINE|NAME")
@click.argument("model", required=False)
@click.option("--image", help="Instead of the profile's pinned one.")
@where_options
@JSON
def pull(
    *,
    what: str,
    model: str | None,
    image: str | None,
    where: Where,
    as_json: bool,
) -> int:
    """Pull an engine's image, or a model into a running Ollama; after a break it goes on."""
    if model is None and what not in ENGINES:
        raise click.UsageError(
            f"{what} is no engine: give one of {', '.join(ENGINES)}, or an Ollama's name and model."
        )
    if model is not None and image is not None:
        raise click.UsageError("--image is for an engine's image, not for a model.")
    work = _Pulling(what, model, image)
    outcome = carry_out(work.run, where, cancelled="cancelled; another pull goes on from here")
    if as_json:
        kind = "model" if model else "image"
        print_json(
            {"kind": kind, "what": work.pulled, "done": outcome.status == 0, "error": outcome.error}
        )
    return finish(outcome)


class _Pulling:
    """One pull, with a line for each new word about it."""

    def __init__(self, what: str, model: str | None, image: str | None) -> None:
        self._what, self._model, self._image = what, model, image
        self.pulled = model or image or what
        self._last = ""

    async def run(self, fleet: Fleet, stream: EventStream) -> Outcome:
        """Until it is there."""
        if self._model is not None:
            await self._pull_model(fleet, stream, self._model)
        else:
            spec = LaunchSpec(engine=self._engine(), image=self._image)
            self.pulled = await fleet.pull_image(spec, lambda _, words, __: self._tell(words))
        say(f"{self.pulled} is here")
        return Outcome()

    async def _pull_model(self, fleet: Fleet, stream: EventStream, model: str) -> None:
        key = find(fleet, self._what)
        await fleet.wait(key)
        task = asyncio.ensure_future(fleet.pull_model(key, model))
        try:
            while not task.done():
                view = stream.fold.snapshot().engine(key)
                self._tell(view.engine.words if view else "")
                await asyncio.wait([task], timeout=LOOK)
        finally:
            fleet.cancel_pull(key)
        await task

    def _engine(self) -> Engine:
        return next(name for name in ENGINES if name == self._what)

    def _tell(self, words: str) -> None:
        if words and words != self._last:
            self._last = words
            say(words)
