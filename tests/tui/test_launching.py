"""From a form to the control: what is started, replaced, paired, and which models are offered."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
from tests.tui.monitor import monitor, settle, words
from tests.tui.scripted_control import OLLAMA_READY, EnginesSession
from tests.tui.scripted_launch import PlanningControl
from textual.pilot import Pilot

from burstview import model_choices
from burstview.app import BurstviewApp
from burstview.engine_wishes import Wishes
from burstview.launching import Launching
from burstview.model_search import search, source
from burstview.screens.engines import EnginesScreen
from burstview.screens.launch import LaunchScreen
from burstview.screens.store import StoreScreen
from burstview_engines.core.managed import ManagedEngine, StoredModel
from burstview_engines.launch.spec import LaunchSpec
from burstview_engines.models.at_hand import Places
from burstview_engines.models.pair_table import PAIRS
from burstview_engines.places.docker.threads import DaemonThreads

BEFORE = LaunchSpec(
    engine="ollama", name="burstview-ai-ollama", model="qwen3:0.6b", port=11434, image="o:1"
)
STORED = StoredModel(name="qwen3:0.6b", size_bytes=522_653_767)


class TurnsControl(PlanningControl):
    """The first of a pair gets ready, or fails."""

    outcome = OLLAMA_READY

    async def wait(self, key: str) -> ManagedEngine:
        """At once."""
        self.wishes.append(("wait", key))
        return self.outcome


class Held:
    """The app, its session, and what opens its forms."""

    def __init__(self, pilot: Pilot[None], app: BurstviewApp, session: EnginesSession) -> None:
        self.pilot, self.app, self.session = pilot, app, session
        self.control = session.control
        self.launching = Launching(app, session, lambda: 0.0, PAIRS)

    async def rest(self) -> None:
        """Until all is done; twice, for what a worker opened."""
        await settle(self.pilot, self.app)
        await settle(self.pilot, self.app)

    async def press(self, *names: str) -> None:
        """Keys, and what they lead to."""
        await self.pilot.press(*names)
        await self.rest()

    @property
    def done(self) -> list[object]:
        """What was changed, in order."""
        looks = ("preview", "changes", "spec_of", "models", "preview_pair")
        return [wish for wish in self.control.wishes if wish[0] not in looks]

    @property
    def complaints(self) -> str:
        """All passing words."""
        return " ".join(str(notice.message) for notice in self.app._notifications)


@asynccontextmanager
async def held(*engines: ManagedEngine, is_recording: bool = False) -> AsyncIterator[Held]:
    """The main screen at rest."""
    control = TurnsControl(before=BEFORE)
    session = EnginesSession(*engines, control=control, is_recording=is_recording)
    async with monitor(session, size=(120, 40)) as (pilot, app, _):
        yield Held(pilot, app, session)


async def test_what_the_form_gives_back_is_started_and_selected() -> None:
    """As the command showed it."""
    async with held() as opened:
        engines = EnginesScreen(opened.session, Wishes(), lambda: 0.0)
        opened.app.push_screen(engines)
        await opened.rest()
        opened.launching.open_new()
        await opened.rest()
        assert "Start an engine" in words(opened.app)
        await opened.press("ctrl+s")
        ((wish, spec),) = opened.done  # type: ignore[misc]
        assert wish == "up"
        assert spec.name == "burstview-ai-ollama"
        opened.session.see(msgspec.structs.replace(OLLAMA_READY, status="starting"))
        await opened.rest()
        assert engines.selected == OLLAMA_READY.key


async def test_escape_starts_nothing() -> None:
    """Nothing is asked for."""
    async with held() as opened:
        opened.launching.open_new()
        await opened.rest()
        await opened.press("escape")
        assert opened.done == []


async def test_an_edited_engine_is_replaced() -> None:
    """By what its form gives back."""
    async with held(OLLAMA_READY) as opened:
        opened.launching.open_edit(OLLAMA_READY.key)
        await opened.rest()
        screen = opened.app.screen
        assert isinstance(screen, LaunchScreen)
        assert screen.form.text("model") == "qwen3:0.6b"
        await opened.press("ctrl+s")
        assert [wish[:2] for wish in opened.done] == [  # type: ignore[index]
            ("recreate", OLLAMA_READY.key)
        ]


async def test_a_refusal_is_a_passing_sentence() -> None:
    """Of a start as of an edit."""
    async with held(OLLAMA_READY) as opened:
        opened.control.refusal = "The daemon is gone: start Docker."
        opened.launching.open_edit(OLLAMA_READY.key)
        await opened.rest()
        assert "The daemon is gone" in opened.complaints
        assert opened.app.main.is_active


async def test_a_pair_is_started_in_turn() -> None:
    """The second when the first is ready."""
    specs = (LaunchSpec(engine="ollama", name="a"), LaunchSpec(engine="vllm", name="b"))
    async with held() as opened:
        opened.launching.start_pair(specs)
        await opened.rest()
        assert opened.done == [("up", specs[0]), ("wait", "container:a"), ("up", specs[1])]


async def test_a_pair_ends_where_the_first_fails() -> None:
    """With a sentence."""
    specs = (LaunchSpec(engine="ollama", name="a"), LaunchSpec(engine="vllm", name="b"))
    async with held() as opened:
        opened.control.outcome = msgspec.structs.replace(OLLAMA_READY, status="failed")
        opened.launching.start_pair(specs)
        await opened.rest()
        assert [wish[0] for wish in opened.done] == ["up", "wait"]  # type: ignore[index]
        assert "the other one was not started" in opened.complaints


async def test_the_models_of_an_ollama_open_with_tags_to_pull() -> None:
    """From the table."""
    async with held(OLLAMA_READY) as opened:
        opened.launching.open_models(OLLAMA_READY.key)
        await opened.rest()
        screen = opened.app.screen
        assert isinstance(screen, StoreScreen)
        assert "qwen3:0.6b" in screen.tags


async def test_a_recording_opens_nothing() -> None:
    """And says why."""
    async with held(OLLAMA_READY, is_recording=True) as opened:
        opened.launching.open_new()
        opened.launching.open_edit(OLLAMA_READY.key)
        opened.launching.open_models(OLLAMA_READY.key)
        opened.launching.start_pair([BEFORE])
        await opened.rest()
        assert opened.app.main.is_active
        assert "Nothing can be controlled here" in opened.complaints


async def test_a_running_ollama_tells_what_its_volume_holds() -> None:
    """Nobody else may look into it."""
    async with held(OLLAMA_READY) as opened:
        opened.control.stored = (STORED, StoredModel(name="my:own", size_bytes=7))
        opened.launching.open_new()
        await opened.rest()
        shown = words(opened.app)
        assert "✓ here, 523 MB" in shown
        assert "my:own" in shown
        assert "↓ download" in shown


async def test_without_one_nothing_is_said_of_a_volume() -> None:
    """Unknown is not absent."""
    async with held() as opened:
        opened.launching.open_new()
        await opened.rest()
        assert "↓ download" not in words(opened.app)


def places(folder: Path) -> Places:
    """A Hugging Face cache with one whole model, and an Ollama's store with one more."""
    snapshot = folder / "hub/models--Qwen--Qwen3-0.6B/snapshots/0123456789abcdef"
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").write_text("{}")
    (snapshot / "tokenizer.json").write_text("{}")
    (snapshot / "model.safetensors").write_bytes(b"0" * 1_000_000)
    blobs = folder / "ollama/blobs"
    blobs.mkdir(parents=True)
    digest = "a" * 64
    (blobs / f"sha256-{digest}").write_bytes(b"0" * 2_000_000)
    tag = folder / "ollama/manifests/registry.ollama.ai/library/tiny/1m"
    tag.parent.mkdir(parents=True)
    layer = {
        "mediaType": "application/vnd.ollama.image.model",
        "digest": f"sha256:{digest}",
        "size": 2_000_000,
    }
    tag.write_text(json.dumps({"layers": [layer]}))
    return Places(folder / "hub", folder / "ollama")


