"""Opens the forms for engines, and hands what they give back to the control. The app owns it."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from textual.app import App

from burstview.messages import Complaint
from burstview.screens.live import Clock
from burstview_engines.launch.spec import LaunchSpec
from burstview_engines.source import Session, SessionError

if TYPE_CHECKING:
    from burstview.model_choices import ModelChoice
    from burstview.model_search import ModelSource
    from burstview_engines.control import EngineControl
    from burstview_engines.models.pairs import ModelPair

NOTHING = "Nothing can be controlled here: this is a recording, or there is no Docker."


class Launching:
    """No key waits for any of it: everything that asks is a worker of the app."""

    def __init__(
        self,
        app: App[None],
        session: Session,
        clock: Clock,
        pairs: Sequence[ModelPair] = (),
        find_models: ModelSource | None = None,
    ) -> None:
        """`find_models` tells what is on this machine's disks; what running Ollamas hold is added
        here."""
        self.app, self.session, self.clock = app, session, clock
        self.pairs, self.find_models = tuple(pairs), find_models

    def open_new(self) -> None:
        """The form for a new engine; what it gives back is started."""
        if (control := self._control()) is not None:
            self._open_form(control, None, None)

    def open_edit(self, key: str) -> None:
        """The form with an engine's options; what it gives back replaces the engine."""
        if (control := self._control()) is not None:
            self._work(self._edit(control, key))

    def open_models(self, key: str) -> None:
        """The models of an Ollama."""
        from burstview.screens.store import StoreScreen  # only when it is due

        if (control := self._control()) is not None:
            tags = [pair.ollama for pair in self.pairs if pair.ollama is not None]
            self.app.push_screen(StoreScreen(self.session, control, key, self.clock, tags=tags))

    def start_pair(self, specs: Sequence[LaunchSpec]) -> None:
        """Each when the one before is ready; one that fails keeps the rest from starting."""
        if (control := self._control()) is not None:
            self._work(self._start_in_turn(control, specs))

    def _control(self) -> EngineControl | None:
        if self.session.engines is None:
            self.app.post_message(Complaint(NOTHING))
        return self.session.engines

    def _open_form(
        self, control: EngineControl, initial: LaunchSpec | None, editing: str | None
    ) -> None:
        from burstview.model_choices import of_pairs  # only when it is due
        from burstview.screens.launch import LaunchScreen

        def take(spec: LaunchSpec | None) -> None:
            if spec is not None and editing is not None:
                self._work(control.recreate(editing, spec))
            elif spec is not None:
                self._work(self._start(control, spec))

        screen = LaunchScreen(
            control,
            initial,
            editing,
            of_pairs(self.pairs),
            self.session.snapshot,
            find_models=self._find,
        )
        self.app.push_screen(screen, take)

    async def _edit(self, control: EngineControl, key: str) -> None:
        self._open_form(control, await control.spec_of(key), key)

    async def _start(self, control: EngineControl, spec: LaunchSpec) -> None:
        from burstview.screens.engines import EnginesScreen  # only when it is due

        key = await control.up(spec)
        for screen in self.app.screen_stack:
            if isinstance(screen, EnginesScreen):
                screen.choose(key)

    async def _start_in_turn(self, control: EngineControl, specs: Sequence[LaunchSpec]) -> None:
        for at, spec in enumerate(specs):
            key = await control.up(spec)
            if at == len(specs) - 1:
                return
            engine = await control.wait(key)
            if engine.status != "ready":
                raise SessionError(
                    f"{engine.name} did not get ready, so the other one was not started;"
                    " its panel says why."
                )

    async def _find(self, spec: LaunchSpec) -> Sequence[ModelChoice]:
        from burstview.model_choices import of_pairs, with_stored  # only when it is due

        find = self.find_models
        choices = of_pairs(self.pairs) if find is None else await find(spec)
        control, key = self.session.engines, self._ollama_like(spec)
        if control is not None and key is not None:
            with suppress(SessionError):
                return with_stored(choices, "ollama", await control.models(key))
        return choices

    def _ollama_like(self, spec: LaunchSpec) -> str | None:
        """One of ours that runs and keeps its models where this one would."""
        engines = (view.engine for view in self.session.snapshot().engines)
        return next(
            (
                engine.key
                for engine in engines
                if spec.engine == engine.engine == "ollama"
                and spec.place == engine.place
                and spec.weights is None
                and engine.status == "ready"
                and engine.owner == "ours"
            ),
            None,
        )

    def _work(self, wish: Awaitable[None]) -> None:
        self.app.run_worker(self._carry_out(wish), group="launching", exit_on_error=False)

    async def _carry_out(self, wish: Awaitable[None]) -> None:
        try:
            await wish
        except SessionError as refusal:
            self.app.post_message(Complaint(str(refusal)))
