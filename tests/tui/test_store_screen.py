"""An Ollama's models under a pilot: every key, every refusal, a pull from first to last word."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import msgspec
import pytest
from tests.tui.monitor import monitor, settle, words
from tests.tui.scripted_control import OLLAMA_READY, EnginesSession, ScriptedControl
from textual.pilot import Pilot
from textual.widgets import Input

from burstview import keys
from burstview.app import BurstviewApp
from burstview.launch_keys import STORE
from burstview.screens.confirm import ConfirmScreen
from burstview.screens.store import StoreScreen
from burstview.store_cells import unloads
from burstview.widgets.store_table import StoreTable
from burstview_engines.core.managed import ManagedEngine, StoredModel

NOW = 1_000_000.0
LOADED = StoredModel(
    name="qwen3:0.6b",
    size_bytes=522_653_767,
    quant="Q4_K_M",
    parameters="751.63M",
    loaded=True,
    on_gpu=1.0,
    expires_wall=NOW + 252,
)
PARTLY = StoredModel(
    name="qwen3:8b",
    size_bytes=5_225_387_923,
    quant="Q4_K_M",
    parameters="8.2B",
    loaded=True,
    on_gpu=0.71,
)
COLD = StoredModel(name="llama3.2:1b", size_bytes=1_321_098_329, quant="Q8_0", parameters="1.2B")
KEY = OLLAMA_READY.key
PULLED = "qwen3:1.7b"


class StoreControl(ScriptedControl):
    """A pull lasts until it is cancelled, or until the gate opens."""

    async def pull_model(self, key: str, model: str) -> None:
        """Ends with the sentence that a cancelled one has."""
        await super().pull_model(key, model)

    def cancel_pull(self, key: str) -> None:
        """The pull that waits at the gate is refused there."""
        super().cancel_pull(key)
        self.refusal = f"Pulling {PULLED} was cancelled; another pull goes on where it was."
        self.gate.set()


class Store:
    """The screen and the hands on it."""

    def __init__(
        self,
        pilot: Pilot[None],
        app: BurstviewApp,
        session: EnginesSession,
        screen: StoreScreen,
    ) -> None:
        self.pilot, self.app, self.session, self.screen = pilot, app, session, screen
        self.control = session.control
        self.now = NOW

    async def rest(self) -> None:
        """Until all that was asked is drawn."""
        await settle(self.pilot, self.app)

    async def press(self, *names: str) -> None:
        """Keys, and what they lead to."""
        await self.pilot.press(*names)
        await self.rest()

    async def press_only(self, *names: str) -> None:
        """Keys, while a wish is still under way."""
        await self.pilot.press(*names)
        await self.pilot.pause()
        self.app.draw_changes()
        await self.pilot.pause()

    async def look(self) -> None:
        """As the timer does every two seconds."""
        self.screen.look()
        await self.rest()

    @property
    def wishes(self) -> list[tuple[object, ...]]:
        """All but the looks."""
        return [wish for wish in self.control.wishes if wish[0] != "models"]

    @property
    def words(self) -> str:
        """What is on screen."""
        return words(self.app)


@asynccontextmanager
async def store(
    *models: StoredModel,
    engine: ManagedEngine = OLLAMA_READY,
    size: tuple[int, int] = (120, 40),
    is_read_only: bool = False,
) -> AsyncIterator[Store]:
    """Opened over the main screen, at rest; the timer does not tick."""
    control = StoreControl(is_read_only=is_read_only)
    control.stored = models or (LOADED, PARTLY, COLD)
    session = EnginesSession(engine, control=control)
    async with monitor(session, size=size) as (pilot, app, _):
        screen = StoreScreen(
            session,
            control,
            KEY,
            lambda: 0.0,
            tags=("qwen3:0.6b", PULLED),
            wall=lambda: opened.now,
            every=3600.0,
        )
        opened = Store(pilot, app, session, screen)
        app.push_screen(screen)
        await opened.rest()
        yield opened


def texts(said: Sequence[object]) -> str:
    """All passing words."""
    return " ".join(str(getattr(notice, "message", "")) for notice in said)


async def test_the_table_tells_all_of_each_model() -> None:
    """Size, format, where it is in memory, and for how long."""
    async with store() as opened:
        lines = {line.split()[0]: line for line in opened.words.splitlines() if line.split()}
        assert "Models of burstview-ai-ollama" in opened.words
        assert "http://127.0.0.1:11434" in opened.words
        pointed = next(line for line in opened.words.splitlines() if "▸" in line)
        for said in ("qwen3:0.6b ◀ used", "523 MB", "Q4_K_M", "751.63M", "● loaded"):
            assert said in pointed
        assert "all on the GPU" in pointed
        assert "in 4 m 12 s" in pointed
        assert "⚠ 71% GPU: slow" in lines["qwen3:8b"]
        assert "never" in lines["qwen3:8b"]
        assert "○ on disk" in lines["llama3.2:1b"]


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_it_fits_the_terminal(size: tuple[int, int]) -> None:
    """What counts stays where there is little room."""
    async with store(size=size) as opened:
        for said in ("qwen3:0.6b", "523 MB", "● loaded", "⚠ 71% GPU: slow", "in 4 m 12 s"):
            assert said in opened.words
        for binding in STORE:
            assert binding.description in opened.words


async def test_the_countdown_goes_on_without_any_event() -> None:
    """Each second."""
    async with store() as opened:
        opened.now += 3
        assert opened.screen.is_moving
        opened.app.draw_changes()
        await opened.pilot.pause()
        assert "in 4 m 09 s" in opened.words
        assert not opened.screen.is_moving


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (LOADED, "in 4 m 12 s"),
        (PARTLY, "never"),
        (COLD, "—"),
        (msgspec.structs.replace(LOADED, expires_wall=NOW - 1), "now"),
        (msgspec.structs.replace(LOADED, expires_wall=NOW + 9), "in 9.0 s"),
    ],
)
def test_a_countdown_in_words(model: StoredModel, said: str) -> None:
    """Unknown is not never."""
    assert unloads(model, NOW) == said


async def test_a_look_draws_what_is_new() -> None:
    """The pointer stays with its model, or goes to the one in its place."""
    async with store() as opened:
        await opened.press("down", "down")
        assert opened.screen.query_one(StoreTable).selected == "llama3.2:1b"
        opened.control.stored = (COLD, LOADED)
        await opened.look()
        assert opened.screen.query_one(StoreTable).selected == "llama3.2:1b"
        opened.control.stored = (LOADED,)
        await opened.look()
        assert opened.screen.query_one(StoreTable).selected == "qwen3:0.6b"
        assert "llama3.2:1b" not in opened.words
        opened.control.stored = ()
        await opened.look()
        assert "No model is here yet: p pulls one." in opened.words


async def test_a_look_that_fails_leaves_the_list_and_says_why() -> None:
    """The next that works takes the sentence away."""
    async with store() as opened:
        opened.control.refusal = "http://127.0.0.1:11434 refuses connections; is it running?"
        await opened.look()
        assert "⚠ http://127.0.0.1:11434 refuses connections" in opened.words
        assert "qwen3:8b" in opened.words
        opened.control.refusal = None
        await opened.look()
        assert "refuses" not in opened.words


async def test_a_slow_look_is_not_repeated_before_it_ended() -> None:
    """And no key waits for it."""
    async with store() as opened:
        opened.control.gate.clear()
        opened.screen.look()
        opened.screen.look()
        await opened.press_only("down")
        assert opened.screen.query_one(StoreTable).selected == "qwen3:8b"
        asked = [wish for wish in opened.control.wishes if wish[0] == "models"]
        assert len(asked) == 2
        opened.control.gate.set()
        await opened.rest()


async def test_nobody_asks_while_another_screen_is_on_top() -> None:
    """The timer goes on, the looks do not."""
    async with store() as opened:
        await opened.press("question_mark")
        before = len(opened.control.wishes)
        opened.screen.look()
        await opened.rest()
        assert len(opened.control.wishes) == before
        await opened.press("escape")
        await opened.look()
        assert len(opened.control.wishes) == before + 1


async def test_p_pulls_what_is_typed() -> None:
    """With a suggestion taken by the right arrow; progress comes from the snapshot."""
    async with store() as opened:
        opened.control.gate.clear()
        await opened.press_only("p")
        field = opened.screen.query_one(Input)
        assert field.has_focus
        await opened.press_only(*"qwen3:1", "right", "enter")
        assert opened.wishes == [("pull_model", KEY, PULLED)]
        assert field.value == ""
        assert "pulling: asking" in opened.words
        pulling = msgspec.structs.replace(
            OLLAMA_READY, words=f"pulling {PULLED}: 0.6 of 1.4 GB", fraction=0.43
        )
        opened.session.see(pulling)
        await opened.press_only()
        assert f"43%  pulling {PULLED}: 0.6 of 1.4 GB · c cancels" in opened.words
        assert "█" in opened.words
        opened.session.see(
            msgspec.structs.replace(pulling, words=f"{pulling.words}, no byte for 31 s")
        )
        await opened.press_only()
        assert "STALLED: pulling qwen3:1.7b" in opened.words
        opened.session.see(OLLAMA_READY)
        opened.control.stored = (LOADED, msgspec.structs.replace(COLD, name=PULLED))
        opened.control.gate.set()
        await opened.rest()
        assert "pulling" not in opened.words
        assert PULLED in opened.words


async def test_c_cancels_a_pull_and_another_goes_on() -> None:
    """The sentence says that nothing is lost; the same pull may be asked for again."""
    async with store() as opened:
        assert opened.screen.check_action("cancel", ()) is None
        opened.control.gate.clear()
        await opened.press_only("p", *PULLED, "enter")
        assert opened.screen.check_action("cancel", ()) is True
        assert opened.screen.check_action("pull", ()) is None
        await opened.press("c")
        assert ("cancel_pull", KEY) in opened.wishes
        assert "was cancelled; another pull goes on where it was." in opened.words
        opened.control.refusal = None
        await opened.press("p", *PULLED, "enter")
        assert opened.wishes[-1] == ("pull_model", KEY, PULLED)


async def test_a_second_pull_waits_for_the_first() -> None:
    """Its name stays in the field."""
    async with store() as opened:
        opened.control.gate.clear()
        await opened.press_only("p", *PULLED, "enter")
        opened.screen.query_one(Input).focus()
        await opened.press_only(*"a:b", "enter")
        assert opened.screen.query_one(Input).value == "a:b"
        assert "Nothing can be pulled now" in opened.words
        assert len(opened.wishes) == 1
        opened.control.gate.set()
        await opened.rest()


async def test_a_pull_of_nonsense_is_a_sentence() -> None:
    """Nothing is asked."""
    async with store() as opened:
        for text in ("", "two words", "--flag"):
            opened.screen.query_one(Input).value = text
            opened.screen.query_one(Input).focus()
            await opened.press("enter")
            assert "A model's tag is one word" in opened.words
        assert opened.wishes == []


async def test_a_pull_that_fails_is_its_sentence() -> None:
    """It stays until the next wish."""
    async with store() as opened:
        opened.control.refusal = f"{PULLED} was not pulled: file does not exist; check the name."
        await opened.press("p", *PULLED, "enter")
        opened.control.refusal = None
        await opened.look()
        assert "⚠ qwen3:1.7b was not pulled: file does not exist" in opened.words


async def test_leaving_the_screen_ends_no_pull() -> None:
    """A refusal that comes later is a passing sentence."""
    async with store() as opened:
        opened.control.gate.clear()
        await opened.press_only("p", *PULLED, "enter")
        await opened.press_only("escape")
        assert opened.app.screen is opened.app.main
        opened.control.refusal = "The disk is full: free some space."
        opened.control.gate.set()
        await opened.rest()
        await opened.pilot.pause()
        assert "The disk is full" in texts(list(opened.app._notifications))


async def test_l_and_u_load_and_unload() -> None:
    """Grey where it is so already; meanwhile the row says what goes on."""
    async with store() as opened:
        assert opened.screen.check_action("load", ()) is None
        await opened.press("u")
        assert opened.wishes == [("unload_model", KEY, "qwen3:0.6b")]
        await opened.press("down", "down")
        assert opened.screen.check_action("unload", ()) is None
        opened.control.gate.clear()
        await opened.press_only("l")
        assert "◐ loading" in opened.words
        assert opened.screen.check_action("delete", ()) is None
        opened.control.gate.set()
        await opened.rest()
        assert opened.wishes[-1] == ("load_model", KEY, "llama3.2:1b")
        assert "loading" not in opened.words


async def test_a_load_that_fails_is_its_sentence() -> None:
    """With the next step."""
    async with store() as opened:
        opened.control.refusal = "llama3.2:1b was not loaded: out of memory; unload others."
        await opened.press("down", "down", "l")
        assert "was not loaded: out of memory; unload others." in opened.words


async def test_d_deletes_after_a_question() -> None:
    """Cancel comes first; nothing need be typed."""
    async with store() as opened:
        await opened.press("D")
        assert isinstance(opened.app.screen, ConfirmScreen)
        assert "Delete qwen3:0.6b?" in opened.words
        assert "523 MB become free" in opened.words
        assert "It is loaded now" in opened.words
        await opened.press("enter")
        assert opened.wishes == []
        await opened.press("D", "right", "enter")
        assert opened.wishes == [("delete_model", KEY, "qwen3:0.6b")]


async def test_enter_uses_a_model() -> None:
    """The session's backend has it from then on; a double click does the same."""
    async with store() as opened:
        await opened.press("down", "enter")
        assert opened.session.chosen == [(KEY, "qwen3:8b")]
        await opened.pilot.click(StoreTable, offset=(6, 3), times=2)
        await opened.rest()
        assert opened.session.chosen[-1] == (KEY, "llama3.2:1b")


