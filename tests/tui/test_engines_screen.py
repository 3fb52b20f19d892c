"""The engines' screen: every key, every grey state, the mouse, and what is on screen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.tui.monitor import Hands, monitor, settle, words
from tests.tui.scripted import burst
from tests.tui.scripted_control import (
    FAILED,
    FOREIGN,
    OLLAMA_READY,
    READY,
    STARTING,
    STOPPED,
    THEIRS,
    USED,
    WHERE,
    EnginesSession,
    ScriptedControl,
    changed,
)
from textual import on
from textual.geometry import Offset
from textual.message import Message
from textual.pilot import Pilot
from textual.widgets import Button, Input

from burstview import app as app_module
from burstview import engine_keys, keys
from burstview.app import BurstviewApp
from burstview.messages import EngineEditWanted, ModelsWanted, NewEngineWanted
from burstview.screens.confirm import ConfirmScreen
from burstview.screens.engines import EnginesScreen
from burstview.widgets.engine_panel import EnginePanel
from burstview.widgets.engine_table import EngineTable
from burstview_engines.core.events import (
    DockerSeen,
    EngineSampled,
    PhaseStarted,
    RequestSent,
    RunStarted,
)
from burstview_engines.core.managed import ManagedEngine
from burstview_engines.core.plan import BurstPlan

ALL = (STARTING, FAILED, OLLAMA_READY, FOREIGN, THEIRS, STOPPED)
PULLING = changed(STARTING, status="pulling", phase="pulling image", id=None, url=None)
STOPPING = changed(READY, status="stopping")
ADOPTED = changed(FOREIGN, owner="adopted")


@asynccontextmanager
async def engines_of(
    *engines: ManagedEngine,
    control: ScriptedControl | None = None,
    size: tuple[int, int] = (120, 40),
    theme: str | None = None,
    is_recording: bool = False,
) -> AsyncIterator[tuple[Pilot[None], BurstviewApp, EnginesSession, EnginesScreen]]:
    """The screen is open and at rest; the first engine is selected."""
    session = EnginesSession(*engines, control=control, is_recording=is_recording)
    async with monitor(session, size=size, theme=theme) as (pilot, app, _):
        await pilot.press("g")
        await rest(pilot, app)
        screen = app.screen
        assert isinstance(screen, EnginesScreen)
        yield pilot, app, session, screen


async def rest(pilot: Pilot[None], app: BurstviewApp) -> None:
    """Until a wish is handed over, its news is drawn, and the log that this chose is too."""
    await settle(pilot, app)
    await settle(pilot, app)


def complaints(app: BurstviewApp) -> list[str]:
    """What was said in passing."""
    return [str(notice.message) for notice in app._notifications]


# what is on screen


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_it_fits_every_size(size: tuple[int, int]) -> None:
    """Name, status, owner, port, LAN and the endpoint are there; every key of the footer too."""
    async with engines_of(*ALL, size=size) as (pilot, app, _, screen):
        for _ in ALL:
            shown = words(app)
            assert [len(line) for line in shown.splitlines()] == [size[0]] * size[1]
            for said in ("◐ starting", "✗ failed", "● ready", "□ stopped", "foreign", "of anna"):
                assert said in shown
            assert "LAN" in shown
            assert WHERE in shown
            footer = shown.splitlines()[-1]
            for name in ("New", "Start", "Stop", "Restart", "Edit", "Remove", "Logs", "Quit"):
                assert name in footer
            await pilot.press("j")
            await rest(pilot, app)
        assert screen.selected == THEIRS.key


async def test_a_wide_screen_shows_every_column() -> None:
    """Model, GPUs, uptime and what is odd besides."""
    async with engines_of(*ALL, size=(200, 60)) as (_, app, _, _):
        shown = words(app)
        heading = next(line for line in shown.splitlines() if "Name" in line)
        columns = "Name Engine Model Status Owner Port GPUs CPU Memory Up Note"
        assert heading.split() == columns.split()
        for said in ("Qwen/Qwen3-0.6B", "1,2", "215%", "12.0/64.0 GiB", "2 h 01 m", "differs: 1"):
            assert said in shown


@pytest.mark.parametrize("theme", ["dark", "light", "projector-dark", "projector-light"])
async def test_it_reads_in_every_theme(theme: str) -> None:
    """All words are there whatever the colours."""
    async with engines_of(*ALL, theme=theme) as (_, app, _, _):
        assert "◐ loading weights · 47 s so far · ≈ 48 s left of 1 m 35 s" in words(app)


async def test_it_reads_without_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    """The selected row is pointed at; states, steps and the tag are shapes and words."""
    monkeypatch.setenv("NO_COLOR", "1")
    async with engines_of(*ALL) as (_, app, _, _):
        shown = words(app)
        assert app.no_color
        assert "▸ burstview-ai-vllm" in shown
        assert {"✓", "▸", "·", "●", "◐", "✗", "□"} <= set(shown)


async def test_a_start_shows_steps_clock_countdown_and_progress() -> None:
    """And they go on without any event."""
    async with engines_of(STARTING) as (pilot, app, session, screen):
        shown = words(app)
        for said in ("✓ booting", "▸ loading weights 12 s", "· compiling", "· ready"):
            assert said in shown
        assert "43%  3 of 7 shards, 1.2 of 4.0 GB" in shown
        session.now += 60
        assert isinstance(screen.clock, Hands)
        screen.clock.now += 60
        await settle(pilot, app)
        shown = words(app)
        assert "1 m 47 s so far · 12 s longer than the last time (1 m 35 s)" in shown
        assert "▸ loading weights 1 m 12 s" in shown


async def test_a_start_that_becomes_ready_shows_figures_in_place_of_steps() -> None:
    """KV tokens, weights, options."""
    async with engines_of(STARTING) as (pilot, app, session, _):
        session.see(READY)
        await rest(pilot, app)
        shown = words(app)
        assert "● ready · up 12 m 34 s" in shown
        assert "KV cache 611,808 tokens" in shown
        assert "max-num-seqs 128" in shown
        assert "compiling" not in shown


async def test_a_narrow_screen_keeps_the_present_step_in_one_line() -> None:
    """80x24."""
    async with engines_of(STARTING, size=(80, 24)) as (_, app, _, _):
        line = next(line for line in words(app).splitlines() if "▸ loading weights" in line)
        assert "✓ downloading weights › ▸ loading weights 12 s › · compiling" in line


async def test_a_stalled_download_says_so() -> None:
    """Status, step, and for how long."""
    engine = changed(STARTING, phase="download stalled", phase_since=-23.0, fraction=None)
    async with engines_of(changed(engine, words="no byte for 23 s; 0.7 GB so far")) as (
        _,
        app,
        _,
        _,
    ):
        shown = words(app)
        assert "‖ download stalled · 47 s so far" in shown
        assert "no byte for 23 s; 0.7 GB so far" in shown


async def test_d_shows_a_failures_own_words_and_hides_them() -> None:
    """The sentence and the next step are there at once; grey where there are no such words."""
    async with engines_of(FAILED, READY) as (pilot, app, _, screen):
        assert "The KV cache has room for 12,288 tokens" in words(app)
        assert "→ Lower max-model-len to 12288" in words(app)
        assert "✗ profiling memory" in words(app)
        assert "ValueError" not in words(app)
        await pilot.press("d")
        await pilot.pause()
        assert "ValueError: To serve at least one request" in words(app)
        await pilot.press("d")
        await pilot.pause()
        assert "ValueError" not in words(app)
        await pilot.press("j")
        await pilot.pause()
        assert screen.check_action("details", ()) is None


async def test_the_log_of_the_selected_engine_ends_the_panel() -> None:
    """The newest lines; another engine's when another is selected; new lines without an event."""
    control = ScriptedControl()
    control.log_of(READY.key).write("first of vLLM", "second of vLLM")
    control.log_of(OLLAMA_READY.key).write("first of Ollama", "second of Ollama")
    async with engines_of(READY, OLLAMA_READY, control=control) as (pilot, app, _, _):
        assert "second of vLLM" in words(app)
        control.log_of(READY.key).write("third of vLLM")
        await settle(pilot, app)
        assert "third of vLLM" in words(app)
        await pilot.press("j")
        await rest(pilot, app)
        assert "second of Ollama" in words(app)
        assert "of vLLM" not in words(app)


