"""Request, proof, models, settings, help, palette, themes and pictures."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.tui.monitor import monitor, settle, words
from tests.tui.scripted import ScriptedSession
from textual.widgets import Checkbox, Input

from burstview import keys
from burstview.app import BurstviewApp
from burstview.screens.help import chapters
from burstview.screens.settings import SettingsScreen


async def test_a_request_shows_its_answer_as_it_streams() -> None:
    """Prompt, times and text; the next one is a key away."""
    async with monitor(ScriptedSession(held=True), fired="d") as (pilot, app, session):
        session.play(0.5)
        app.draw_changes()
        await pilot.press("j", "enter")
        await pilot.pause()
        assert "Request 1 of 16 · vLLM · SIMULATED" in words(app)
        assert "streaming" in words(app)
        before = words(app).count("word")
        session.play(0.2)
        app.draw_changes()
        await pilot.pause()
        assert words(app).count("word") > before > 0
        await pilot.press("j")
        await pilot.pause()
        assert "Request 2 of 16" in words(app)
        assert "b1-02: Explain" in words(app)
        await pilot.press("escape")
        assert app.screen is app.main


async def test_a_request_tells_all_its_figures() -> None:
    """Each by its name in the field."""
    async with monitor(fired="d", size=(80, 24)) as (pilot, app, _):
        await pilot.press("j", "enter")
        await pilot.pause()
        shown = words(app)
        for name in ("TTFT", "TPOT", "ITL", "E2E", "finish reason", "HTTP status", "server: queue"):
            assert name in shown


async def test_escape_sequences_of_a_model_are_harmless() -> None:
    """Neither colours nor titles nor cursor moves reach the terminal."""
    session = ScriptedSession(text="\x1b[31mred\x1b]0;owned\x07 \x1b[2J[bold]x[/bold] ")
    async with monitor(session, fired="d") as (pilot, app, _):
        await pilot.press("j", "enter")
        await pilot.pause()
        assert "red [bold]x[/bold]" in words(app)
        assert "\x1b" not in words(app)
        assert "owned" not in words(app)


async def test_w_shows_what_the_sentence_rests_on() -> None:
    """For both sides, with the rule, and whatever differs."""
    async with monitor(fired="d") as (pilot, app, _):
        await pilot.press("w")
        await pilot.pause()
        shown = words(app)
        for said in ("started late", "15", "gain (burst / alone)", "The rule", "quantisation"):
            assert said in shown
        await pilot.press("w")
        assert app.screen is app.main


async def test_m_chooses_among_the_models() -> None:
    """Of the selected backend; grey where there is only one."""
    async with monitor() as (pilot, app, session):
        await pilot.press("m")
        assert app.screen is app.main
        await pilot.press("tab", "2", "m")
        await pilot.pause()
        assert "Models of Ollama" in words(app)
        await pilot.press("down", "enter")
        await settle(pilot, app)
        assert session.chosen == [("ollama", "qwen3:4b")]
        await pilot.press("m", "escape")
        await settle(pilot, app)
        assert len(session.chosen) == 1


async def fill(app: BurstviewApp, **fields: str) -> None:
    """Write into the settings' fields."""
    for name, text in fields.items():
        app.screen.query_one(f"#{name}", Input).value = text


