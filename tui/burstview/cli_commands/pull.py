"""`burstview pull`: an engine's image, or a model into an Ollama."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from burstview.cli_commands.engine_names import find
from burstview.cli_commands.engine_run import Outcome, carry_out, docker_trouble
from burstview.cli_commands.launch_options import ENGINES, gpus_of
from burstview.cli_commands.live_line import LiveLine
from burstview.cli_commands.output_options import JSON
from burstview.cli_commands.reports import Json, print_json, print_text
from burstview.cli_commands.where_options import Where, where_options
from burstview_engines.core.backend import Engine
from burstview_engines.launch.spec import LaunchSpec

if TYPE_CHECKING:
    from burstview.cli_commands.heard import HeardStream
    from burstview_engines.fleet.fleet import Fleet

LOOK = 0.1
EXAMPLES = """\b
Examples:
  burstview pull vllm                  the profile's pinned image
  burstview pull ollama --image ollama/ollama:0.33.0
  burstview pull my-ollama qwen3:0.6b  a model, into the Ollama of that name
  burstview pull ollama qwen3:0.6b     the same, where it is your only one
"""


@click.command(epilog=EXAMPLES)
@click.argument("what", metavar="ENGINE|NAME")
@click.argument("model", required=False)
@click.option("--image", help="Instead of the profile's pinned one.")
@click.option("--gpus", default="all", help="none: the smaller image for the CPU, if there is one.")
@where_options
@JSON
def pull(
    *,
    what: str,
    model: str | None,
    image: str | None,
    gpus: str,
    where: Where,
    as_json: bool,
) -> int:
    """Pull an engine's image, or a model into a running Ollama; after a break it goes on.

    Exit status: 0 it is here, 1 it is not, 2 wrong usage, 130 cancelled.
    """
    if model is None and what not in ENGINES:
        raise click.UsageError(
            f"{what!r} is no engine: give one of {', '.join(ENGINES)} for its image, or an Ollama's"
            " name and a model."
        )
    if model is not None and image is not None:
        raise click.UsageError("--image is for an engine's image, not for a model.")
    errand = Pull(what, model=model, image=image, gpus=gpus_of(gpus), as_json=as_json)
    return carry_out(errand, where)


class Pull:
    """One pull, whose progress is shown."""

    cancelled = "cancelled; another pull goes on from here"
    needs_daemon = True

    def __init__(
        self,
        what: str,
        *,
        model: str | None,
        image: str | None,
        gpus: tuple[str, ...],
        as_json: bool,
    ) -> None:
        self._what, self._model, self._image, self._gpus = what, model, image, gpus
        self._as_json = as_json
        self._where: str | None = None
        self._pulled = model or image
        self._into: str | None = None
        self._seconds: float | None = None
        self._line = LiveLine()

    async def run(self, fleet: Fleet, stream: HeardStream) -> Outcome:
        """Until it is here."""
        self._where, began = fleet.where, stream.now()
        if self._model is not None:
            await self._pull_model(fleet, stream, self._model)
        else:
            spec = LaunchSpec(engine=self._engine(), image=self._image, gpus=self._gpus)
            self._pulled = await fleet.pull_image(spec, lambda _, words, __: self._show(words))
        self._seconds = stream.now() - began
        return Outcome()

    def tell(self, outcome: Outcome) -> None:
        """One sentence, or the report."""
        self._line.clear()
        if self._as_json:
            print_json(self._report(outcome))
        elif outcome.status == 0:
            into = f" in {self._into}" if self._into else ""
            print_text(f"{self._pulled} is here{into}.")

    async def _pull_model(self, fleet: Fleet, stream: HeardStream, model: str) -> None:
        key = find(fleet.hub.board, self._what, docker_trouble(fleet, stream))
        self._into = fleet.hub.board.get(key).name
        await fleet.wait(key)
        task = asyncio.ensure_future(fleet.pull_model(key, model))
        try:
            while not task.done():
                view = stream.fold.snapshot().engine(key)
                self._show(view.engine.words if view else "")
                await asyncio.wait([task], timeout=LOOK)
            await task
        finally:
            fleet.cancel_pull(key)
            await asyncio.wait([task])

    def _engine(self) -> Engine:
        return next(name for name in ENGINES if name == self._what)

    def _show(self, words: str) -> None:
        if words:
            topic = "model" if self._model else "image"
            self._line.show(topic, words if self._model else f"pulling the image: {words}")

    def _report(self, outcome: Outcome) -> Json:
        from burstview_engines.core.engine_report import failure_report

        return {
            "where": self._where,
            "kind": "model" if self._model else "image",
            "what": self._pulled,
            "into": self._into,
            "done": outcome.status == 0,
            "seconds": None if self._seconds is None else round(self._seconds, 3),
            "failure": failure_report(outcome.failure),
            "error": outcome.error,
        }
