"""What the image of each embedded engine holds and says of itself, as the real engine's does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from burstview_engines.simulator.engine_spec import SimulatedEngine
from burstview_engines.simulator.image.interpreter import PYTHON, add_python
from burstview_engines.simulator.image.layer import Layer
from burstview_engines.simulator.image.packages import FOLDER, add_packages

SIMULATED_LABEL = "io.burstview.simulated"
PATH = "/usr/local/bin:/usr/bin:/bin"

PROGRAM = """\
#!{python}
import sys

sys.path.insert(0, "{folder}")
from burstview_engines.simulator.standin.__main__ import main

sys.exit(main(["{engine}", *sys.argv[1:]]))
"""


@dataclass(frozen=True, slots=True)
class Recipe:
    """One engine's image."""

    engine: SimulatedEngine
    program: str
    """Where the real image has the engine's program."""
    entrypoint: tuple[str, ...]
    command: tuple[str, ...]
    port: int
    environment: tuple[tuple[str, str], ...] = ()

    @property
    def reference(self) -> str:
        """The name that it gets unless another is asked for."""
        return f"burstview/standin-{self.engine}:latest"


RECIPES: Mapping[SimulatedEngine, Recipe] = {
    recipe.engine: recipe
    for recipe in (
        Recipe("vllm", "/usr/bin/vllm", ("vllm", "serve"), (), 8000),
        Recipe(
            "ollama",
            "/bin/ollama",
            ("/bin/ollama",),
            ("serve",),
            11434,
            (("OLLAMA_HOST", "0.0.0.0:11434"),),
        ),
        Recipe(
            "llamacpp",
            "/app/llama-server",
            ("/app/llama-server",),
            (),
            8080,
            (("LLAMA_ARG_HOST", "0.0.0.0"),),
        ),
    )
}
"""Entrypoints, commands and variables as `docker inspect` shows them of the published images."""


def engine_root(recipe: Recipe) -> bytes:
    """The root file system of one engine's image. Raises ImageError."""
    layer = _root()
    add_packages(layer)
    program = PROGRAM.format(python=PYTHON, folder=FOLDER, engine=recipe.engine)
    layer.add(recipe.program, program.encode(), mode=0o755)
    return layer.archive()


def plain_root() -> bytes:
    """Python and nothing else. Raises ImageError."""
    return _root().archive()


def engine_changes(recipe: Recipe, labels: Mapping[str, str]) -> list[str]:
    """The Dockerfile instructions of one engine's image."""
    environment = {"PATH": PATH, "PYTHONPATH": FOLDER, **dict(recipe.environment)}
    own = {SIMULATED_LABEL: "true", "io.burstview.engine": recipe.engine}
    return [
        *_settings(environment, own | dict(labels)),
        f"EXPOSE {recipe.port}/tcp",
        f"ENTRYPOINT {json.dumps(recipe.entrypoint)}",
        *([f"CMD {json.dumps(recipe.command)}"] if recipe.command else []),
    ]


def plain_changes(labels: Mapping[str, str]) -> list[str]:
    """Those of the plain image: it runs the interpreter."""
    return [*_settings({"PATH": PATH}, labels), f"CMD {json.dumps([PYTHON])}"]


def _settings(environment: Mapping[str, str], labels: Mapping[str, str]) -> list[str]:
    return [
        *(f"ENV {name}={json.dumps(value)}" for name, value in environment.items()),
        *(f"LABEL {name}={json.dumps(value)}" for name, value in labels.items()),
    ]


def _root() -> Layer:
    layer = Layer()
    layer.folder("/root", mode=0o700)
    layer.folder("/tmp", mode=0o1777)
    layer.add("/etc/passwd", b"root:x:0:0:root:/root:\nengine:x:1000:1000::/tmp:\n")
    layer.add("/etc/group", b"root:x:0:\nengine:x:1000:\n")
    layer.add("/etc/nsswitch.conf", b"hosts: files dns\n")
    add_python(layer)
    return layer
