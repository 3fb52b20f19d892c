"""Runs the monitor on a scripted session in its own process; a file tells what became of it."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.tui.scripted import ScriptedSession

from burstview.app import BurstviewApp
from burstview_engines.core.plan import BurstPlan


class TellingSession(ScriptedSession):
    """Writes down that it was opened and closed."""

    def __init__(self, diary: Path) -> None:
        super().__init__(held=True)
        self.diary = diary

    async def open(self) -> None:
        """As ever, and written down."""
        await super().open()
        self._tell("opened")

    async def close(self) -> None:
        """As ever, and written down."""
        await super().close()
        self._tell("closed")

    def _tell(self, what: str) -> None:
        with self.diary.open("a") as diary:
            diary.write(f"{what}\n")


if __name__ == "__main__":
    app = BurstviewApp(TellingSession(Path(sys.argv[1])), BurstPlan())
    app.run()
    sys.exit(app.return_code)