async def test_a_log_that_cannot_be_read_says_why() -> None:
    """In its place, not as a passing word."""
    refusal = "There is no log yet: the image is still being pulled."
    async with engines_of(PULLING, control=ScriptedControl(refusal=refusal)) as (_, app, _, _):
        assert refusal in words(app)
        assert complaints(app) == []


async def test_nothing_is_drawn_when_nothing_changed() -> None:
    """The clock stands, no event came, no line was written."""
    async with engines_of(*ALL) as (_, app, _, screen):
        before = screen.last
        assert not screen.is_moving
        app.draw_changes()
        assert screen.last is before


async def test_names_and_words_of_containers_are_harmless() -> None:
    """No control sequence reaches the terminal, and no markup is obeyed."""
    evil = changed(
        STARTING,
        name="v\x1b[31mllm[bold]",
        words="\x1b]0;owned\x07[red]3 of 7",
        model="m\x1b[2J",
        who="x",
    )
    async with engines_of(evil) as (_, app, _, _):
        shown = words(app)
        assert "\x1b" not in shown
        assert "vllm[bold]" in shown
        assert "[red]3 of 7" in shown
        assert "owned" not in shown


async def test_without_engines_it_says_what_to_do() -> None:
    """One sentence, which is a button."""
    async with engines_of() as (_, app, _, _):
        assert "Press n to choose an engine" in words(app)


