"""The installed distributions that the embedded engines need, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import burstview_engines
from burstview_engines.simulator.image.interpreter import (
    SKIPPED,
    ImageError,
    add_libraries,
    add_module,
    add_tree,
)
from burstview_engines.simulator.image.layer import Layer

NEEDED = ("aiohttp", "msgspec", "uvloop")
OWN = ("__init__.py", "core", "simulator")
"""Parts of our own package that the embedded engines import."""
FOLDER = "/opt/burstview"
"""Where packages lie in the image; PYTHONPATH names it."""

_NAME = re.compile(r"[A-Za-z0-9._-]+")


def add_packages(layer: Layer) -> None:
    """Our own package and what it imports. Raises ImageError where one is not installed."""
    binaries = []
    for path, place in _package_files():
        if path.suffix == ".py":
            add_module(layer, path, place)
        else:
            layer.copy(path, place)
        if path.suffix == ".so":
            binaries.append(path)
    add_libraries(layer, binaries)
    own = Path(burstview_engines.__file__).parent
    for name in OWN:
        place = f"{FOLDER}/burstview_engines/{name}"
        if name.endswith(".py"):
            add_module(layer, own / name, place)
        else:
            add_tree(layer, own / name, place)


def _package_files() -> Iterator[tuple[Path, str]]:
    """(file here, path in the image) of all needed distributions."""
    for found in closure(NEEDED):
        for file in found.files or ():
            path = Path(str(found.locate_file(file)))
            is_inside = ".." not in file.parts and not SKIPPED.intersection(file.parts)
            if is_inside and path.suffix not in (".pyi", ".pyx", ".c", ".h") and path.is_file():
                yield path, f"{FOLDER}/{file.as_posix()}"


def closure(names: Sequence[str]) -> list[Distribution]:
    """These distributions and all that they require and that is installed."""
    found: dict[str, Distribution] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name.lower() in found:
            continue
        try:
            found[name.lower()] = distribution(name)
        except PackageNotFoundError:
            if name in names:
                raise ImageError(f"The package {name} is not installed here.") from None
            continue
        waiting += _required(found[name.lower()])
    return list(found.values())


def _required(found: Distribution) -> Iterator[str]:
    """Names without their markers: what a marker rules out is not installed either."""
    for line in found.requires or ():
        name = _NAME.match(line)
        if name and "extra ==" not in line:
            yield name[0]
