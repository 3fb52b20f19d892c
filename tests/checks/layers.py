"""The dependency checker: which package may import which, and no circles.

Run it as `python -m tests.checks.layers`; it prints one line for each breach and exits 1 on any.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOTS = {"burstview": Path("tui"), "burstview_engines": Path("engines")}
PURE = (
    "burstview_engines.core",
    "burstview_engines.launch",
    "burstview.draw",
    "burstview.format",
)
"""Modules that may use the standard library and what ALLOWED_IN_PURE names, nothing else."""
ALLOWED_IN_PURE = {
    "burstview_engines.core": ("burstview_engines.core", "msgspec"),
    "burstview_engines.launch": ("burstview_engines.launch", "burstview_engines.core", "msgspec"),
    "burstview.draw": ("burstview.draw", "burstview.format", "burstview_engines.core", "rich"),
    "burstview.format": ("burstview_engines.core",),
}

Imports = Mapping[str, frozenset[str]]
"""Module name -> names it imports anywhere, deferred imports included."""


def modules(root: Path) -> dict[str, ast.Module]:
    """Every module of the checkout at `root`, parsed, by dotted name."""
    parsed = {}
    for folder in ROOTS.values():
        base = root / folder
        for path in sorted(base.rglob("*.py")):
            parts = path.relative_to(base).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            if name.split(".")[0] in ROOTS:
                parsed[name] = ast.parse(path.read_text(encoding="utf-8"), str(path))
    return parsed


def imported(tree: ast.Module, known: frozenset[str]) -> Iterator[tuple[str, bool]]:
    """(module, is at the top) of every import; `from package import module` names the module."""
    guarded = {
        id(node) for block in ast.walk(tree) if _is_typing_guard(block) for node in ast.walk(block)
    }
    top = {id(node) for node in tree.body}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            source = "." * node.level + (node.module or "")
            names = [
                f"{source}.{a.name}" if f"{source}.{a.name}" in known else source
                for a in node.names
            ]
        else:
            continue
        for name in names:
            yield name, id(node) in top and id(node) not in guarded


def _is_typing_guard(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def breaches(parsed: Mapping[str, ast.Module], packages: frozenset[str]) -> list[str]:
    """One sentence for each import that breaks a rule."""
    known = frozenset(parsed)
    found = []
    graph: dict[str, set[str]] = {}
    for name, tree in parsed.items():
        for target, is_top in imported(tree, known):
            found += [
                f"{name} imports {target}: {rule}" for rule in _broken(name, target, packages)
            ]
            if is_top and target in known and target != name:
                graph.setdefault(name, set()).add(target)
    return found + [f"import circle: {' -> '.join(circle)}" for circle in circles(graph)]


def _broken(name: str, target: str, packages: frozenset[str]) -> Iterator[str]:
    if target.startswith("."):
        yield "imports are absolute"
    if name in packages and target != "__future__":
        yield "a package's __init__ imports nothing"
    if _within(name, "burstview_engines") and _within(target, "burstview"):
        yield "engines never import the monitor"
    if _within(name, "burstview_engines") and target.split(".")[0] in ("textual", "rich"):
        yield "engines have no screen"
    for pure in PURE:
        if (
            _within(name, pure)
            and not _is_standard(target)
            and not any(_within(target, allowed) for allowed in ALLOWED_IN_PURE[pure])
        ):
            yield f"{pure} is pure"


def _within(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def _is_standard(name: str) -> bool:
    return name.split(".")[0] in sys.stdlib_module_names


def circles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """Every circle that a depth-first walk meets, each as module names ending where it began."""
    found: list[list[str]] = []
    done: set[str] = set()

    def walk(name: str, path: list[str]) -> None:
        if name in path:
            found.append([*path[path.index(name) :], name])
        elif name not in done:
            for target in sorted(graph.get(name, ())):
                walk(target, [*path, name])
            done.add(name)

    for name in sorted(graph):
        walk(name, [])
    return found


def check(root: Path) -> list[str]:
    """All breaches of the checkout at `root`."""
    packages = frozenset(
        ".".join(path.parent.relative_to(root / folder).parts)
        for folder in ROOTS.values()
        for path in (root / folder).rglob("__init__.py")
    )
    return breaches(modules(root), packages)


if __name__ == "__main__":
    problems = check(Path(__file__).resolve().parents[2])
    print("\n".join(problems) or "dependencies point one way")
    sys.exit(bool(problems))
