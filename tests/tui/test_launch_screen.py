"""The form under a pilot: every key, every error, the debounce, and what it gives back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from tests.tui.monitor import Hands, settle, words
from tests.tui.scripted import burst
from tests.tui.scripted_control import OLLAMA_READY, EnginesSession
from tests.tui.scripted_launch import CHOICES, LaunchControl, PlanningControl, at_once, marked
from textual import on
from textual.pilot import Pilot
from textual.widgets import Button, Input

import burstview.app
from burstview import keys
from burstview.app import BurstviewApp
from burstview.launch_keys import LAUNCH, PAIR
from burstview.model_choices import ModelChoice
from burstview.model_search import ModelSource
from burstview.screens.checking import Pause
from burstview.screens.confirm import ConfirmScreen
from burstview.screens.filling import FillingScreen
from burstview.screens.launch import LaunchScreen, PairWanted
from burstview.screens.pair import PairScreen
from burstview.widgets.chooser import Chooser
from burstview.widgets.field import Field
from burstview.widgets.model_list import ModelList
from burstview_engines.core.backend import Engine
from burstview_engines.core.events import PhaseStarted, RequestSent, RunStarted
from burstview_engines.core.managed import ManagedEngine
from burstview_engines.core.plan import BurstPlan
from burstview_engines.launch.registry import LAUNCH as PROFILES
from burstview_engines.launch.spec import LaunchSpec
from burstview_engines.source import SessionError

BEFORE = LaunchSpec(
    engine="ollama",
    name="burstview-ai-ollama",
    model="qwen3:0.6b",
    port=11434,
    image="ollama/ollama:0.33.0",
    options={"num-parallel": "1"},
)
CHANGES = ("num-parallel 1 → 4: +13.1 GiB of KV cache, the model is loaded anew",)
OLLAMA = LaunchSpec(engine="ollama", model="qwen3:0.6b")


class Listening(BurstviewApp):
    """Remembers the pair that was to be started."""

    CSS_PATH = str(Path(burstview.app.__file__).with_name("app.tcss"))
    pair: tuple[LaunchSpec, ...] = ()

    @on(PairWanted)
    def take_pair(self, message: PairWanted) -> None:
        """Nothing is started."""
        self.pair = message.specs


class Form:
    """The screen, the hands on it and what it gave back."""

    def __init__(self, pilot: Pilot[None], app: Listening, screen: LaunchScreen) -> None:
        self.pilot, self.app, self.screen = pilot, app, screen
        self.results: list[LaunchSpec | None] = []

    async def rest(self) -> None:
        """Until everything is checked and drawn; twice, for the fields that come later."""
        await settle(self.pilot, self.app)
        await settle(self.pilot, self.app)

    async def press(self, *names: str) -> None:
        """Keys, and what they lead to."""
        await self.pilot.press(*names)
        await self.rest()

    async def fill(self, **texts: str) -> None:
        """Into fields, by key; an option's key has `_` for `-`."""
        for name, text in texts.items():
            self.field(name).text = text
        await self.rest()

    def field(self, name: str) -> Field:
        """Of the engine that is shown."""
        dashed = f"option-{name.replace('_', '-')}"
        fields = {field.key: field for field in self.screen.form.all_fields}
        for field in self.screen.query("#field-engine, #field-place").results(Field):
            fields[field.key] = field
        return fields.get(name) or fields[dashed]

    def focus(self, name: str) -> None:
        """The cursor into a field."""
        self.field(name).editor.focus()

    @property
    def words(self) -> str:
        """What is on screen."""
        return words(self.app)


@asynccontextmanager
async def opened_app(
    session: EnginesSession, size: tuple[int, int] = (120, 40)
) -> AsyncIterator[tuple[Pilot[None], Listening]]:
    """The monitor at rest."""
    app = Listening(session, BurstPlan(), clock=Hands())
    async with app.run_test(size=size) as pilot:
        await settle(pilot, app)
        yield pilot, app


@asynccontextmanager
async def form(
    control: LaunchControl | None = None,
    *engines: ManagedEngine,
    initial: LaunchSpec | None = OLLAMA,
    editing: str | None = None,
    size: tuple[int, int] = (120, 40),
    pause: Pause = at_once,
    find: ModelSource = marked,
    choices: Sequence[ModelChoice] = CHOICES,
) -> AsyncIterator[Form]:
    """Opened over the main screen, at rest."""
    control = control or LaunchControl()
    session = EnginesSession(*engines, control=control)
    async with opened_app(session, size) as (pilot, app):
        screen = LaunchScreen(
            control,
            initial,
            editing,
            choices,
            session.snapshot,
            find_models=find,
            pause=pause,
            home="/home/anna",
        )
        opened = Form(pilot, app, screen)
        app.push_screen(screen, opened.results.append)
        await opened.rest()
        yield opened