async def test_a_daemon_that_does_not_answer_is_a_sentence() -> None:
    """The engines that are known stay."""
    async with engines_of(READY) as (pilot, app, session, _):
        problem = "Docker does not answer at unix:///var/run/docker.sock; start it and wait."
        session.happen(DockerSeen(at=1.0, endpoint=WHERE, problem=problem))
        await settle(pilot, app)
        assert problem in words(app)
        assert "burstview-ai-vllm" in words(app)


async def test_forty_engines_scroll_with_the_selection() -> None:
    """Twenty people on one machine: the selected one is always in sight."""
    many = [
        changed(READY, key=f"container:e{number}", name=f"engine-{number}", id=f"id{number}")
        for number in range(40)
    ]
    async with engines_of(*many, size=(120, 40)) as (pilot, app, _, screen):
        assert "of 40" in words(app)
        passed = []
        for key in ("end", "pageup", "home", "pagedown"):
            await pilot.press(key)
            await rest(pilot, app)
            number = (screen.selected or "").removeprefix("container:e")
            assert f"▸ engine-{number} " in words(app)
            passed.append(int(number))
        assert passed[0::2] == [39, 0]
        assert 39 - passed[1] == passed[3] > 5


# wishes


@pytest.mark.parametrize(
    ("engine", "key", "wish"),
    [
        (STOPPED, "s", "start"),
        (FAILED, "s", "start"),
        (READY, "x", "stop"),
        (STARTING, "x", "stop"),
        (PULLING, "x", "cancel"),
        (READY, "R", "restart"),
    ],
)
async def test_a_wish_of_ours_is_carried_out_at_once(
    engine: ManagedEngine, key: str, wish: str
) -> None:
    """No dialog where nothing is lost."""
    async with engines_of(engine) as (pilot, app, session, screen):
        await pilot.press(key)
        await rest(pilot, app)
        assert session.control.wishes == [(wish, engine.key)]
        assert app.screen is screen


@pytest.mark.parametrize(
    ("engine", "key", "wish", "said"),
    [
        (READY, "K", "kill", "ended at once"),
        (STOPPING, "x", "kill", "ended at once"),
        (ADOPTED, "x", "stop", "others may be using it"),
        (ADOPTED, "R", "restart", "others may be using it"),
        (FOREIGN, "a", "adopt", "It was started without burstview"),
        (THEIRS, "a", "adopt", "It was started by anna"),
    ],
)
async def test_a_wish_that_costs_something_is_asked_about_with_cancel_first(
    engine: ManagedEngine, key: str, wish: str, said: str
) -> None:
    """Enter cancels; the other button does it; escape cancels too."""
    async with engines_of(engine) as (pilot, app, session, screen):
        await pilot.press(key)
        await pilot.pause()
        assert said in " ".join(words(app).split())
        await pilot.press("enter")
        await rest(pilot, app)
        assert app.screen is screen
        await pilot.press(key)
        await pilot.pause()
        await pilot.press("escape")
        await rest(pilot, app)
        assert session.control.wishes == []
        await pilot.press(key)
        await pilot.pause()
        await pilot.press("right", "enter")
        await rest(pilot, app)
        assert session.control.wishes == [(wish, engine.key)]


