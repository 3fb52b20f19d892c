"""The log that somebody reads, and the last lines of the others; without API keys."""

from __future__ import annotations

from collections.abc import Sequence

from burstview_engines.control import LogLine, LogView
from burstview_engines.fleet.log_source import OpenLog
from burstview_engines.fleet.masked_log import MaskedLog, masked_lines
from burstview_engines.fleet.roster import Roster


class OpenLogs:
    """One is followed at a time."""

    def __init__(self, roster: Roster) -> None:
        self._roster = roster
        self._log: OpenLog | None = None

    def follow(self, key: str, *, tail: int, kept: int) -> LogView:
        """From now on, until another is followed or the session closes: at first the last `tail`
        lines, of which and of later ones the newest `kept` are at hand."""
        self._roster.engine(key)
        self.close()
        self._log = self._roster.side(key).open_log(key, None, tail=tail, kept=kept)
        return MaskedLog(self._log.view, self._roster.hub.stream.blotter.masked)

    async def last_lines(self, key: str, count: int) -> Sequence[LogLine]:
        """The newest of its log, numbered from 1, without following it."""
        self._roster.engine(key)
        lines = await self._roster.side(key).last_lines(key, count)
        return masked_lines(lines, self._roster.hub.stream.blotter.masked)

    def close(self) -> None:
        """None is followed."""
        if self._log is not None:
            self._log.close()
            self._log = None
