"""What a pattern's matches must hold is read from the pattern itself."""

from __future__ import annotations

import re

import pytest

from burstview_engines.launch.hints import hints_of


@pytest.mark.parametrize(
    ("pattern", "hints"),
    [
        (r"offloaded (?P<a>\d+)/(?P<b>\d+) layers to GPU", (" layers to GPU",)),
        (r"[Aa]ddress already in use", ("ddress already in use",)),
        (r"colou?red line", ("red line",)),
        (r"abcdef+ghi", ("abcde",)),
        (r"abcd{2,3}efgh", ("efgh",)),
        (r"hello world|good bye", ("hello world", "good bye")),
        (r"x: (?:Error|Exception): ", ("Error", "Exception")),
        (r"x(?:Error|Exception)?y", ()),
        (r"x(?!Error)y", ()),
        (r"(?P<name>timed out|gave up)", ("timed out", "gave up")),
        (r"a\.b\(c\)d", ("a.b(c)d",)),
        (r"[^\\]{1,20}tail", ("tail",)),
        (r"[]x]head", ("head",)),
        (r"abc|definitely", ()),
        (r"\d+ \w+", ()),
        (r"", ()),
    ],
)
def test_the_longest_sure_text_of_each_alternative_is_its_hint(
    pattern: str, hints: tuple[str, ...]
) -> None:
    """None where one alternative has no text of four characters."""
    assert hints_of(re.compile(pattern)) == hints


def test_where_case_does_not_count_there_is_no_hint() -> None:
    """A hint is looked for as it stands."""
    assert hints_of(re.compile("error", re.IGNORECASE)) == ()