async def test_the_form_shows_what_would_be_started() -> None:
    """Engine, model, fit, time and the whole command."""
    async with form() as opened:
        shown = opened.words
        assert "Start an engine" in shown
        assert "unix:///var/run/docker.sock (default)" in shown
        assert "● Ollama   ○ vLLM   ○ llama.cpp   ○ SGLang" in shown
        assert "● qwen3:0.6b" in shown
        assert "✓ here, 522 MB" in shown
        assert "↓ download" in shown
        assert "✓ can start · ≈ 1 m 35 s last time" in shown
        assert "It fits: 1 request at once take 4.4 GiB of KV cache" in shown
        assert "▓ KV cache 4.4 GiB" in shown
        assert "docker run -d --name burstview-ai-ollama" in shown
        assert "--model qwen3:0.6b" in shown


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_the_form_fits_the_terminal(size: tuple[int, int]) -> None:
    """What counts is seen without scrolling."""
    async with form(size=size) as opened:
        shown = opened.words
        for said in ("● Ollama", "num-parallel", "✓ can start", "It fits:", "· free"):
            assert said in shown
        assert all(len(line) <= size[0] for line in shown.splitlines())


@pytest.mark.parametrize("engine", list(PROFILES))
async def test_every_option_of_an_engine_has_a_row(engine: Engine) -> None:
    """With its default, its meaning, and when it takes effect."""
    async with form(initial=LaunchSpec(engine=engine, model="m"), size=(150, 60)) as opened:
        for option in PROFILES[engine].options:
            opened.focus(option.name)
            await opened.pilot.pause()
            shown = " ".join(opened.words.split())
            assert f"{option.name} " in shown
            assert f"{option.name}: {option.meaning[:40]}" in shown
            assert f"Takes effect after a {option.effect}." in shown


async def test_arrows_choose_the_engine_and_the_model_goes_along() -> None:
    """In the other engine's words; what was typed for each engine is kept."""
    async with form() as opened:
        await opened.fill(num_parallel="4", gpus="0")
        opened.focus("engine")
        await opened.press("right")
        assert opened.screen.read().spec.engine == "vllm"
        assert opened.field("model").text == "Qwen/Qwen3-0.6B"
        assert opened.field("gpus").text == "0"
        await opened.fill(max_num_seqs="64")
        await opened.press("left")
        assert opened.field("num_parallel").text == "4"
        assert opened.screen.read().spec.options == {"num-parallel": "4"}
        await opened.press("space")
        assert opened.screen.read().spec.options == {"max-num-seqs": "64"}


async def test_a_local_process_has_no_image() -> None:
    """The place is a choice, too."""
    async with form(size=(200, 60)) as opened:
        assert opened.field("image").display
        opened.focus("place")
        await opened.press("right")
        assert opened.screen.read().spec.place == "process"
        assert not opened.field("image").display


async def test_down_and_up_go_through_fields_and_models() -> None:
    """Out of the list at its ends; enter takes a model, and goes on from a field."""
    async with form() as opened:
        opened.focus("model")
        await opened.press("down", "down", "enter")
        assert opened.field("model").text == "qwen3:8b"
        models = opened.screen.form.models
        assert opened.field("num_parallel").editor.has_focus
        await opened.press("up", "up")
        assert models.has_focus
        assert models.highlighted == 0
        await opened.press("up")
        assert opened.field("model").editor.has_focus
        await opened.press("enter")
        assert models.has_focus


async def test_a_click_takes_a_model_or_a_choice() -> None:
    """The mouse does all that keys do."""
    async with form() as opened:
        await opened.pilot.click(ModelList, offset=(6, 2))
        await opened.rest()
        assert opened.field("model").text == "llama3.2:1b"
        await opened.pilot.click("#field-engine Chooser", offset=(13, 0))
        await opened.rest()
        assert opened.screen.engine == "vllm"
        await opened.pilot.click("#form-vllm #field-option-max-num-seqs", offset=(3, 0))
        assert opened.app.focused is opened.field("max_num_seqs").editor


