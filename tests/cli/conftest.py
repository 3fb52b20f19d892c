"""Stages for commands about engines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.cli import engine_runs


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Path]:
    """Stand-ins on the PATH and nothing up."""
    with engine_runs.stage(tmp_path) as folder:
        yield folder


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """An Ollama that is up for all tests of a module, and the report of its start."""
    with engine_runs.stage(tmp_path_factory.mktemp("stage")):
        yield engine_runs.up()