def test_models_that_are_here_come_first(tmp_path: Path) -> None:
    """With their size; what is not here is said to be so."""
    found = search(PAIRS, places(tmp_path), LaunchSpec(engine="vllm"))
    lines = model_choices.rows(found, "vllm", "", 120)
    assert "Qwen/Qwen3-0.6B" in lines[0]
    assert lines[0].endswith("✓ here, 1 MB")
    assert all("↓ download" in line for line in lines[1:])


def test_a_store_that_can_be_looked_into_tells_models_of_no_table(tmp_path: Path) -> None:
    """Of a local process; a container keeps its models in a volume."""
    seen = places(tmp_path)
    found = search(PAIRS, seen, LaunchSpec(engine="ollama", place="process"))
    assert dict(found[0].names) == {"ollama": "tiny:1m"}
    assert dict(found[0].here) == {"ollama": 2_000_000}
    unseen = search(PAIRS, seen, LaunchSpec(engine="ollama"))
    assert not any(choice.is_looked_for for choice in unseen)


def test_a_chosen_folder_is_looked_into(tmp_path: Path) -> None:
    """Instead of the usual one."""
    seen = places(tmp_path)
    spec = LaunchSpec(engine="vllm", weights=str(tmp_path / "elsewhere"))
    assert not any(choice.here for choice in search(PAIRS, seen, spec))


async def test_folders_are_read_in_a_thread(tmp_path: Path) -> None:
    """The form goes on meanwhile."""
    threads = DaemonThreads("test", 1)
    find = source(PAIRS, places(tmp_path), threads)
    found = await find(LaunchSpec(engine="vllm"))
    threads.close()
    assert found[0].here
