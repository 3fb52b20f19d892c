"""What differs between the two sides of a duel: whatever else than the engine could explain it."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

from burstview_engines.core.views import RunView
from burstview_engines.core.wording import UNKNOWN

Trait = Callable[[RunView], str]


def differences(one: RunView, other: RunView) -> tuple[str, ...]:
    """One phrase for each trait that differs or is unknown on one side only; empty when alike."""
    found = []
    for name, trait in TRAITS:
        a, b = trait(one), trait(other)
        if a != b:
            found.append(f"{name} {a} against {b}")
    if one.contended or other.contended:
        found.append("CONTENDED: fired at the same time on the same hardware")
    return tuple(found)


def _model(run: RunView) -> str:
    return run.backend.model or UNKNOWN


def _quant(run: RunView) -> str:
    return run.backend.quant or UNKNOWN


def _context(run: RunView) -> str:
    return _number(run.backend.context_tokens)


def _seats(run: RunView) -> str:
    return _number(run.backend.seats)


def _gpu(run: RunView) -> str:
    return run.backend.gpu or UNKNOWN


def _on_gpu(run: RunView) -> str:
    """Told by Ollama only: another engine holds its whole model where it computes."""
    share = run.backend.on_gpu if run.backend.on_gpu != 1 else None
    return "all" if share is None else f"{100 * share:.0f} % of the model"


def _prompt_tokens(run: RunView) -> str:
    return _middle([r.prompt_tokens for r in run.requests])


def _lengths(run: RunView) -> str:
    return _middle([r.output_tokens for r in run.requests if r.state == "done"])


def _thinking(run: RunView) -> str:
    thinking = sum(request.thinking_chunks > 0 for request in run.requests)
    return f"in {thinking} of {len(run.requests)}" if thinking else "none"


def _sampling(run: RunView) -> str:
    temperature = run.plan.temperature
    return "the engine's own" if temperature is None else f"temperature {temperature:g}"


def _concurrency(run: RunView) -> str:
    return _number(run.plan.concurrency)


def _number(value: int | None) -> str:
    return UNKNOWN if value is None else f"{value:,}"


def _middle(values: list[int | None]) -> str:
    """`23`, `20 to 27`, or unknown."""
    known = [value for value in values if value is not None]
    if not known or len(known) < len(values):
        return UNKNOWN
    low, high = min(known), max(known)
    if high - low <= 0.1 * median(known):
        return f"{median(known):,.0f}"
    return f"{low:,} to {high:,}"


TRAITS: tuple[tuple[str, Trait], ...] = (
    ("requests", _concurrency),
    ("model", _model),
    ("quantisation", _quant),
    ("GPU", _gpu),
    ("on the GPU", _on_gpu),
    ("context", _context),
    ("served at once", _seats),
    ("prompt tokens", _prompt_tokens),
    ("answer tokens", _lengths),
    ("thinking", _thinking),
    ("sampling", _sampling),
)
"""In the order they are shown."""