@pytest.mark.parametrize("key", ["x", "R"])
async def test_requests_in_flight_are_counted_before_they_break_off(key: str) -> None:
    """Ours, as the burst tells; and others', as the engine tells."""
    async with engines_of(READY) as (pilot, app, session, screen):
        for event in burst(1, READY.key, BurstPlan(concurrency=3), 1, 0.0):
            if isinstance(event, RunStarted | PhaseStarted | RequestSent):
                session.happen(event)
        await pilot.press(key)
        await pilot.pause()
        assert isinstance(app.screen, ConfirmScreen)
        assert "3 requests are in flight at it" in words(app)
        await pilot.press("escape")
        session.happen(EngineSampled(at=1.0, backend=READY.key, running=9, waiting=2))
        await pilot.press(key)
        await pilot.pause()
        assert "11 requests are in flight at it" in words(app)
        await pilot.press("escape")
        await rest(pilot, app)
        assert session.control.wishes == []
        assert app.screen is screen


async def test_a_removal_keeps_the_volumes_unless_they_are_named() -> None:
    """It says so; with the box ticked the name must be typed."""
    async with engines_of(READY) as (pilot, app, session, _):
        await pilot.press("D")
        await pilot.pause()
        assert "Its volumes, with the models in them, are kept." in words(app)
        await pilot.press("right", "enter")
        await rest(pilot, app)
        assert session.control.wishes == [("remove", READY.key, False)]
        await pilot.press("D")
        await pilot.pause()
        await pilot.press("left", "space")
        await pilot.pause()
        do = app.screen.query_one("#question-do", Button)
        assert do.disabled
        assert f"Type its name to confirm: {READY.name}" in words(app)
        app.screen.query_one(Input).focus()
        await pilot.press(*"burstview-ai-vllx", "enter")
        assert isinstance(app.screen, ConfirmScreen)
        await pilot.press("backspace", "m", "enter")
        await rest(pilot, app)
        assert session.control.wishes[-1] == ("remove", READY.key, True)


async def test_a_removal_with_volumes_works_by_mouse_too() -> None:
    """The box, the name, the button."""
    async with engines_of(STOPPED, READY) as (pilot, app, session, _):
        await pilot.press("j", "D")
        await pilot.pause()
        await pilot.click("#question-tick")
        await pilot.pause()
        app.screen.query_one(Input).value = READY.name
        await pilot.pause()
        await pilot.click("#question-do")
        await rest(pilot, app)
        assert session.control.wishes == [("remove", READY.key, True)]


async def test_a_process_has_no_volumes_to_delete() -> None:
    """No box to tick."""
    async with engines_of(STOPPED) as (pilot, app, _, _):
        await pilot.press("D")
        await pilot.pause()
        assert not app.screen.query("#question-tick")
        assert "Its models stay where they are." in words(app)


async def test_no_key_waits_for_the_daemon() -> None:
    """The wish is said at once, the selection moves, and news come while it is pending."""
    control = ScriptedControl()
    async with engines_of(READY, OLLAMA_READY, control=control) as (pilot, app, session, screen):
        control.gate.clear()
        await pilot.press("x")
        await pilot.pause()
        app.draw_changes()
        await pilot.pause()
        assert "stop asked for" in words(app)
        await pilot.press("j")
        await pilot.pause()
        assert screen.selected == OLLAMA_READY.key
        session.see(changed(READY, status="stopping"))
        control.gate.set()
        await rest(pilot, app)
        assert "stop asked for" not in words(app)
        assert "▽ stopping" in words(app)


