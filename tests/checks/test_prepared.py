"""Types that threads read are looked through by msgspec before any thread runs."""

from __future__ import annotations

import subprocess
import sys

READ_ON_THREADS = (
    "burstview_engines.places.docker",
    "burstview_engines.places.process",
    "burstview_engines.places.docker_containers",
    "burstview_engines.fleet.memory",
    "burstview_engines.fit",
    "burstview_engines.models",
)
UNPREPARED = """
import gc, importlib, inspect, pkgutil, sys
import msgspec
from burstview_engines.launch.spec import LaunchSpec

def modules(name):
    found = importlib.import_module(name)
    yield found
    if hasattr(found, "__path__"):
        for each in pkgutil.iter_modules(found.__path__, f"{name}."):
            yield from modules(each.name)

def is_prepared(kind):
    return any(type(held).__name__ == "StructInfo" for held in gc.get_referents(kind))

kinds = [LaunchSpec]
for name in sys.argv[1:]:
    for module in modules(name):
        for kind in vars(module).values():
            if inspect.isclass(kind) and issubclass(kind, msgspec.Struct):
                if kind.__module__ == module.__name__:
                    kinds.append(kind)
print(len(kinds), *(f"{k.__module__}.{k.__name__}" for k in kinds if not is_prepared(k)))
"""
AT_ONCE = """
import sys, threading
sys.setswitchinterval(1e-6)
from burstview_engines.places.docker.inspect import seen_of

raw = {"Id": "1", "Name": "/a", "Image": "i", "State": {"Status": "running"}}
gate = threading.Barrier(8)
names = []

def look():
    gate.wait()
    names.append(seen_of(raw).name)

threads = [threading.Thread(target=look) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(*names)
"""


def test_no_type_is_left_to_its_first_use() -> None:
    """Otherwise two threads that use one for the first time crash the interpreter."""
    counted, *unprepared = run(UNPREPARED, *READ_ON_THREADS).split()
    assert int(counted) > 40
    assert unprepared == []


def test_many_threads_look_at_containers_at_once() -> None:
    """As at the start of a session on a busy daemon."""
    assert run(AT_ONCE).split() == ["a"] * 8


def run(code: str, *arguments: str) -> str:
    """What a fresh interpreter prints: in this one, other tests have used the types."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