async def test_a_free_text_may_name_any_model() -> None:
    """Not only those of the list."""
    async with form() as opened:
        opened.focus("model")
        opened.field("model").text = ""
        await opened.press(*"my:1b")
        assert opened.screen.read().spec.model == "my:1b"
        assert "--model my:1b" in opened.words


WRONG = (
    ("num_parallel", "many", "num-parallel takes a whole number"),
    ("keep_alive", "soon", "keep-alive takes a duration"),
    ("gpus", "first", "GPUs: all, none, numbers like 0,1"),
    ("port", "99999", "A port is a whole number from 1 to 65535"),
    ("name", "!", "A name is two or more letters"),
    ("token_file", "hf_abcdefghijklmnopqrst", "That is a token"),
    ("weights", "models", "Give the whole path"),
    ("image", "a b", "An image's name is one word"),
    ("arguments", "'", "A quote is opened and not closed."),
    ("environment", "HF_TOKEN=x", "HF_TOKEN could be read"),
)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_wrong_field_says_so_beside_itself(size: tuple[int, int]) -> None:
    """Nothing is started, nothing is lost, and ctrl+s leads there; mending it is enough."""
    async with form(size=size) as opened:
        for name, text, said in WRONG:
            opened.field("max_queue").text = "64"
            opened.field(name).text = text
            await opened.press("ctrl+s")
            field = opened.field(name)
            assert opened.results == []
            assert opened.app.focused is field.editor
            assert said in field.error
            assert f"✗ {said[:16]}" in opened.words
            assert "1 field makes no sense" in opened.words
            assert (field.text, opened.field("max_queue").text) == (text, "64")
            await opened.fill(**{name: ""})
            assert field.error == ""
            assert "✓ can start" in opened.words


async def test_a_missing_model_is_asked_for() -> None:
    """Of an engine that cannot be started without one."""
    async with form(initial=LaunchSpec(engine="vllm")) as opened:
        assert "vLLM needs a model" in opened.field("model").error
        await opened.press("ctrl+s")
        assert opened.results == []


async def test_ctrl_s_gives_back_the_completed_spec() -> None:
    """Also from within a field; it is what the command shows."""
    async with form() as opened:
        await opened.fill(num_parallel="4")
        opened.focus("num_parallel")
        await opened.press("ctrl+s")
        assert opened.app.screen is opened.app.main
        (spec,) = opened.results
        assert spec is not None
        assert spec.options == {"num-parallel": "4"}
        assert (spec.name, spec.port) == ("burstview-ai-ollama", 11434)


async def test_the_buttons_do_the_same() -> None:
    """Start and back, by mouse."""
    async with form() as opened:
        await opened.pilot.click("#launch-do")
        await opened.rest()
        assert [spec is not None for spec in opened.results] == [True]
    async with form() as opened:
        await opened.pilot.click("#launch-back")
        await opened.rest()
        assert opened.results == [None]


async def test_escape_starts_nothing() -> None:
    """From within a field, too."""
    async with form() as opened:
        opened.focus("port")
        await opened.press("escape")
        assert opened.results == [None]


async def test_a_problem_keeps_it_from_starting() -> None:
    """With the sentence and what to do; another port mends it."""
    async with form(initial=msgspec.structs.replace(OLLAMA, port=8000)) as opened:
        assert "✗ cannot start: Port 8000 is taken" in opened.words
        assert "→ Choose another port, or leave it empty for a free one." in opened.words
        await opened.press("ctrl+s")
        assert opened.results == []
        await opened.fill(port="8001")
        await opened.press("ctrl+s")
        assert [spec.port for spec in opened.results if spec] == [8001]


async def test_a_refused_check_is_its_sentence() -> None:
    """The next change asks again."""
    control = LaunchControl(refusal="Docker does not answer at unix:///x; is it running?")
    async with form(control) as opened:
        assert "✗ Docker does not answer" in opened.words
        await opened.press("ctrl+s")
        assert opened.results == []
        control.refusal = None
        await opened.fill(port="9000")
        assert "✓ can start" in opened.words


async def test_read_only_starts_nothing() -> None:
    """It still shows the fit and the command."""
    async with form(LaunchControl(is_read_only=True)) as opened:
        assert "READ-ONLY" in opened.words
        assert "docker run" in opened.words
        await opened.press("ctrl+s")
        assert opened.results == []
        assert "this session is read-only" in opened.words


