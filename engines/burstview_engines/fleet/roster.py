"""The engines of a session, the sides that have them, and which of them may be changed."""

from __future__ import annotations

from collections.abc import Mapping

from burstview_engines.core.managed import ManagedEngine
from burstview_engines.fleet.hub import Hub
from burstview_engines.fleet.side import Side
from burstview_engines.source import SessionError

READ_ONLY = "This session is read-only: nothing is started, changed or removed."


class Roster:
    """What all that act on engines have in common."""

    def __init__(self, sides: Mapping[str, Side], where: str, *, read_only: bool) -> None:
        """`sides` by place: `container`, `process`."""
        self.sides, self.where, self.read_only = dict(sides), where, read_only
        self._hub: Hub | None = None

    def begin(self, hub: Hub) -> None:
        """The session has begun."""
        self._hub = hub

    @property
    def is_open(self) -> bool:
        """Whether the session has begun."""
        return self._hub is not None

    @property
    def hub(self) -> Hub:
        """Raises SessionError before the session has begun."""
        if self._hub is None:
            raise SessionError("The session has not begun.")
        return self._hub

    def engine(self, key: str) -> ManagedEngine:
        """As the board has it. Raises SessionError when it is not there."""
        return self.hub.board.get(key)

    def has(self, key: str) -> bool:
        """Whether it is on the board."""
        return self.hub.board.has(key)

    def side(self, key: str) -> Side:
        """Of an engine."""
        return self.side_of(key.partition(":")[0])

    def side_of(self, place: str) -> Side:
        """Raises SessionError where no engine can be started so."""
        side = self.sides.get(place)
        if side is None:
            raise SessionError(f"No engine can be started as a {place} here. {self.where}")
        return side

    def may_change(self) -> None:
        """Raises SessionError in a read-only session."""
        if self.read_only:
            raise SessionError(READ_ONLY)

    def guard(self, key: str) -> ManagedEngine:
        """The engine, if it may be changed. Raises SessionError."""
        self.may_change()
        engine = self.engine(key)
        if not engine.may_change:
            whose = f"{engine.who}'s" if engine.who else "not burstview's"
            raise SessionError(f"{engine.name} is {whose}; adopt it before changing it.")
        return engine
