"""The form while it is being built: keys may come before all of it is there."""

from __future__ import annotations

from tests.tui.test_launch_screen import Form, form

from burstview.launch_form import LaunchForm
from burstview.widgets.engine_form import EngineForm
from burstview_engines.launch.registry import LAUNCH


async def begun(opened: Form) -> EngineForm:
    """Another form that is mounted and has no place yet."""
    new = EngineForm(LAUNCH["vllm"], LaunchForm(engine="vllm"), ())
    await opened.screen.query_one("#launch-form").mount(new)
    return new


async def test_a_form_that_has_no_place_yet_takes_no_key() -> None:
    """It would come first, and `down` would jump over what stands above it."""
    async with form() as opened:
        new = await begun(opened)
        first = [opened.field("engine").editor, opened.field("place").editor]
        assert opened.screen.focus_chain[:2] == first
        assert new.models not in opened.screen.focus_chain
        await opened.rest()
        assert opened.screen.focus_chain[:2] == first
        assert new.fields["arguments"].editor in opened.screen.focus_chain


async def test_fields_stand_in_their_order_although_they_come_in_batches() -> None:
    """From the model to the environment, for every engine."""
    async with form(initial=None) as opened:
        for engine in LAUNCH:
            assert opened.screen.engine == engine
            shown = opened.screen.form
            keys = [field.key for field in shown.query("Field").results()]
            options = [field.key for field in shown.options.fields]
            assert keys[: len(options) + 2] == ["model", *options, "gpus"]
            assert keys[-1] == "environment"
            assert {field.key for field in shown.all_fields} == {*keys}
            opened.focus("engine")
            await opened.press("right")


async def test_the_cursor_goes_to_a_field_once_it_is_there() -> None:
    """What is wrong may be far below."""
    async with form() as opened:
        new = await begun(opened)
        assert not new.fields["arguments"].is_attached
        new.mend("arguments")
        await opened.rest()
        assert opened.screen.focused is new.fields["arguments"].editor


async def test_what_both_engines_share_is_warned_of_in_a_new_form() -> None:
    """The switch is on before it is mounted."""
    async with form() as opened:
        await opened.fill(lan="on")
        opened.focus("engine")
        await opened.press("right")
        assert opened.screen.engine == "vllm"
        assert "no key is asked for" in opened.field("lan").warning
