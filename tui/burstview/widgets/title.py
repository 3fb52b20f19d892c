"""The first line: where this runs and on what."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from burstview_engines.core.text import harmless, one_line
from burstview_engines.core.views import Snapshot


class Title(Widget):
    """The program, what is special about the picture just now, and the machine."""

    DEFAULT_CSS = """
    Title { height: 1; width: 1fr; background: $panel; }
    """

    place: reactive[str] = reactive("")
    """Host and GPUs."""
    state: reactive[str] = reactive("")
    """`FROZEN`, `RECORDING`, `SLOW MOTION ×20` and the like; empty most of the time."""

    def render(self) -> Content:
        """The state in the middle is never cut; the place is."""
        left = Content.styled(" burstview ", "bold $primary")
        state = Content.styled(f" {self.state} ", "bold reverse") if self.state else Content("")
        room = max(0, self.size.width - len(left) - len(state) - 2)
        place = Content.styled(self.place, "$secondary").truncate(room, ellipsis=True)
        gap = max(1, self.size.width - len(left) - len(state) - len(place) - 1)
        return Content.assemble(left, state, " " * gap, place)


def place(host: str, snapshot: Snapshot) -> str:
    """`gpu-box · 1 × H200 · docker 28.2`; simulated engines only where there is no GPU."""
    parts = [harmless(host)] if host else []
    names: dict[str, int] = {}
    for gpu in snapshot.gpu.gpus if snapshot.gpu else ():
        names[gpu.name] = names.get(gpu.name, 0) + 1
    parts += [f"{number} × {harmless(name)}" for name, number in names.items()]
    if not names and snapshot.gpu is not None:
        parts.append("no GPU")
    if not names and any(view.backend.simulated for view in snapshot.backends):
        parts.append("simulated engines")
    if snapshot.docker is not None and snapshot.docker.version is not None:
        parts.append(f"docker {short(snapshot.docker.version)}")
    return " · ".join(parts)


def short(version: str) -> str:
    """`28.2` of `28.2.2`."""
    return ".".join(one_line(version, 20).split(".")[:2])
