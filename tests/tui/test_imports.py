"""What the first picture does not need is not imported before it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
HEAVY = (
    "httpx",
    "aiohttp",
    "docker",
    "pynvml",
    "psutil",
    "uvloop",
    "click",
    "burstview.screens.settings",
    "burstview.screens.help",
    "burstview_engines.live",
    "burstview_engines.simulator.engine",
)


def test_the_app_imports_nothing_heavy() -> None:
    """Network, containers, GPUs and the other screens come after the first paint."""
    code = "import sys, burstview.app; print(*sorted(sys.modules))"
    env = {**os.environ, "PYTHONPATH": f"{ROOT / 'tui'}:{ROOT / 'engines'}"}
    ran = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
    )
    loaded = set(ran.stdout.split())
    assert "burstview.screens.main" in loaded
    assert loaded.isdisjoint(HEAVY)