@pytest.mark.parametrize("owner", ["foreign", "theirs"])
async def test_what_is_not_ours_is_only_looked_at(owner: str) -> None:
    """It may be fired at all the same."""
    engine = msgspec.structs.replace(OLLAMA_READY, owner=owner)
    async with store(engine=engine) as opened:
        for action in ("pull", "load", "unload", "delete", "cancel"):
            assert opened.screen.check_action(action, ()) is None
        assert opened.screen.check_action("use", ()) is True
        await opened.press("D", "u")
        assert opened.wishes == []


async def test_read_only_changes_nothing() -> None:
    """And says so in the first line."""
    async with store(is_read_only=True) as opened:
        assert "READ-ONLY" in opened.words
        assert opened.screen.check_action("pull", ()) is None
        opened.screen.query_one(Input).focus()
        await opened.press("a", "enter")
        assert opened.wishes == []


async def test_an_ollama_that_is_gone_is_said_to_be() -> None:
    """The last list stays; every key is grey."""
    async with store() as opened:
        opened.session.lose(KEY)
        await opened.rest()
        assert "This Ollama is gone." in opened.words
        assert opened.screen.check_action("load", ()) is None


async def test_a_long_list_scrolls_with_the_pointer() -> None:
    """The row that is meant is always seen."""
    models = [msgspec.structs.replace(COLD, name=f"model:{n}b") for n in range(40)]
    async with store(*models, size=(80, 24)) as opened:
        await opened.press(*["down"] * 30)
        assert "▸  model:30b" in opened.words
        assert "model:0b" not in opened.words
        await opened.press(*["k"] * 30)
        assert "▸  model:0b" in opened.words