async def test_settings_go_into_the_next_burst() -> None:
    """Tokens, prompt, temperature, thinking, lengths, warm-up."""
    async with monitor() as (pilot, app, session):
        await pilot.press("e")
        await pilot.pause()
        await fill(app, max_tokens="32", prompt="Say hi.", temperature="0.7", prompt_tokens="500")
        app.screen.query_one("#warm_up", Checkbox).value = False
        app.screen.query_one("#thinking").focus()
        await pilot.press("right", "space", "ctrl+s")
        await pilot.pause()
        assert app.screen is app.main
        await pilot.press("d")
        await settle(pilot, app)
        plan = session.plans[0]
        assert (plan.max_tokens, plan.prompt, plan.temperature) == (32, "Say hi.", 0.7)
        assert (plan.prompt_tokens, plan.warm_up, plan.alone) == (500, False, 0)
        assert plan.thinking == "off"
        assert "tokens 32" in words(app)


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("max_tokens", "many", "Tokens: a whole number from 1 to 100,000"),
        ("max_tokens", "0", "Tokens: a whole number"),
        ("temperature", "hot", "Temperature: a number from 0 to 2"),
        ("temperature", "2.5", "Temperature: a number from 0 to 2"),
        ("prompt", "  ", "The prompt is empty"),
        ("prompt_tokens", "-3", "Prompt tokens: a whole number"),
    ],
)
async def test_a_setting_that_makes_no_sense_is_a_sentence(
    field: str, text: str, said: str
) -> None:
    """The screen stays, with the field in focus; escape leaves all as it was."""
    async with monitor(size=(80, 24)) as (pilot, app, _):
        before = app.main.plan
        await pilot.press("e")
        await pilot.pause()
        await fill(app, **{field: text})
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, SettingsScreen)
        assert said in words(app)
        assert app.focused is app.screen.query_one(f"#{field}")
        await pilot.press("escape")
        await pilot.pause()
        assert app.main.plan == before


async def test_help_lists_every_key() -> None:
    """Each with a sentence."""
    async with monitor(size=(120, 200)) as (pilot, app, _):
        await pilot.press("question_mark")
        await pilot.pause()
        shown = words(app)
        for _, bindings in chapters():
            for binding in bindings:
                assert keys.label(binding) in shown
                assert (binding.tooltip or binding.description) in shown
        await pilot.press("escape")
        assert app.screen is app.main


async def test_the_palette_has_every_action_that_is_possible_now() -> None:
    """And each theme."""
    async with monitor(fired="d") as (_, app, _):
        titles = {command.title for command in app.get_system_commands(app.main)}
        for binding in (*keys.MAIN, *keys.EVERYWHERE):
            if binding.action not in ("cancel", "model"):
                assert f"{binding.description} ({keys.label(binding)})" in titles
        assert "Theme burstview-projector-light" in titles


async def test_a_command_of_the_palette_does_what_its_key_does() -> None:
    """Fire from the palette."""
    async with monitor() as (pilot, app, session):
        commands = {command.title: command for command in app.get_system_commands(app.main)}
        await commands["Duel (d)"].callback()
        await settle(pilot, app)
        assert session.fired == [("vllm", "ollama")]


async def test_t_goes_through_the_themes() -> None:
    """All four, and round again."""
    async with monitor() as (pilot, app, _):
        seen = []
        for _ in range(4):
            seen.append(app.theme)
            await pilot.press("t")
            await pilot.pause()
        assert len(set(seen)) == 4
        assert app.theme == seen[0] == "burstview-dark"


async def test_an_unknown_theme_is_a_sentence() -> None:
    """With the names that there are."""
    async with monitor(theme="pink") as (_, app, _):
        (notice,) = app._notifications
        assert "There is no theme “pink”" in str(notice.message)
        assert app.theme == "burstview-dark"


def saved_picture(folder: Path) -> str:
    """The only SVG in a folder."""
    (picture,) = folder.glob("*.svg")
    return picture.read_text("utf-8")


async def test_shift_s_saves_a_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As SVG, in the current folder."""
    monkeypatch.chdir(tmp_path)
    async with monitor(fired="d") as (pilot, _, _):
        await pilot.press("S")
        await pilot.pause()
    assert "Ollama" in saved_picture(tmp_path)


async def test_no_color_leaves_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting, streaming and done differ by glyph; the verdicts are words."""
    monkeypatch.setenv("NO_COLOR", "1")
    async with monitor(ScriptedSession(held=True), fired="d") as (pilot, app, session):
        session.play(2.5)
        app.draw_changes()
        await pilot.pause()
        assert app.no_color
        assert {"░", "▓", "█"} <= set(words(app))
