"""The line under the slider: what the next burst asks for, and the two buttons."""

from __future__ import annotations

from textual import events
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from burstview_engines.core.plan import BurstPlan, Order
from burstview_engines.core.text import one_line
from burstview_engines.core.wording import seconds

THINKING = {"as-is": "thinking as it does", "on": "thinking on", "off": "thinking off"}
ORDER = {"auto": "order auto", "in-turns": "in turns", "together": "TOGETHER"}
SHORTEST_PROMPT = 12
FIRE, DUEL, CANCEL = "▸ FIRE f", "▸ DUEL d", "■ CANCEL c"
GAP = 2


class PlanLine(Widget):
    """A click on the settings opens them, a click on a button presses it."""

    DEFAULT_CSS = """
    PlanLine { height: 1; width: 1fr; }
    """

    plan: reactive[BurstPlan] = reactive(BurstPlan())
    """What the next burst sends."""
    order: reactive[Order] = reactive[Order]("auto")
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
        tone = "bold $error" if self.is_firing else "bold $accent"
        tone = tone if self.is_firing or self.can_fire else "$muted-text"
        tail = (" " * GAP).join(label for label, _ in buttons)
        room = self.size.width - len(tail) - len(self.hint) - 2 * GAP - 2
        settings = settings_words(self.plan, self.order, room)
        gap = " " * max(1, room - len(settings))
        return Content.assemble(
            f" {settings}{gap}", (f"{self.hint}{' ' * GAP}", "$accent"), (tail, tone), " "
        )

    async def on_click(self, event: events.Click) -> None:
        """From the right: the buttons, then the settings."""
        right = self.size.width - 1
        for label, action in reversed(self._buttons()):
            if right - len(label) <= event.x < right:
                await self.run_action(action)
                return
            right -= len(label) + GAP
        if event.x < right - len(self.hint):
            await self.run_action("screen.settings")

    def _buttons(self) -> list[tuple[str, str]]:
        """Words and action of each."""
        if self.is_firing:
            return [(CANCEL, "screen.cancel")]
        return [(FIRE, "screen.fire"), (DUEL, "screen.duel")]


def settings_words(plan: BurstPlan, order: Order, room: int) -> str:
    """What the burst asks for, the weightiest first, as far as there is room."""
    words = [f"tokens {plan.max_tokens}", THINKING[plan.thinking]]
    words += [] if plan.warm_up else ["no warm-up"]
    words += [] if plan.equal_lengths else ["own lengths"]
    words += [] if plan.temperature is None else [f"temperature {plan.temperature:g}"]
    words += [] if plan.stream else ["not streamed"]
    words.insert(1 if order == "together" else len(words), ORDER[order])
    while len(" · ".join(words)) > room and len(words) > 1:
        words.pop()
    text = " · ".join(words)
    left = room - len(text) - 5
    return f"{text} · “{one_line(plan.prompt, left)}”" if left >= SHORTEST_PROMPT else text


def hint(times: tuple[float | None, float | None]) -> str:
    """`≈ 0.5 s / ≈ 8.5 s` of what is known from earlier bursts; empty when nothing is."""
    if times == (None, None):
        return ""
    return " / ".join("—" if time is None else f"≈ {seconds(time)}" for time in times)
