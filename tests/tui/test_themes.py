"""The shipped themes are readable, and a broken one is a sentence."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from textual.color import Color, rgb_to_lab
from textual.theme import Theme

from burstview import themes

SHIPPED = themes.load(themes.folder())
TEXT = ("primary", "secondary", "accent", "foreground", "success", "warning", "error")
BACKGROUNDS = ("background", "surface")


def luminance(color: Color) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [part / 255 for part in (color.r, color.g, color.b)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio as WCAG 2.2 defines it, 1 to 21."""
    bright, dark = sorted((luminance(Color.parse(c)) for c in (one, other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def text_colors(theme: Theme) -> dict[str, str]:
    """Everything that is drawn as text or as a lane."""
    named = {name: str(getattr(theme, name)) for name in TEXT}
    ours = [f"phase-{phase}" for phase in themes.PHASES] + [f"{w}-text" for w in themes.WORDS]
    return named | {name: theme.variables[name] for name in ours}


def test_the_four_themes_are_there_without_problems() -> None:
    """Dark and light, and both for a projector."""
    assert SHIPPED.problems == ()
    assert set(SHIPPED.names()) == {
        "burstview-dark",
        "burstview-light",
        "burstview-projector-dark",
        "burstview-projector-light",
    }


@pytest.mark.parametrize("theme", SHIPPED.themes, ids=lambda theme: theme.name)
def test_text_is_readable_on_every_background(theme: Theme) -> None:
    """WCAG AA (4.5:1), and AAA (7:1) on a projector."""
    least = 7.0 if "projector" in theme.name else 4.5
    for ground in BACKGROUNDS:
        for name, color in text_colors(theme).items():
            ratio = contrast(color, str(getattr(theme, ground)))
            assert ratio >= least, f"{name} on {ground}: {ratio:.2f}"


@pytest.mark.parametrize("theme", SHIPPED.themes, ids=lambda theme: theme.name)
def test_phases_that_meet_in_a_lane_differ(theme: Theme) -> None:
    """At least 15 apart in CIE L*a*b*, where 2.3 is just noticeable."""
    met = ("waiting", "thinking", "streaming", "done", "failed", "stalled")
    for one, other in combinations(met, 2):
        a, b = (rgb_to_lab(Color.parse(theme.variables[f"phase-{p}"])) for p in (one, other))
        apart = ((a.L - b.L) ** 2 + (a.a - b.a) ** 2 + (a.b - b.b) ** 2) ** 0.5
        assert apart >= 15, f"{one} and {other}: {apart:.0f}"


def broken(folder: Path, **changes: str) -> str:
    """The problem of a theme file with lines replaced."""
    text = (themes.folder() / "dark.toml").read_text("utf-8")
    for old, new in changes.items():
        line = next(line for line in text.splitlines() if line.startswith(f"{old} ="))
        text = text.replace(line, new)
    (folder / "mine.toml").write_text(text, "utf-8")
    (problem,) = themes.load(folder).problems
    return problem


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("done", 'done = "greenish"', "done: 'greenish' is no colour"),
        ("done", "", "done is missing"),
        ("done", 'done = "#00ff00"\nfinished = "#00ff00"', "finished is not a name"),
        ("dark", "", "needs `name` (text) and `dark`"),
        ("name", "name = ", "cannot be read"),
    ],
)
def test_a_broken_theme_is_a_sentence(tmp_path: Path, old: str, new: str, said: str) -> None:
    """It names the file and the place."""
    problem = broken(tmp_path, **{old: new})
    assert "mine.toml" in problem
    assert said in problem


def test_a_folder_without_themes_says_so(tmp_path: Path) -> None:
    """Textual's own themes remain."""
    assert "No theme file" in themes.load(tmp_path).problems[0]


def test_a_theme_is_found_with_and_without_its_prefix() -> None:
    """`--theme light` is enough."""
    names = SHIPPED.names()
    assert themes.find("light", names) == "burstview-light"
    assert themes.find("burstview-light", names) == "burstview-light"
    assert themes.find(None, names) == "burstview-dark"
    assert themes.find("pink", names) is None
