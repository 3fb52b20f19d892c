"""Engines as a person names them on the command line. Pure but for the errors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from burstview_engines.core.managed import ManagedEngine
from burstview_engines.source import SessionError


def find(engines: Iterable[ManagedEngine], name: str, trouble: str | None = None) -> str:
    """The key of the engine that is meant: by its whole name, by its kind where only one of that
    kind is yours, or by the beginning of its name or container id where only one begins so.

    Raises SessionError that names those there are, and the trouble that may hide others.
    """
    here = tuple(engines)
    for candidates in (_named(here, name), _of_kind(here, name), _beginning(here, name)):
        if len(candidates) == 1:
            return candidates[0].key
        if candidates:
            names = " or ".join(_called(engine, candidates) for engine in candidates)
            raise SessionError(f"{name} may be {names}; name the one that you mean.")
    names = ", ".join(engine.name for engine in here) or "none"
    missing = f"There is no engine {name!r}; those here: {names}."
    raise SessionError(f"{missing} {trouble}" if trouble else missing)


def _named(engines: Sequence[ManagedEngine], name: str) -> list[ManagedEngine]:
    return [engine for engine in engines if name in (engine.name, engine.key)]


def _of_kind(engines: Sequence[ManagedEngine], name: str) -> list[ManagedEngine]:
    return [engine for engine in engines if engine.engine == name and engine.may_change]


def _beginning(engines: Sequence[ManagedEngine], name: str) -> list[ManagedEngine]:
    if not name:
        return []
    return [engine for engine in engines if engine.name.startswith(name) or _has_id(engine, name)]


def _has_id(engine: ManagedEngine, name: str) -> bool:
    """A container's id may be cut short, a pid may not."""
    if not engine.id:
        return False
    return engine.id.startswith(name) if engine.place == "container" else engine.id == name


def _called(engine: ManagedEngine, others: Sequence[ManagedEngine]) -> str:
    """A container and a process may have one name: the key tells them apart."""
    is_double = sum(other.name == engine.name for other in others) > 1
    return engine.key if is_double else engine.name
