"""The image maker, without a daemon: what goes in, and what the image says of itself."""

from __future__ import annotations

import io
import re
import sys
import tarfile
from pathlib import Path

import pytest

from burstview_engines.simulator.image import interpreter
from burstview_engines.simulator.image.__main__ import main
from burstview_engines.simulator.image.interpreter import ImageError, add_python
from burstview_engines.simulator.image.layer import Layer
from burstview_engines.simulator.image.packages import closure
from burstview_engines.simulator.image.recipe import RECIPES, engine_changes, engine_root

DOCKERFILE = Path(__file__).parents[3] / "engines" / "Dockerfile"
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="images are made on Linux")


def entries(archive: bytes) -> dict[str, tarfile.TarInfo]:
    """By name."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return {entry.name: entry for entry in tar}


def test_a_layer_makes_parents_and_keeps_the_first_of_a_name() -> None:
    layer = Layer()
    layer.add("/a/b/c", b"first", mode=0o600, changed=7)
    layer.add("/a/b/c", b"second")
    layer.link("/a/d", "b")
    found = entries(layer.archive())
    assert list(found) == ["a", "a/b", "a/b/c", "a/d"]
    assert (found["a/b/c"].size, found["a/b/c"].mode, found["a/b/c"].mtime) == (5, 0o600, 7)
    assert found["a/d"].linkname == "b"


@linux_only
def test_an_engines_root_holds_what_it_needs_and_nothing_of_the_monitor() -> None:
    found = entries(engine_root(RECIPES["ollama"]))
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for name in (
        f"usr/bin/{version}",
        "usr/bin/python3",
        "bin/ollama",
        f"usr/{sys.platlibdir}/{version}/asyncio/base_events.py",
        "opt/burstview/aiohttp/web.py",
        "opt/burstview/burstview_engines/simulator/standin/__main__.py",
    ):
        assert name in found, name
    assert found["bin/ollama"].mode == 0o755
    parts = {part for name in found for part in name.split("/")}
    assert not parts & {"textual", "pytest", "idlelib", "tkinter", "burstview_engines_tests"}
    assert not any(name.startswith(f"usr/{sys.platlibdir}/{version}/test/") for name in found)
    assert sum(entry.size for entry in found.values()) < 200 * 10**6


@linux_only
def test_every_module_is_compiled_so_that_containers_start_quickly() -> None:
    found = entries(engine_root(RECIPES["vllm"]))
    tag = sys.implementation.cache_tag
    lacking = [
        name
        for name, entry in found.items()
        if name.endswith(".py")
        and entry.size
        and name.replace(name.rpartition("/")[2], f"__pycache__/{Path(name).stem}.{tag}.pyc")
        not in found
    ]
    assert lacking == []


def test_what_is_needed_is_found_with_its_requirements() -> None:
    names = {found.metadata["Name"].lower() for found in closure(("aiohttp",))}
    assert {"aiohttp", "yarl", "multidict", "idna"} <= names
    assert "pytest" not in names


def test_on_another_system_it_says_why_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreter.sys, "platform", "darwin")
    with pytest.raises(ImageError, match=r"containers need a Linux one; build it with `docker"):
        add_python(Layer())


def test_without_a_daemon_it_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    assert main(["--engine", "vllm"]) == 1
    assert capsys.readouterr().err == f"No Docker daemon listens at unix://{tmp_path}/none.sock.\n"


@pytest.mark.parametrize("engine", RECIPES)
def test_the_dockerfile_says_the_same_of_each_image(engine: str) -> None:
    recipe = next(recipe for name, recipe in RECIPES.items() if name == engine)
    stages = re.split(r"^FROM .* AS (\w+)$", DOCKERFILE.read_text(), flags=re.MULTILINE)
    stage = dict(zip(stages[1::2], stages[2::2], strict=True))
    told = [line for name in ("base", engine) for line in stage[name].splitlines()]
    own = [line for line in engine_changes(recipe, {}) if not line.startswith("ENV P")]
    assert [line for line in own if line not in told] == []
    assert f"> {recipe.program} " in stage[engine]