async def test_a_refusal_is_a_passing_sentence() -> None:
    """With its control sequences stripped; nothing stays pending."""
    control = ScriptedControl(refusal="Port 8000 is taken by \x1b[31mnginx\x1b[0m; choose another.")
    async with engines_of(STOPPED, control=control) as (pilot, app, _, _):
        await pilot.press("s")
        await rest(pilot, app)
        assert complaints(app) == ["Port 8000 is taken by nginx; choose another."]
        assert app.wishes.pending == {}


async def test_the_state_at_the_key_press_counts_not_the_drawn_one() -> None:
    """An engine that ended since is started, never stopped."""
    async with engines_of(READY) as (pilot, app, session, _):
        session.see(changed(READY, status="stopped"))
        await pilot.press("x", "R", "K")
        await pilot.press("s")
        await rest(pilot, app)
        assert session.control.wishes == [("start", READY.key)]


LIVE = {
    "ready": (READY, "stop restart edit remove log kill take fire command"),
    "ready ollama": (OLLAMA_READY, "stop restart edit remove log kill take fire command models"),
    "starting": (STARTING, "stop restart edit remove log kill take command"),
    "pulling": (PULLING, "stop log take command"),
    "stopping": (STOPPING, "stop log kill take command"),
    "stopped": (STOPPED, "start edit remove log take command"),
    "failed": (FAILED, "start edit remove log take command details"),
    "no answer": (
        changed(READY, status="running"),
        "stop restart edit remove log kill take command",
    ),
    "paused": (changed(READY, status="paused"), "stop restart edit remove log kill take command"),
    "unknown": (changed(READY, status="unknown"), "log take command"),
    "foreign": (FOREIGN, "log take fire command models adopt"),
    "theirs": (THEIRS, "log take fire command adopt"),
    "foreign, stopped": (changed(FOREIGN, status="stopped"), "log take command adopt"),
    "adopted": (ADOPTED, "stop restart edit remove log kill take fire command models"),
}
ACTIONS = {
    binding.action
    for binding in engine_keys.ENGINES
    if not binding.action.startswith(("new", "back", "choose"))
}


def live(screen: EnginesScreen) -> set[str]:
    """Actions that are not grey."""
    return {action for action in ACTIONS if screen.check_action(action, ())}


async def test_what_is_impossible_is_grey() -> None:
    """For each state and owner, exactly these keys do something."""
    engines = [changed(engine, key=state, name=state) for state, (engine, _) in LIVE.items()]
    async with engines_of(*engines) as (pilot, _, _, screen):
        for state, (_, actions) in LIVE.items():
            screen.choose(state)
            await pilot.pause()
            assert (state, live(screen)) == (state, set(actions.split()))
            assert screen.check_action("new", ()) is True


async def test_grey_keys_do_nothing() -> None:
    """No wish, no dialog."""
    async with engines_of(FOREIGN) as (pilot, app, session, screen):
        await pilot.press("s", "x", "R", "K", "D", "e")
        await rest(pilot, app)
        assert session.control.wishes == []
        assert app.screen is screen


@pytest.mark.parametrize("engine", [READY, FOREIGN, STOPPED, FAILED])
async def test_read_only_is_marked_and_changes_nothing(engine: ManagedEngine) -> None:
    """Logs, firing and the command remain."""
    control = ScriptedControl(is_read_only=True)
    async with engines_of(engine, control=control) as (pilot, app, _, screen):
        assert "READ-ONLY" in words(app).splitlines()[0]
        assert live(screen) <= {"log", "take", "fire", "command", "models", "details"}
        assert screen.check_action("new", ()) is None
        await pilot.press("n", "s", "x", "R", "K", "D", "a", "e")
        await rest(pilot, app)
        assert control.wishes == []
        assert app.screen is screen


async def test_a_recording_shows_its_engines_and_changes_nothing() -> None:
    """They were recorded as they were."""
    async with engines_of(READY, is_recording=True) as (pilot, app, _, screen):
        assert "RECORDING" in words(app).splitlines()[0]
        assert "burstview-ai-vllm" in words(app)
        assert live(screen) == {"take"}
        await pilot.press("l", "x", "D", "y", "n")
        await rest(pilot, app)
        assert app.screen is screen


# other screens


