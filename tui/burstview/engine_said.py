"""What the panel says of one engine, as styled pieces. Pure."""

from __future__ import annotations

from burstview import engine_rules as rules
from burstview import engine_words as say
from burstview_engines.core.managed import ManagedEngine
from burstview_engines.core.text import harmless, one_line

Said = tuple[tuple[str, str], ...]

STYLES: dict[say.Tone, str] = {
    "good": "bold $success",
    "busy": "bold $accent",
    "bad": "bold $error",
    "warn": "bold $warning",
    "quiet": "bold $muted-text",
}
_DETAIL_LETTERS = 2_000
_UNWILLING = ("stopping", "running")
"""Where a kill is worth offering."""


def name_of(engine: ManagedEngine) -> Said:
    """`burstview-ai-vllm  vLLM Qwen/Qwen3-0.6B  SIMULATED`."""
    said = [
        (f" {one_line(engine.name, 80)}", "bold"),
        (f"  {say.engine_and_model(engine)}", "$secondary"),
    ]
    said += [("  SIMULATED", "bold $simulated-text")] if engine.simulated else []
    said += [("  LAN: open to other machines", "bold $error")] if engine.lan else []
    return tuple(said)


def state_of(engine: ManagedEngine, now: float, asked: str) -> Said:
    """Glyph, what goes on, since when and for how long; and a wish that is not taken yet."""
    style = STYLES[say.tone(engine)]
    said = [(f" {say.mark(engine)} {say.headline(engine, now)}", style)]
    said += [(f" · {asked}", "bold $accent")] if asked else []
    return tuple(said)


def failure_of(engine: ManagedEngine, *, in_detail: bool) -> Said:
    """Why it failed and what to do; the raw words when they are asked for. Empty without one."""
    failure = engine.failure
    if failure is None:
        return ()
    is_over = engine.status == "failed"
    mark, style = ("✗", "bold $error") if is_over else ("⚠", "bold $warning")
    said = [(f" {mark} {one_line(failure.sentence, 500)}", style)]
    if failure.step:
        said.append((f"\n → {one_line(failure.step, 500)}", "bold"))
    if failure.detail and not in_detail:
        said += [("\n ", ""), _button("d", "shows its own words", "details")]
    if failure.detail and in_detail:
        words = harmless(failure.detail)[:_DETAIL_LETTERS].strip()
        said.append(("\n " + "\n ".join(words.splitlines()), "$muted-text"))
    return tuple(said)


def partly_on_cpu(engine: ManagedEngine) -> Said:
    """The mark of a model that the CPU computes in part; empty of any other."""
    if engine.status != "ready" or not say.is_partly_on_cpu(engine):
        return ()
    share = engine.on_gpu
    if share == 0:
        words = "Its model lies on the CPU, all of it; that is slow."
    else:
        part = f": {share:.0%} of it on GPUs" if share is not None else ""
        words = f"Its model lies partly on the CPU{part}; that is slow."
    return ((f" ⚠ {words}", "bold $warning"),)


def offers_of(engine: ManagedEngine, is_read_only: bool, can_fire: bool) -> Said:
    """What can be done now besides the footer's keys; each is a button."""
    said: list[tuple[str, str]] = []
    if not engine.may_change:
        said.append((_why_not(engine), "$muted-text"))
    if rules.may("adopt", engine, is_read_only):
        said.append(_button("a", "adopt it", "adopt"))
    if can_fire:
        said += [_button("f", "fire at it", "fire"), _button("enter", "use it", "take")]
    if rules.has_models(engine):
        said.append(_button("m", "models", "models"))
    if engine.status in _UNWILLING and rules.may("kill", engine, is_read_only):
        said.append(_button("K", "kill", "kill"))
    if not is_read_only:
        said.append(_button("y", "command", "command"))
    spaced = [piece for offer in said for piece in (("  ", ""), offer)]
    return ((" ", ""), *spaced[1:]) if spaced else ()


def _why_not(engine: ManagedEngine) -> str:
    if engine.owner == "foreign":
        return "read-only: started without burstview"
    return f"read-only: it belongs to {one_line(engine.who, 40) if engine.who else 'another user'}"


def _button(key: str, words: str, action: str) -> tuple[str, str]:
    return (f"{key} {words}", f"$accent @click=screen.{action}")