async def test_escape_leaves_the_field_and_then_the_screen() -> None:
    """So does m."""
    async with store() as opened:
        await opened.press("p", "escape")
        assert opened.app.screen is opened.screen
        await opened.press("m")
        assert opened.app.screen is opened.app.main


async def test_names_of_models_are_harmless() -> None:
    """Neither colours nor titles reach the terminal."""
    evil = msgspec.structs.replace(COLD, name="a\x1b[31mred\x1b]0;owned\x07:1b")
    async with store(evil) as opened:
        assert "ared:1b" in opened.words
        assert "\x1b" not in opened.words


def test_every_key_has_words_for_the_help() -> None:
    """Tooltip, name and an id of its own."""
    assert len({binding.id for binding in STORE}) == len(STORE)
    assert all(binding.tooltip and keys.label(binding) for binding in STORE)
    assert [*StoreScreen.BINDINGS] == [*STORE]


async def test_the_timer_looks_every_two_seconds() -> None:
    """As long as the screen is there."""
    control = StoreControl()
    session = EnginesSession(OLLAMA_READY, control=control)
    async with monitor(session) as (pilot, app, _):
        screen = StoreScreen(session, control, KEY, every=0.01)
        app.push_screen(screen)
        async with asyncio.timeout(20):
            while len(control.wishes) < 3:
                await pilot.pause()
        assert {wish[0] for wish in control.wishes} == {"models"}