async def test_the_network_switch_warns() -> None:
    """In words, at once, and as a finding."""
    async with form(size=(200, 60)) as opened:
        opened.focus("lan")
        await opened.press("right")
        assert opened.screen.read().spec.lan
        assert "⚠ Everyone who can reach this machine" in opened.words
        assert "⚠ can start, 1 warning" in opened.words
        assert "-p 0.0.0.0:11434:11434" in opened.words
        await opened.press("left")
        assert "⚠" not in opened.words


async def test_a_first_start_says_so() -> None:
    """It takes longer."""
    control = LaunchControl()
    control.expected = None
    async with form(control) as opened:
        assert "first start of this kind here" in opened.words


async def test_what_is_unknown_is_said() -> None:
    """No bar is made up."""
    async with form(initial=LaunchSpec(engine="ollama")) as opened:
        assert "Whether it fits is unknown" in opened.words
        assert "▓" not in opened.words


class Gates:
    """A pause of the debounce that ends when a test says so."""

    def __init__(self) -> None:
        self.waiting: list[asyncio.Event] = []

    async def __call__(self) -> None:
        """One pause."""
        gate = asyncio.Event()
        self.waiting.append(gate)
        await gate.wait()

    def open(self) -> None:
        """All pauses are over."""
        for gate in self.waiting:
            gate.set()


async def test_keys_are_gathered_before_anything_is_checked() -> None:
    """Only the newest text is; the verdict says that it is being checked."""
    control, gates = LaunchControl(), Gates()
    async with form(control, pause=gates) as opened:
        opened.focus("num_parallel")
        await opened.pilot.press("1", "6")
        await opened.pilot.pause()
        assert "◌ checking" in opened.words
        assert len(control.previewed) == 1
        assert len(gates.waiting) == 2
        gates.open()
        await opened.rest()
        assert [spec.options for spec in control.previewed] == [{}, {"num-parallel": "16"}]
        assert "16 requests at once" in opened.words


async def test_the_newest_check_wins() -> None:
    """A slow answer to what no longer stands there is not drawn."""
    control = LaunchControl()
    slow = asyncio.Event()

    async def answer(spec: LaunchSpec) -> None:
        if spec.port == 1001:
            try:
                await slow.wait()
            except asyncio.CancelledError:
                return

    async with form(control) as opened:
        control.answer = answer
        opened.field("port").text = "1001"
        await opened.pilot.pause()
        opened.field("port").text = "1002"
        await opened.rest()
        slow.set()
        await opened.rest()
        assert [spec.port for spec in control.previewed] == [None, 1001, 1002]
        assert "127.0.0.1:1002 is free." in opened.words


async def test_what_was_typed_and_erased_is_not_checked_again() -> None:
    """The newest check still holds."""
    control = LaunchControl()
    async with form(control) as opened:
        gates = Gates()
        opened.screen.pause = gates
        opened.focus("port")
        await opened.pilot.press("9", "backspace")
        await opened.pilot.pause()
        assert "✓ can start" in opened.words
        gates.open()
        await opened.rest()
        assert len(control.previewed) == 1


async def test_no_key_waits_for_a_check() -> None:
    """While the daemon hangs, typing, choosing and leaving go on."""
    control = LaunchControl()
    control.gate.clear()
    session = EnginesSession(control=control)
    async with opened_app(session) as (pilot, app):
        screen = LaunchScreen(control, OLLAMA, None, CHOICES, session.snapshot, pause=at_once)
        opened = Form(pilot, app, screen)
        app.push_screen(screen, opened.results.append)
        await pilot.pause()
        assert "◌ checking" in opened.words
        opened.focus("port")
        await pilot.press("7", "7", "0", "0")
        assert opened.field("port").text == "7700"
        opened.focus("engine")
        await pilot.press("right")
        await pilot.pause()
        assert screen.engine == "vllm"
        await pilot.press("ctrl+s")
        assert opened.results == []
        await pilot.press("escape")
        await pilot.pause()
        assert opened.results == [None]
        control.gate.set()


async def test_ctrl_s_before_the_check_starts_once_it_is_there() -> None:
    """Unless something is typed in between."""
    control = LaunchControl()
    async with form(control) as opened:
        control.gate.clear()
        opened.field("port").text = "9001"
        await opened.pilot.press("ctrl+s")
        await opened.pilot.pause()
        assert opened.results == []
        control.gate.set()
        await opened.rest()
        assert [spec.port for spec in opened.results if spec] == [9001]


