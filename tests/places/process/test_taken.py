"""Several who start local engines at once."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from burstview_engines.launch.spec import LaunchSpec
from burstview_engines.places.process import local
from burstview_engines.places.process.local import Taken
from burstview_engines.places.process.record import Asked, Folder


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    """Whatever runs in it is killed at the end."""
    place = Folder(tmp_path / "processes")
    yield place
    for engine in local.find(place):
        local.kill(engine)


def asked(name: str, port: int) -> Asked:
    """A program that stays."""
    return Asked(
        name=name,
        argv=(sys.executable, "-c", "import time; time.sleep(600)"),
        environment={},
        url=f"http://127.0.0.1:{port}",
        spec=LaunchSpec(engine="ollama", place="process", name=name),
    )


def start(folder: Folder, wish: Asked) -> str:
    """What became of it."""
    try:
        local.start(folder, wish, {})
    except Taken as taken:
        return taken.kind
    return "started"


@pytest.mark.parametrize(
    ("wishes", "kind"),
    [
        ([asked("same", 18001), asked("same", 18002), asked("same", 18003)], "name-taken"),
        ([asked("one", 18001), asked("two", 18001), asked("three", 18001)], "port-taken"),
    ],
    ids=["name", "port"],
)
def test_one_gets_it_and_the_others_are_told(
    folder: Folder, wishes: list[Asked], kind: str
) -> None:
    """Even those that ask at the same moment, before any of them listens."""
    with ThreadPoolExecutor(3) as threads:
        became = sorted(threads.map(lambda wish: start(folder, wish), wishes))
    assert became == [kind, kind, "started"]
    assert sum(engine.is_running for engine in local.find(folder)) == 1


def test_what_has_ended_keeps_nobody_away(folder: Folder) -> None:
    """Its port is free, and its name may be used again."""
    assert start(folder, asked("first", 18001)) == "started"
    first = local.get(folder, "first")
    local.kill(first)
    while local.get(folder, "first").is_running:
        local.kill(first)
    assert start(folder, asked("second", 18001)) == "started"
    assert start(folder, asked("first", 18002)) == "started"
