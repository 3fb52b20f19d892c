"""The wheel holds what an installation needs, and nothing that could clash with others."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built without network."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_only_our_names_are_at_the_top(wheel: Path) -> None:
    """A wheel with a `tui` or `engines` package would overwrite other people's."""
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {
        "burstview",
        "burstview_engines",
    }


def test_every_module_and_theme_is_shipped(wheel: Path) -> None:
    """What runs in the checkout runs from the wheel."""
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder, prefix in (("tui/burstview", "burstview"), ("engines/burstview_engines", "")):
        base = ROOT / folder
        for path in base.rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                shipped = Path(prefix or base.name) / path.relative_to(base)
                assert str(shipped) in names
    themes = [path.name for path in (ROOT / "themes").glob("*.toml")]
    assert themes
    assert {f"burstview/themes/{name}" for name in themes} <= names


def test_the_installed_program_starts(wheel: Path, tmp_path: Path) -> None:
    """Unpacked beside nothing of the checkout, the command answers and finds its themes."""
    zipfile.ZipFile(wheel).extractall(tmp_path)
    run = [sys.executable, "-m", "burstview", "--version"]
    answer = subprocess.run(
        run, cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True
    )
    assert answer.returncode == 0, answer.stderr
    assert "burstview" in answer.stdout
