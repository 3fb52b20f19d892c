"""The words below the lanes, and figures beside their names, where there is little room."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult
from textual.widget import Widget

from burstview.widgets.facts_table import FactsTable
from burstview.widgets.reading import Reading

SENTENCE = " ".join(["All answers of one side ran in one batch, the other waited in line."] * 3)
FINDINGS = ("vLLM: Held back by the GPU's memory, as its figures say. " * 2,) * 2
BECAUSE = "Every request had begun by then."
BRIEF = "held back: vLLM by the GPU's memory, Ollama by the queue (w)"


class Panel(App[None]):
    """Nothing but the widget under test."""

    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self.widget = widget

    def compose(self) -> ComposeResult:
        """It alone."""
        yield self.widget


def rows_of(widget: Widget) -> list[str]:
    """What is on screen."""
    return [widget.render_line(y).text.strip() for y in range(widget.size.height)]


@pytest.mark.parametrize(("most_rows", "last"), [(4, BRIEF), (3, "the other waited in line.")])
async def test_a_few_words_say_what_held_it_back_where_a_sentence_has_no_room(
    most_rows: int, last: str
) -> None:
    """Below three rows of what happened; not half of them."""
    reading = Reading()
    async with Panel(reading).run_test(size=(80, 24)) as pilot:
        reading.most_rows = most_rows
        reading.sentence, reading.findings, reading.brief = SENTENCE, FINDINGS, BRIEF
        await pilot.pause()
        rows = rows_of(reading)
    assert len(rows) == most_rows
    assert rows[-1].endswith(last)


async def test_a_sentence_is_not_broken_into_a_column_of_a_few_cells() -> None:
    """It begins below its name, where values have little room; short ones stay beside theirs."""
    table = FactsTable([("side by side: most/held", "16 / 16"), ("because", BECAUSE)])
    async with Panel(table).run_test(size=(40, 24)) as pilot:
        await pilot.pause()
        assert rows_of(table) == ["side by side: most/held  16 / 16", "because", BECAUSE]
        await pilot.resize_terminal(100, 24)
        await pilot.pause()
        assert rows_of(table)[1] == f"{'because':<23}  {BECAUSE}"
