"""The line under the slider: what the next burst asks for, and the two buttons."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from burstview_engines.core.plan import BurstPlan, Order
from burstview_engines.core.text import harmless
from burstview_engines.core.wording import seconds

THINKING = {"as-is": "thinking as the engine does", "on": "thinking on", "off": "thinking off"}
ORDER = {"auto": "order auto", "in-turns": "in turns", "together": "TOGETHER"}


class PlanLine(Widget):
    """Everything in it is clickable: the settings open, the order changes, the buttons fire."""

    DEFAULT_CSS = """
    PlanLine { height: 1; width: 1fr; }
    """

    plan: reactive[BurstPlan] = reactive(BurstPlan())
    """What the next burst sends."""
    order: reactive[Order] = reactive("auto")
    """How a duel fires."""
    hint: reactive[str] = reactive("")
    """Expected seconds, from earlier bursts; empty when there was none."""
    is_firing: reactive[bool] = reactive(False)
    """A burst is under way: the button cancels."""
    can_fire: reactive[bool] = reactive(False)
    """There is something to fire at."""

    def render(self) -> Content:
        """Settings left, buttons right; the prompt gets what room is left."""
        buttons = self._buttons()
        room = self.size.width - len(buttons) - len(self.hint) - 5
        settings = self._settings(room)
        gap = max(1, self.size.width - len(settings) - len(self.hint) - len(buttons) - 3)
        return Content.assemble(
            " ", settings, " " * gap, Content.styled(self.hint, "$accent"), "  ", buttons
        )

    def _settings(self, room: int) -> Content:
        plan = self.plan
        words = [f"tokens {plan.max_tokens}", self._thinking(room), ORDER[self.order]]
        if not plan.equal_lengths:
            words.append("own lengths")
        if not plan.warm_up:
            words.append("no warm-up")
        if plan.temperature is not None:
            words.append(f"temperature {plan.temperature:g}")
        text = " · ".join(words)
        prompt = harmless(plan.prompt).replace("\n", " ")
        left = room - len(text) - 5
        if left >= 12:
            text += f" · “{prompt if len(prompt) <= left else prompt[: left - 1] + '…'}”"
        return Content.from_markup("[@click=screen.settings]$text[/]", text=text[:room])

    def _thinking(self, room: int) -> str:
        words = THINKING[self.plan.thinking]
        return words if room > 70 else words.replace("as the engine does", "as is")

    def _buttons(self) -> Content:
        if self.is_firing:
            return Content.from_markup("[@click=screen.cancel][bold $error]■ CANCEL c[/][/]")
        tone = "bold $accent" if self.can_fire else "$muted-text"
        return Content.from_markup(
            f"[@click=screen.fire][{tone}]▸ FIRE f[/][/]  [@click=screen.duel][{tone}]▸ DUEL d[/][/]"
        )


def hint(times: tuple[float | None, float | None]) -> str:
    """`≈ 0.5 s / ≈ 8.5 s` of what is known from earlier bursts; empty when nothing is."""
    if times == (None, None):
        return ""
    return " / ".join("—" if time is None else f"≈ {seconds(time)}" for time in times)