class HearingApp(BurstviewApp):
    """Remembers the wishes for screens that others bring."""

    CSS_PATH = Path(app_module.__file__).with_name("app.tcss")

    def __init__(self, session: EnginesSession) -> None:
        super().__init__(session, BurstPlan(), clock=Hands())
        self.heard: list[Message] = []

    @on(NewEngineWanted)
    @on(EngineEditWanted)
    @on(ModelsWanted)
    def hear(self, message: Message) -> None:
        """Remember it."""
        self.heard.append(message)


async def test_n_e_and_m_ask_for_their_screens() -> None:
    """With the engine that is meant."""
    app = HearingApp(EnginesSession(OLLAMA_READY))
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot, app)
        await pilot.press("g")
        await settle(pilot, app)
        wishes = {
            "n": NewEngineWanted(),
            "e": EngineEditWanted(OLLAMA_READY.key),
            "m": ModelsWanted(OLLAMA_READY.key),
        }
        for key, wish in wishes.items():
            await pilot.press(key)
            await settle(pilot, app)
            assert app.heard[-1] == wish
            assert not isinstance(app.screen, EnginesScreen)
            await pilot.press("escape")
            await settle(pilot, app)
            assert isinstance(app.screen, EnginesScreen)


async def test_enter_puts_the_engine_on_the_selected_side() -> None:
    """Back on the main screen; nothing is fired."""
    async with engines_of(READY) as (pilot, app, session, _):
        await pilot.press("enter")
        await settle(pilot, app)
        assert app.screen is app.main
        assert app.main.sides[app.main.selected] == READY.key
        assert session.fired == []


async def test_f_fires_at_the_engine_and_shows_the_burst() -> None:
    """On the main screen."""
    async with engines_of(STOPPED, READY) as (pilot, app, session, _):
        session._backends = (*session._backends, _backend(session, READY))
        await pilot.press("j", "f")
        await settle(pilot, app)
        assert app.screen is app.main
        assert session.fired == [(READY.key,)]


def _backend(session: EnginesSession, engine: ManagedEngine) -> object:
    views = session.fold.snapshot().backends
    return next(view.backend for view in views if view.backend.key == engine.key)


async def test_y_shows_the_command_and_copies_it() -> None:
    """The same line as `docker run`; escape goes back."""
    async with engines_of(READY) as (pilot, app, _, screen):
        await pilot.press("y")
        await rest(pilot, app)
        command = f"docker run -d --name {READY.name} -p 127.0.0.1:8000:8000 vllm/vllm-openai"
        assert command in words(app)
        assert app.clipboard == command
        await pilot.press("y", "escape")
        await pilot.pause()
        assert app.screen is screen


async def test_a_command_that_cannot_be_told_is_a_sentence() -> None:
    """And the screen stays."""
    control = ScriptedControl(refusal="There is no engine vllm; see `burstview ps`.")
    async with engines_of(READY, control=control) as (pilot, app, _, screen):
        await pilot.press("y")
        await rest(pilot, app)
        assert complaints(app) == [control.refusal]
        assert app.screen is screen


@pytest.mark.parametrize("key", ["escape", "g"])
async def test_escape_goes_back_to_the_main_screen(key: str) -> None:
    """And g opens it again, with nothing left over."""
    async with engines_of(READY) as (pilot, app, _, _):
        await pilot.press(key)
        await pilot.pause()
        assert app.screen is app.main
        await pilot.press("g")
        await pilot.pause()
        assert isinstance(app.screen, EnginesScreen)
        assert len(app.screen_stack) == 2


async def test_the_palette_knows_the_screen_and_its_keys() -> None:
    """Only what is possible now."""
    async with engines_of(STOPPED) as (_, app, _, screen):
        assert "Engines (g)" in {c.title for c in app.get_system_commands(app.main)}
        titles = {command.title for command in app.get_system_commands(screen)}
        assert {"Start (s)", "Logs (l)", "Remove (D)"} <= titles
        assert not {"Stop (x)", "Restart (R)", "Adopt (a)"} & titles


# choosing, by keys and by mouse


async def test_arrows_move_the_selection_within_the_table() -> None:
    """Both pairs of keys, and no further than the ends."""
    async with engines_of(READY, OLLAMA_READY) as (pilot, _, _, screen):
        seen = []
        for key in ("k", "down", "j", "up", "end", "home"):
            await pilot.press(key)
            await pilot.pause()
            seen.append(screen.selected)
        one, other = READY.key, OLLAMA_READY.key
        assert seen == [one, other, other, one, other, one]


