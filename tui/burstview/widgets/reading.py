"""What the picture means: one line of differences, one sentence, and warnings if any."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from textwrap import wrap

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget


class Differences(Widget):
    """What differs between the two sides besides the engine."""

    DEFAULT_CSS = """
    Differences { height: 1; width: 1fr; color: $muted-text; }
    """

    phrases: reactive[tuple[str, ...]] = reactive(())
    """One for each trait that differs."""

    def render(self) -> Content:
        """As many phrases as the line holds; the rest are counted."""
        phrases = list(self.phrases)
        room = self.size.width - 12
        left = 0
        while phrases and len(" · ".join(phrases)) + (8 if left else 0) > room:
            phrases.pop()
            left += 1
        more = [f"+{left} (w)"] if left else []
        text = " · ".join([*phrases, *more])
        return Content(f" differs: {text}" if text else "")


class Reading(Widget):
    """The sentence under the lanes, with warnings below it."""

    DEFAULT_CSS = """
    Reading { height: auto; min-height: 2; max-height: 6; width: 1fr; padding: 0 1; }
    """

    sentence: reactive[str] = reactive("", layout=True)
    """What happened, or what to do next."""
    findings: reactive[tuple[str, ...]] = reactive((), layout=True)
    """What held each side back: one sentence each."""
    brief: reactive[str] = reactive("", layout=True)
    """All of them in a few words."""
    most_rows: reactive[int] = reactive(6, layout=True)
    """As many as the layout gives it."""
    warnings: reactive[tuple[str, ...]] = reactive((), layout=True)
    """What makes the picture doubtful: one sentence each."""

    def render(self) -> Content:
        """Warnings carry a sign, not only a colour."""
        lines = [Content.styled(self.sentence, "bold")]
        lines += [Content.styled(f"⚠ {warning}", "$warning") for warning in self.warnings]
        lines += [Content.styled(finding, "$muted-text") for finding in self._fitting()]
        return Content("\n").join(lines)

    def _fitting(self) -> Sequence[str]:
        """All findings, or else the few words, if they fit whole below the rest: half a sentence
        would say less."""
        width = max(1, self.container_size.width - 2)
        free = self.most_rows - _rows((self.sentence, *self.warnings), width)
        for texts in (self.findings, (self.brief,)):
            if any(texts) and _rows(texts, width) <= free:
                return texts
        return ()


def _rows(texts: Iterable[str], width: int) -> int:
    """Rows that they take, with a sign of two cells before each at most."""
    return sum(max(1, len(wrap(text, max(1, width - 2)))) for text in texts)
