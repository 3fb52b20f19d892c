"""Wishes of the screens, handed to the control of the session."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from burstview.engine_rules import Wish
from burstview_engines.source import SessionError

if TYPE_CHECKING:
    from burstview_engines.control import EngineControl

ASKED: dict[Wish, str] = {
    "start": "start asked for",
    "stop": "stop asked for",
    "cancel": "cancel asked for",
    "kill": "kill asked for",
    "restart": "restart asked for",
    "remove": "removal asked for",
    "adopt": "adoption asked for",
}
"""Said at once, until the daemon has taken the wish."""


class Wishes:
    """What was asked for and is not taken yet; the app owns it."""

    def __init__(self) -> None:
        self.pending: dict[str, Wish] = {}
        """The newest wish by engine key."""

    def said(self, key: str) -> str:
        """`stop asked for`; empty when nothing is pending."""
        wish = self.pending.get(key)
        return ASKED[wish] if wish is not None else ""

    async def fulfil(
        self, control: EngineControl | None, wish: Wish, key: str, *, volumes: bool = False
    ) -> str | None:
        """Hand one over; the sentence of a refusal."""
        if control is None:
            return "Nothing can be controlled here: this is a recording, or there is no Docker."
        self.pending[key] = wish
        try:
            await _ask(control, wish, key, volumes)
        except SessionError as refusal:
            return str(refusal)
        finally:
            if self.pending.get(key) == wish:
                del self.pending[key]
        return None


async def _ask(control: EngineControl, wish: Wish, key: str, volumes: bool) -> None:
    match wish:
        case "start":
            await control.start(key)
        case "stop":
            await control.stop(key)
        case "cancel":
            await control.cancel(key)
        case "kill":
            await control.kill(key)
        case "restart":
            await control.restart(key)
        case "remove":
            await control.remove(key, volumes=volumes)
        case "adopt":
            await control.adopt(key)
        case _:
            assert_never(wish)