async def test_keys_typed_faster_than_they_are_drawn_add_up() -> None:
    """None is lost between two ticks."""
    engines = [changed(READY, key=f"container:e{number}") for number in range(6)]
    async with engines_of(*engines) as (_, _, _, screen):
        for _ in range(4):
            screen.action_choose(1)
        assert screen.selected == "container:e4"


async def test_a_removed_engine_leaves_the_selection_to_its_neighbour() -> None:
    """And an engine that appears does not take it."""
    async with engines_of(READY, OLLAMA_READY, STOPPED) as (pilot, app, session, screen):
        await pilot.press("j")
        session.lose(OLLAMA_READY.key)
        await rest(pilot, app)
        assert screen.selected == STOPPED.key
        session.see(FAILED, USED)
        await rest(pilot, app)
        assert screen.selected == STOPPED.key
        for engine in (READY, STOPPED, FAILED):
            session.lose(engine.key)
        await rest(pilot, app)
        assert screen.selected is None
        assert not screen.query_one(EnginePanel).display


async def test_an_engine_is_selected_as_soon_as_it_is_there() -> None:
    """What was just asked for is what one wants to watch."""
    async with engines_of(READY) as (pilot, app, session, screen):
        screen.choose(STARTING.key + "-new")
        assert screen.selected == READY.key
        session.see(changed(STARTING, key=STARTING.key + "-new", name="new"))
        await rest(pilot, app)
        assert screen.selected == STARTING.key + "-new"


async def test_the_mouse_selects_takes_and_presses() -> None:
    """A click, the wheel, a double click, an offer, and the footer."""
    async with engines_of(READY, OLLAMA_READY, FOREIGN) as (pilot, app, session, screen):
        await pilot.click(EngineTable, offset=Offset(5, 2))
        await rest(pilot, app)
        assert screen.selected == OLLAMA_READY.key
        await pilot._post_mouse_events([_wheel()], EngineTable)
        await rest(pilot, app)
        assert screen.selected == FOREIGN.key
        line = next(y for y, text in enumerate(words(app).splitlines()) if "a adopt it" in text)
        x = words(app).splitlines()[line].index("a adopt it")
        await pilot.click(offset=Offset(x + 3, line))
        await pilot.pause()
        assert isinstance(app.screen, ConfirmScreen)
        await pilot.click("#question-cancel")
        await pilot.pause()
        await pilot.double_click(EngineTable, offset=Offset(5, 1))
        await settle(pilot, app)
        assert app.screen is app.main
        assert app.main.sides[app.main.selected] == READY.key
        assert session.control.wishes == []


# the main screen


async def test_the_main_screen_tells_how_far_an_engine_is() -> None:
    """Glyph, state and phase in its row of the table; why, when it failed."""
    session = EnginesSession(STARTING)
    async with monitor(session, size=(80, 24)) as (pilot, app, _):
        row = next(line for line in words(app).splitlines() if "starting" in line)
        assert "◐ ai-vllm" in row
        assert "loading weights · ≈ 48 s left of 1 m 35 s" in row
        session.see(changed(FAILED, key=STARTING.key))
        await settle(pilot, app)
        row = next(line for line in words(app).splitlines() if "failed" in line)
        assert "✗ ai-vllm" in row
        assert "The KV cache has room for" in row
        assert "docker 28.2" in words(app).splitlines()[0]
        assert "g Engines" in words(app).splitlines()[-1]
        assert "q Quit" in words(app).splitlines()[-1]


async def test_help_tells_the_keys_of_the_engines() -> None:
    """Each with its sentence."""
    async with monitor(size=(120, 300)) as (pilot, app, _):
        await pilot.press("question_mark")
        await pilot.pause()
        shown = " ".join(words(app).split())
        for binding in (*engine_keys.ENGINES, *engine_keys.ENGINE_LOG):
            assert keys.label(binding) in shown
            assert " ".join(binding.tooltip.split()) in shown


def _wheel() -> type:
    from textual.events import MouseScrollDown

    return MouseScrollDown
