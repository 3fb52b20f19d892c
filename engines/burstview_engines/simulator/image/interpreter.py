"""The running Python as files of an image: its program, its libraries, its modules."""

from __future__ import annotations

import importlib.util
import os
import py_compile
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from burstview_engines.simulator.image.layer import Layer

SKIPPED = frozenset(
    {
        "__pycache__",
        "dist-packages",
        "ensurepip",
        "idlelib",
        "lib2to3",
        "pydoc_data",
        "site-packages",
        "test",
        "tests",
        "tkinter",
        "turtledemo",
    }
)
"""Folders that no engine imports."""
SKIPPED_MODULES = ("_test", "_tkinter", "_ctypes_test", "xxlimited")
PYTHON = "/usr/bin/python3"
"""The interpreter in every image."""

_LIBRARY = re.compile(r"(?:^|=>)\s+(/\S+) \(0x", re.MULTILINE)


class ImageError(Exception):
    """No image can be made here; the text is one sentence with the next step."""


def add_python(layer: Layer) -> None:
    """The interpreter, runnable as /usr/bin/python3. Raises ImageError off Linux."""
    if sys.platform != "linux":
        raise ImageError(
            "The image is made of this machine's own Python, and containers need a Linux one; "
            "build it with `docker build -f engines/Dockerfile .` instead."
        )
    program = Path(sys.executable).resolve()
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    library = Path(os.__file__).parent
    layer.copy(program, f"/usr/bin/{version}")
    layer.link(PYTHON, version)
    layer.link("/usr/bin/python", version)
    add_tree(layer, library, f"/usr/{sys.platlibdir}/{version}")
    extensions = (library / "lib-dynload").glob("*.so")
    add_libraries(layer, [program, *(path for path in extensions if _is_wanted(path))])


def add_tree(layer: Layer, source: Path, path: str) -> None:
    """A folder of modules, compiled: a container that compiles at every start is slow."""
    for found in _files(source):
        place = f"{path}/{found.relative_to(source).as_posix()}"
        if found.suffix == ".py":
            add_module(layer, found, place)
        else:
            layer.copy(found, place)


def add_module(layer: Layer, source: Path, path: str) -> None:
    """One module with its compiled form."""
    layer.copy(source, path)
    compiled = Path(importlib.util.cache_from_source(path))
    layer.add(str(compiled), _compiled(source), changed=int(source.stat().st_mtime))


def add_libraries(layer: Layer, binaries: Iterable[Path]) -> None:
    """What the binaries are linked to. Raises ImageError where `ldd` does not tell.

    The loader stays at its path; all others go where it looks without being told: beside libc.
    """
    try:
        told = subprocess.run(
            ["ldd", *map(str, binaries)], capture_output=True, text=True, check=False
        ).stdout
    except OSError as absence:
        raise ImageError("`ldd` is missing here, which finds Python's libraries.") from absence
    found = dict.fromkeys(map(os.path.normpath, _LIBRARY.findall(told)))
    libc = next((path for path in found if Path(path).name.startswith(("libc.", "libc-"))), None)
    folder = Path(libc).parent if libc else Path("/lib")
    for library in found:
        is_loader = Path(library).name.startswith("ld-")
        place = Path(library) if is_loader else folder / Path(library).name
        layer.copy(Path(library), str(place))


def _files(folder: Path) -> Iterator[Path]:
    for found in sorted(folder.iterdir()):
        if not _is_wanted(found):
            continue
        if found.is_dir():
            yield from _files(found)
        elif found.suffix != ".a":
            yield found


def _is_wanted(path: Path) -> bool:
    name = path.name
    return (
        name not in SKIPPED
        and not name.startswith(SKIPPED_MODULES)
        and not name.startswith("config-")
        and path.exists()
    )


def _compiled(source: Path) -> bytes:
    """The cached form where it is of this source, else a new one."""
    status = source.stat()
    stamp = (int(status.st_mtime) & 0xFFFFFFFF).to_bytes(4, "little")
    size = (status.st_size & 0xFFFFFFFF).to_bytes(4, "little")
    head = importlib.util.MAGIC_NUMBER + bytes(4) + stamp + size
    cached = Path(importlib.util.cache_from_source(str(source)))
    if cached.is_file() and (data := cached.read_bytes()).startswith(head):
        return data
    with tempfile.TemporaryDirectory() as folder:
        made = py_compile.compile(str(source), cfile=f"{folder}/module.pyc", quiet=2)
        return Path(made).read_bytes() if made else b""
