"""A daemon that is absent, hangs, lies or refuses holds up nothing and is one sentence."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from burstview_engines.core.events import DockerSeen
from burstview_engines.launch.spec import LaunchSpec
from burstview_engines.source import SessionError
from tests.fleet.fleets import opened, until
from tests.places.docker_daemon import answer, daemon

ROOT = Path(__file__).parents[2]
SPEC = LaunchSpec(engine="ollama", gpus=())
HANGING = """
import asyncio, sys
from pathlib import Path
from burstview_engines.fleet.opening import open_fleet
from burstview_engines.stream import EventStream

async def main():
    fleet = open_fleet(docker_host=sys.argv[1], environ={}, home=Path(sys.argv[2]),
                       state=Path(sys.argv[2]))
    await fleet.open(EventStream())
    await fleet.close()

asyncio.run(main())
"""
AS_NOBODY = """
import asyncio, os, sys
from pathlib import Path
from burstview_engines.fleet import opening, fleet
from burstview_engines.fleet.opening import open_fleet
from burstview_engines.launch.spec import LaunchSpec
from burstview_engines.stream import EventStream
import burstview_engines.fleet.container_side, docker

async def main():
    held = open_fleet(docker_host=sys.argv[1], environ={}, home=Path(sys.argv[2]),
                      state=Path(sys.argv[2]))
    if os.geteuid() == 0:
        os.setgroups([])
        os.setuid(65534)
    stream = EventStream()
    await held.open(stream)
    for _ in range(100):
        if stream.fold.snapshot().docker is not None:
            break
        await asyncio.sleep(0.05)
    print(stream.fold.snapshot().docker.problem)
    await held.close()

asyncio.run(main())
"""


def _docker(held: object) -> DockerSeen | None:
    return held.stream.fold.snapshot().docker  # type: ignore[attr-defined,no-any-return]


async def test_without_a_daemon_a_start_says_so(tmp_path: Path) -> None:
    """Every wish is one sentence with the next step; local processes work all the same."""
    missing = f"unix://{tmp_path}/none.sock"
    async with opened(tmp_path, {}, docker_host=missing) as held:
        await until(lambda: _docker(held) is not None)
        seen = _docker(held)
        assert seen is not None
        assert seen.problem is not None
        assert missing in seen.problem
        with pytest.raises(SessionError, match="Docker"):
            await held.fleet.preview(SPEC)
        with pytest.raises(SessionError, match="Docker"):
            await held.fleet.up(SPEC)
        assert held.board_keys() == []


async def test_a_context_that_is_missing_is_refused(tmp_path: Path) -> None:
    """Another daemon than the one that was meant is never asked."""
    environ = {"DOCKER_CONTEXT": "gone", "DOCKER_CONFIG": str(tmp_path)}
    from burstview_engines.fleet.opening import open_fleet

    fleet = open_fleet(environ=environ, home=tmp_path, state=tmp_path)
    assert "'gone' is not there" in fleet.where
    with pytest.raises(SessionError, match="'gone' is not there"):
        await fleet.preview(SPEC)


@pytest.mark.parametrize("says", [b"", b"SSH-2.0-x\r\n", answer(b"[]"), answer(b"\xff{")])
async def test_a_daemon_that_talks_nonsense(tmp_path: Path, says: bytes) -> None:
    """One sentence, no traceback."""
    async with (
        daemon(tmp_path, says=says) as environ,
        opened(tmp_path / "state", {}, docker_host=environ["DOCKER_HOST"]) as held,
    ):
        with pytest.raises(SessionError) as refusal:
            await held.fleet.preview(SPEC)
        assert str(refusal.value).endswith(".")
        assert held.board_keys() == []


async def test_a_daemon_that_hangs_delays_nothing(tmp_path: Path) -> None:
    """The program ends although calls hang: nobody waits for their threads."""
    async with daemon(tmp_path, hangs=True) as environ:
        start = time.monotonic()
        ended = await _python(HANGING, environ["DOCKER_HOST"], str(tmp_path / "state"))
        assert ended.returncode == 0, ended.stderr
        assert time.monotonic() - start < 8


async def test_a_user_who_may_not_ask_docker(tmp_path: Path) -> None:
    """The sentence names the socket and the group."""
    async with daemon(tmp_path) as environ:
        _let_in_root_only(tmp_path, environ["DOCKER_HOST"].removeprefix("unix://"))
        ended = await _python(AS_NOBODY, environ["DOCKER_HOST"], str(tmp_path / "state"))
        assert "may not" in ended.stdout, ended.stderr
        assert "group" in ended.stdout


def _let_in_root_only(folder: Path, socket: str) -> None:
    folder.chmod(0o755)
    Path(socket).chmod(0o600)


async def _python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    import asyncio

    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'engines'}{os.pathsep}{ROOT / 'tui'}"},
    )
