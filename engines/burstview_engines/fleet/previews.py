"""What starts and changes would do, looked at without doing them."""

from __future__ import annotations

from dataclasses import replace

from burstview_engines.control import LaunchPreview
from burstview_engines.fleet.judge import Judge
from burstview_engines.fleet.memory import Memory
from burstview_engines.fleet.pair_preview import PairPreview, preview_pair
from burstview_engines.fleet.released import NOTHING, Released
from burstview_engines.fleet.roster import Roster
from burstview_engines.fleet.start_words import WrongWish
from burstview_engines.launch.checked import checked
from burstview_engines.launch.error import LaunchError
from burstview_engines.launch.identity import spec_hash
from burstview_engines.launch.spec import LaunchSpec
from burstview_engines.models.pairs import ModelPair


class Previews:
    """Nothing is changed by them."""

    def __init__(self, roster: Roster, memory: Memory, judge: Judge) -> None:
        self._roster, self._memory, self._judge = roster, memory, judge

    async def of(self, spec: LaunchSpec, replaces: str | None = None) -> LaunchPreview:
        """Check a start; with `replaces`, in the place of that engine."""
        side = self._roster.side_of(spec.place)
        completed = await side.complete(self.checked(spec))
        released = await self._released(replaces)
        seen = await self._judge.judged(await side.preview(completed, replaces), released)
        expected = self._memory.last_start(spec_hash(completed))
        return replace(seen, expected_seconds=expected, is_first_start=expected is None)

    async def of_pair(self, pair: ModelPair, gpus: tuple[str, ...]) -> PairPreview:
        """Ollama and vLLM with that model, planned together on the first of these GPUs."""
        return await preview_pair(self._judge, self.of, pair, gpus)

    async def changes(self, key: str, spec: LaunchSpec) -> tuple[str, ...]:
        """What another engine in its place would change, with what it costs."""
        self._roster.engine(key)
        side = self._roster.side(key)
        old = await side.spec_of(key)
        found = await side.changes(key, spec)
        cost = await self._judge.cost(old, spec, await self._released(key))
        return (*found, *((cost,) if cost and found else ()))

    def checked(self, spec: LaunchSpec) -> LaunchSpec:
        """With the engine's own name of the model. Raises WrongWish for what makes no sense."""
        try:
            return checked(self._judge.named(spec))
        except LaunchError as refusal:
            raise WrongWish(str(refusal)) from refusal

    async def _released(self, key: str | None) -> Released:
        """What the engine to be replaced holds of the GPUs; it is gone before the other starts."""
        if key is None:
            return NOTHING
        engine = self._roster.engine(key)
        told = self._roster.hub.stream.fold.snapshot().gpu_processes
        old = await self._roster.side(key).spec_of(key)
        return await self._judge.released(engine, old, told)
