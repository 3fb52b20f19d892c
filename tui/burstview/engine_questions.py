"""What is asked before an engine is stopped, removed or adopted. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from burstview.engine_rules import Wish
from burstview.engine_words import owner_word
from burstview_engines.core.managed import ManagedEngine
from burstview_engines.core.text import one_line
from burstview_engines.core.wording import count


@dataclass(frozen=True, slots=True)
class Question:
    """A dialog's words. Cancel is always there and comes first."""

    title: str
    """One question."""
    consequences: tuple[str, ...]
    """What will happen, one sentence each."""
    verb: str
    """On the button that does it."""
    typed: str | None = None
    """Must be typed before the button works."""
    tick: str | None = None
    """A box that may be ticked, off at first."""
    tick_typed: str | None = None
    """Must be typed once the box is ticked."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Yes, and whether the box was ticked."""

    is_ticked: bool = False


def about(wish: Wish, engine: ManagedEngine, in_flight: int) -> Question:
    """The question that belongs to a wish for which `asks_first` holds."""
    name = one_line(engine.name, 60)
    match wish:
        case "adopt":
            return _adopt(engine, name)
        case "remove":
            return _remove(engine, name, in_flight)
        case "kill":
            told = f"{name} is ended at once, without a chance to finish anything."
            return Question(f"Kill {name}?", (told, *_lost(in_flight)), "Kill")
        case "restart":
            told = f"{name} is stopped and started again as it is; its model is loaded anew."
            return Question(
                f"Restart {name}?", (told, *_lost(in_flight), *_not_ours(engine)), "Restart"
            )
        case _:
            told = f"{name} is asked to end; it can be started again."
            return Question(f"Stop {name}?", (told, *_lost(in_flight), *_not_ours(engine)), "Stop")


def _adopt(engine: ManagedEngine, name: str) -> Question:
    whose = "without burstview" if engine.owner == "foreign" else f"by {_who(engine)}"
    return Question(
        f"Adopt {name}?",
        (
            f"It was started {whose}. Nothing changes now.",
            "From then on it can be started, stopped, restarted and removed from here,"
            " and each stop asks first.",
            "This is remembered for this very container; a new one of that name is foreign again.",
        ),
        "Adopt",
    )


def _remove(engine: ManagedEngine, name: str, in_flight: int) -> Question:
    up = engine.status in ("starting", "ready", "running", "paused")
    return Question(
        f"Remove {name}?",
        (
            *(("It is stopped first.",) if up else ()),
            *_lost(in_flight),
            "Its log and its settings go; its name and port become free.",
            *_volumes(engine),
            *_not_ours(engine),
        ),
        "Remove",
        tick="Delete its volumes too" if engine.place == "container" else None,
        tick_typed=engine.name,
    )


def _volumes(engine: ManagedEngine) -> tuple[str, ...]:
    if engine.place == "process":
        return ("Its models stay where they are.",)
    return ("Its volumes, with the models in them, are kept.",)


def _lost(in_flight: int) -> tuple[str, ...]:
    if not in_flight:
        return ()
    verb = "is" if in_flight == 1 else "are"
    return (f"{count(in_flight, 'request')} {verb} in flight at it and will break off.",)


def _not_ours(engine: ManagedEngine) -> tuple[str, ...]:
    if engine.owner == "ours":
        return ()
    return (f"It is {owner_word(engine)}: others may be using it.",)


def _who(engine: ManagedEngine) -> str:
    return one_line(engine.who, 40) if engine.who else "another user"