async def test_typing_takes_a_wish_to_start_back() -> None:
    """What is started is what was seen."""
    control = LaunchControl()
    async with form(control) as opened:
        control.gate.clear()
        opened.field("port").text = "9001"
        await opened.pilot.press("ctrl+s")
        opened.field("port").text = "9002"
        await opened.pilot.pause()
        control.gate.set()
        await opened.rest()
        assert opened.results == []
        assert "127.0.0.1:9002 is free." in opened.words


async def test_y_copies_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside of fields; ctrl+y from everywhere; a click on it, too."""
    async with form() as opened:
        copied: list[str] = []
        monkeypatch.setattr(opened.app, "copy_to_clipboard", copied.append)
        opened.focus("engine")
        await opened.press("y")
        opened.focus("port")
        await opened.press("ctrl+y", "y")
        assert opened.field("port").text == "y"
        await opened.pilot.click("CommandLine", offset=(5, 0))
        await opened.rest()
        assert len(copied) == 3
        assert all(text.startswith("docker run -d --name") for text in copied)
        assert "\n" not in copied[0]
        assert any("OSC 52" in str(n.message) for n in opened.app._notifications)


async def test_page_keys_scroll_what_was_found() -> None:
    """From within a field, so that the command can be read at 80x24."""
    async with form(size=(80, 24)) as opened:
        opened.focus("port")
        assert "docker run" not in opened.words
        await opened.press("pagedown", "pagedown", "pagedown")
        assert "docker run" in opened.words
        await opened.press("pageup", "pageup", "pageup")
        assert "It fits:" in opened.words


async def test_a_models_source_that_fails_is_a_sentence() -> None:
    """The list stays without marks."""

    async def fail(spec: LaunchSpec) -> Sequence[ModelChoice]:
        raise SessionError(f"The folder of {spec.engine} cannot be read.")

    async with form(find=fail) as opened:
        assert "qwen3:8b" in opened.words
        assert "here, " not in opened.words
        assert any("cannot be read" in str(n.message) for n in opened.app._notifications)


async def test_no_models_no_list() -> None:
    """The field is there all the same."""

    async def none(spec: LaunchSpec) -> Sequence[ModelChoice]:
        return ()

    async with form(find=none, choices=()) as opened:
        assert not opened.screen.query_one("#form-ollama ModelList").display
        assert opened.field("model").text == "qwen3:0.6b"


async def test_an_edited_engine_shows_what_changes() -> None:
    """Name, engine and place stay; the fields hold what it was started with."""
    control = LaunchControl(before=BEFORE, changes=CHANGES)
    async with form(control, OLLAMA_READY, initial=BEFORE, editing=OLLAMA_READY.key) as opened:
        assert "Edit burstview-ai-ollama" in opened.words
        assert opened.field("num_parallel").text == "1"
        assert opened.field("name").disabled
        assert opened.field("engine").disabled
        assert "What changes: nothing yet." in opened.words
        assert "✓ can replace" in opened.words
        await opened.fill(num_parallel="4")
        assert "~ num-parallel 1 → 4: +13.1 GiB of KV cache" in opened.words
        looks = [wish[2:] for wish in control.wishes if wish[0] == "preview"]
        assert looks
        assert set(looks) == {(OLLAMA_READY.key,)}
        await opened.press("ctrl+s")
        (spec,) = opened.results
        assert spec is not None
        assert spec.options == {"num-parallel": "4"}
        assert spec.name == BEFORE.name


async def test_its_own_port_does_not_keep_an_engine_from_being_replaced() -> None:
    """It becomes free with it."""
    before = msgspec.structs.replace(BEFORE, port=8000)
    control = LaunchControl(before=before)
    async with form(control, OLLAMA_READY, initial=before, editing=OLLAMA_READY.key) as opened:
        assert "✓ can replace" in opened.words


async def test_an_adopted_engine_is_replaced_only_with_its_name_typed() -> None:
    """Others may be using it."""
    engine = msgspec.structs.replace(OLLAMA_READY, owner="adopted")
    control = LaunchControl(before=BEFORE, changes=CHANGES)
    async with form(control, engine, initial=BEFORE, editing=engine.key) as opened:
        await opened.fill(num_parallel="4")
        await opened.press("ctrl+s")
        assert isinstance(opened.app.screen, ConfirmScreen)
        assert "Replace burstview-ai-ollama?" in opened.words
        assert "its volumes stay" in opened.words
        assert opened.app.screen.query_one("#question-do", Button).disabled
        await opened.press("escape")
        assert opened.results == []
        assert opened.screen.is_active
        await opened.press("ctrl+s")
        opened.app.screen.query_one("#question-typed", Input).focus()
        await opened.press("b", "enter")
        assert opened.results == []
        opened.app.screen.query_one("#question-typed", Input).value = "burstview-ai-ollama"
        await opened.press("enter")
        assert [spec.options for spec in opened.results if spec] == [{"num-parallel": "4"}]


async def test_requests_in_flight_ask_first() -> None:
    """They would break off."""
    control = LaunchControl(before=BEFORE, changes=CHANGES)
    session = EnginesSession(OLLAMA_READY, control=control)
    async with opened_app(session) as (pilot, app):
        for event in burst(1, OLLAMA_READY.key, BurstPlan(concurrency=4), 1, 0.0):
            if isinstance(event, RunStarted | PhaseStarted | RequestSent):
                session.happen(event)
        screen = LaunchScreen(
            control, BEFORE, OLLAMA_READY.key, CHOICES, session.snapshot, pause=at_once
        )
        opened = Form(pilot, app, screen)
        app.push_screen(screen, opened.results.append)
        await opened.rest()
        await opened.press("ctrl+s")
        assert isinstance(app.screen, ConfirmScreen)
        assert "4 requests are in flight" in opened.words


async def test_a_pair_is_offered_only_where_it_can_be_planned() -> None:
    """No dead key."""
    async with form() as opened:
        assert "Duel pair" not in opened.words
        opened.focus("engine")
        await opened.press("d")
        assert opened.screen.is_active


async def test_d_plans_both_engines_of_a_duel() -> None:
    """One bar, both commands, one start in order."""
    async with form(PlanningControl(), size=(120, 40)) as opened:
        assert "Duel pair (d)" in opened.words
        await opened.fill(gpus="0")
        opened.focus("engine")
        await opened.press("d")
        assert isinstance(opened.app.screen, PairScreen)
        shown = opened.words
        assert "Duel pair qwen3-0.6b" in shown
        assert "vLLM loads BF16, Ollama Q4_K_M" in shown
        assert "The pair fits with 4,096 tokens of context each" in shown
        assert "▓ vLLM's KV cache 96.0 GiB" in shown
        assert "✓ can start both · Ollama, then vLLM" in shown
        assert "docker run -d --name burstview-ai-ollama" in shown
        assert "docker run -d --name burstview-ai-vllm" in shown
        await opened.press("ctrl+s")
        assert opened.app.main.is_active
        assert [spec.engine for spec in opened.app.pair] == ["ollama", "vllm"]
        assert opened.results == [None]


async def test_a_pair_with_a_problem_is_not_started() -> None:
    """Another GPU mends it; escape goes back to the form."""
    control = PlanningControl()
    async with form(control) as opened:
        opened.focus("engine")
        await opened.press("d")
        screen = opened.app.screen
        assert isinstance(screen, PairScreen)
        field = screen.query_one(Field)
        field.text = "1"
        await opened.rest()
        assert "✗ cannot start both" in opened.words
        await opened.press("ctrl+s")
        assert screen.is_active
        field.text = "first"
        await opened.rest()
        assert "GPUs: all, none, numbers" in opened.words
        await opened.press("ctrl+s")
        assert screen.is_active
        field.text = ""
        control.refusal = "There is no GPU that both could share."
        field.text = "2"
        await opened.rest()
        assert "✗ There is no GPU that both could share." in opened.words
        control.refusal = None
        await opened.press("ctrl+s")
        assert "✓ can start both" in opened.words
        await opened.press("escape")
        assert opened.screen.is_active
        assert opened.results == []


async def test_a_model_that_only_one_engine_knows_makes_no_pair() -> None:
    """The sentence says what to do."""
    async with form(PlanningControl()) as opened:
        await opened.fill(model="my:own")
        opened.focus("engine")
        await opened.press("d")
        assert opened.screen.is_active
        assert "Choose a model of the list that Ollama and vLLM both know" in opened.words


def test_every_key_has_words_for_the_help() -> None:
    """Tooltip, name and an id of its own."""
    for bindings in (LAUNCH, PAIR):
        assert len({binding.id for binding in bindings}) == len(bindings)
        assert all(binding.tooltip and keys.label(binding) for binding in bindings)
    assert [*FillingScreen.BINDINGS] == [*LAUNCH]
    assert [*PairScreen.BINDINGS] == [*PAIR]
    assert all(binding.tooltip for binding in Chooser.BINDINGS)  # type: ignore[union-attr]
