"""Commands about engines, run in this process on stand-ins that are local processes."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.cli.engine_report_check import check_report
from tests.cli.servers import ROOT, Finished
from tests.fleet.fleets import LIMIT, free_port
from tests.standins import environment

from burstview.cli import run

LOCAL = ("--docker-host", "none")
USER = "tester"


def invoke(*arguments: str) -> Finished:
    """Carry a command line out; what it printed and its exit status."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = run(arguments)
    return Finished(status, out.getvalue(), err.getvalue())


def report(*arguments: str) -> tuple[int, dict[str, Any]]:
    """The same with --json: status and checked report. Options stand behind the command."""
    ended = invoke(*arguments, "--json")
    return ended.status, check_report(arguments[0], json.loads(ended.out))


def up(*arguments: str, name: str = "my-ollama", engine: str = "ollama") -> dict[str, Any]:
    """Start one as a local process on a port of its own; its report when it is ready."""
    model = () if engine == "ollama" else ("--model", "Qwen/Qwen3-0.6B")
    named = ("--name", name, "--port", str(free_port()), *model)
    status, told = report("up", engine, "--process", *LOCAL, *named, *arguments)
    assert status == 0, told["error"]
    return told


def tool_environment() -> dict[str, str]:
    """The stage's, with the packages on the path."""
    path = os.pathsep.join([str(ROOT / "tui"), str(ROOT / "engines")])
    return os.environ | {"PYTHONPATH": path}


async def spawned(folder: Path, *arguments: str) -> asyncio.subprocess.Process:
    """The tool as a process of its own, on the stage."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "burstview", *arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=tool_environment(),
        cwd=folder,
    )


async def said(process: asyncio.subprocess.Process, words: str) -> str:
    """The line of stderr that holds these words, once it is there."""
    assert process.stderr is not None
    line = ""
    while words not in line:
        line = (await asyncio.wait_for(process.stderr.readline(), LIMIT)).decode()
        assert line, f"it ended before it said {words!r}"
    return line


@contextlib.contextmanager
def stage(folder: Path) -> Iterator[Path]:
    """Stand-ins first on the PATH, home and state in `folder`; all that is up is ended after."""
    home = folder / "home"
    home.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(folder / "bin", home).items():
            patch.setenv(name, value)
        for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG"):
            patch.delenv(name, raising=False)
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        patch.setenv("XDG_CONFIG_HOME", str(home))
        patch.setenv("LOGNAME", USER)
        try:
            yield folder
        finally:
            invoke("down", "--all", *LOCAL)


def records(folder: Path) -> list[str]:
    """What is left of local processes in that stage."""
    kept = (folder / "state" / "burstview" / "processes").glob("*")
    return sorted(path.name for path in kept if path.suffix != ".lock")
