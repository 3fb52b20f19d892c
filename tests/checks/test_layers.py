"""The dependency rules hold, and the checker sees each kind of breach."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.checks.layers import breaches, check

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = frozenset({"burstview", "burstview_engines", "burstview_engines.core"})


def test_this_checkout_has_no_breach() -> None:
    """Dependencies point from the monitor to the engines to the core, without a circle."""
    assert check(ROOT) == []


@pytest.mark.parametrize(
    ("modules", "expected"),
    [
        ({"burstview_engines.live": "import burstview.app"}, "engines never import the monitor"),
        (
            {"burstview_engines.live": "def f():\n    from textual import app"},
            "engines have no screen",
        ),
        ({"burstview_engines.core.plan": "import httpx"}, "burstview_engines.core is pure"),
        ({"burstview_engines.core.plan": "import burstview_engines.live"}, "core is pure"),
        ({"burstview.draw.axis": "import textual"}, "burstview.draw is pure"),
        ({"burstview_engines": "import os"}, "__init__ imports nothing"),
        ({"burstview.app": "from . import cli"}, "imports are absolute"),
        (
            {"burstview.a": "import burstview.b", "burstview.b": "import burstview.a"},
            "import circle",
        ),
    ],
)
def test_a_breach_is_named(modules: dict[str, str], expected: str) -> None:
    """Each rule is one that the checker can fail on."""
    parsed = {name: ast.parse(source) for name, source in modules.items()}
    assert any(expected in line for line in breaches(parsed, PACKAGES))


def test_a_deferred_import_closes_no_circle() -> None:
    """Only imports at the top of a module can deadlock it."""
    parsed = {
        "burstview.a": ast.parse("import burstview.b"),
        "burstview.b": ast.parse("def f():\n    import burstview.a"),
    }
    assert breaches(parsed, PACKAGES) == []
