"""A libnvidia-ml.so.1 without a GPU, built once a test run."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.probes.gpu.fake_library import FakeLibrary

SOURCE = Path(__file__).parents[2] / "data/gpu/fakenvml.c"


def built(folder: Path, *flags: str) -> FakeLibrary:
    """Skips without a compiler, unless REQUIRE_CC=1."""
    compiler = shutil.which("cc")
    if compiler is None:
        if os.environ.get("REQUIRE_CC") == "1":
            pytest.fail("REQUIRE_CC=1, but there is no cc")
        pytest.skip("no C compiler")
    target = folder / "libnvidia-ml.so.1"
    command = [compiler, "-shared", "-fPIC", "-O1", *flags, "-o", target, SOURCE, "-lm"]
    subprocess.run(command, check=True)
    return FakeLibrary(folder)


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> FakeLibrary:
    """As complete as that of an H100."""
    return built(tmp_path_factory.mktemp("nvml"))


@pytest.fixture(scope="session")
def old_library(tmp_path_factory: pytest.TempPathFactory) -> FakeLibrary:
    """Without the symbols that came later."""
    return built(tmp_path_factory.mktemp("old-nvml"), "-DOLD")
