"""`burstview down`, `ps` and `logs` on stand-ins as local processes."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.cli.engine_report_check import LINE
from tests.cli.engine_runs import LOCAL, invoke, records, report, spawned, up
from tests.cli.report_check import fields
from tests.cli.servers import finished
from tests.fleet.fleets import free_port

from burstview_engines.fleet.fleet import Fleet
from burstview_engines.fleet.opening import open_fleet
from burstview_engines.stream import EventStream


def test_ps_without_engines(stage: Path) -> None:
    """Status 0, and how to start one."""
    ended = invoke("ps", *LOCAL)
    assert ended.status == 0
    assert ended.out.splitlines() == [
        "Docker was left out, as asked for.",
        "No engine is here; `burstview up ENGINE` starts one.",
    ]
    status, told = report("ps", *LOCAL)
    assert (status, told["engines"], told["problem"], told["error"]) == (0, [], None, None)


def test_ps_lists_what_is_up(standing: dict[str, Any]) -> None:
    """A table with the place above; in JSON each engine whole, with what it uses."""
    url = standing["engine"]["url"]
    lines = invoke("ps", *LOCAL).out.splitlines()
    assert " ".join(lines[1].split()) == "NAME ENGINE STATUS OWNER URL MODEL MEMORY NOTE"
    assert lines[2].split()[:5] == ["my-ollama", "ollama", "ready", "ours", url]
    _, told = report("ps", *LOCAL)
    (engine,) = told["engines"]
    assert (engine["status"], engine["url"], engine["loaded"]) == ("ready", url, [])
    assert engine["usage"]["memory_bytes"] > 1 << 20
    assert engine["id"] == standing["engine"]["id"]


def test_a_daemon_that_was_not_named_need_not_be_there(
    standing: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Local processes are listed all the same, with a warning; one that was named must answer."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    ended = invoke("ps")
    assert ended.status == 0
    assert "my-ollama" in ended.out
    assert "warning: containers are not shown. No Docker daemon answers" in ended.err
    status, told = report("ps")
    assert (status, len(told["engines"])) == (0, 1)
    assert told["problem"].startswith("No Docker daemon answers at unix:///nowhere.sock")
    status, told = report("ps", "--docker-host", "unix:///elsewhere.sock")
    assert (status, told["engines"]) == (1, [])
    assert told["error"].startswith("No Docker daemon answers at unix:///elsewhere.sock")


def test_what_is_said_before_the_command_counts(standing: dict[str, Any]) -> None:
    """`burstview --readonly --docker-host none down x`; what is said behind it wins."""
    ended = invoke("--readonly", *LOCAL, "down", "my-ollama")
    assert ended.status == 1
    assert "This session is read-only: nothing is started, changed or removed." in ended.err
    ended = invoke("--readonly", "--context", "nowhere", "ps", *LOCAL)
    assert ended.status == 0
    assert "my-ollama" in ended.out
    ended = invoke("--context", "nowhere", "ps")
    assert ended.status == 2
    assert "Docker's context 'nowhere' is not there" in ended.err


def test_a_log_is_read_once(standing: dict[str, Any]) -> None:
    """As many of its last lines as wanted, with times if wanted; nothing is added by reading."""
    whole = invoke("logs", "my-ollama", *LOCAL).out.splitlines()
    assert whole[0].startswith("SIMULATED Ollama")
    assert any("Listening on" in line for line in whole)
    last = invoke("logs", "my-o", "--tail", "3", *LOCAL).out.splitlines()
    assert len(last) == 3
    stamped = invoke("logs", "ollama", "-t", "--tail", "1", *LOCAL).out
    assert stamped[:2] == "20"
    assert stamped.split()[0].endswith("Z")
    assert invoke("logs", "ollama", "--tail", "0", *LOCAL).out == ""
    status, told = report("logs", "ollama", "--tail", "2", *LOCAL)
    assert (status, told["engine"], told["error"]) == (0, "my-ollama", None)
    assert [line["number"] for line in told["lines"]] == [1, 2]


async def test_a_log_is_followed_until_a_signal(standing: dict[str, Any], tmp_path: Path) -> None:
    """130, and nothing but lines; with --json each is an object of its own."""
    process = await spawned(tmp_path, "logs", "-f", "my-ollama", *LOCAL, "--json", "--tail", "4")
    assert process.stdout is not None
    for number in range(1, 5):
        line = json.loads(await asyncio.wait_for(process.stdout.readline(), 20))
        fields(line, LINE)
        assert line["number"] == number
    process.send_signal(signal.SIGINT)
    ended = await finished(process)
    assert (ended.status, ended.err) == (130, "")


async def test_a_log_is_followed_across_restarts_until_it_is_removed(stage: Path) -> None:
    """No line is lost or comes twice, and nothing is waited for when it is gone for good."""
    wish = ("up", "ollama", "--process", *LOCAL, "--name", "my-ollama")
    assert (await finished(await spawned(stage, *wish, "--port", str(free_port())))).status == 0
    process = await spawned(stage, "logs", "-f", "-t", "my-ollama", *LOCAL)
    assert process.stdout is not None
    first = await asyncio.wait_for(process.stdout.readline(), 20)
    assert b"SIMULATED Ollama" in first
    async with fleet() as held:
        await held.restart("process:my-ollama")
        await held.wait("process:my-ollama")
        ended = asyncio.ensure_future(finished(process))
        await held.stop("process:my-ollama")
        kept = await held.last_lines("process:my-ollama", 10_000)
        await held.remove("process:my-ollama")
    told = await ended
    assert (told.status, told.err) == (0, "")
    lines = [first.decode().rstrip(), *told.out.splitlines()]
    assert lines == [f"{line.stamp} {line.text}" for line in kept]
    assert sum("SIMULATED Ollama" in line for line in lines) == 2


async def test_the_reader_of_a_log_may_leave(standing: dict[str, Any], tmp_path: Path) -> None:
    """Nothing is said about it."""
    process = await spawned(tmp_path, "logs", "-f", "my-ollama", *LOCAL)
    assert process.stdout is not None
    assert process.stderr is not None
    await asyncio.wait_for(process.stdout.readline(), 20)
    process.stdout._transport.close()  # type: ignore[attr-defined]  # no public way to close it
    process.send_signal(signal.SIGHUP)
    assert await asyncio.wait_for(process.wait(), 10) == 130
    assert await process.stderr.read() == b""


def test_down_stops_and_removes(stage: Path) -> None:
    """By name, once however often it is named; --keep only stops, --all takes what is left."""
    up()
    up(name="my-vllm", engine="vllm")
    status, told = report("down", "my-vllm", "my-v", "vllm", "--keep", *LOCAL)
    assert (status, told["stopped"], told["removed"]) == (0, ["my-vllm"], [])
    _, listed = report("ps", *LOCAL)
    by_name = {engine["name"]: engine for engine in listed["engines"]}
    assert {name: engine["status"] for name, engine in by_name.items()} == {
        "my-ollama": "ready",
        "my-vllm": "stopped",
    }
    assert by_name["my-vllm"]["failure"] is None
    ended = invoke("down", "--all", *LOCAL)
    assert (ended.status, ended.out) == (0, "")
    said = ended.err.splitlines()
    assert said.index("stopping my-ollama") < said.index("stopped my-ollama")
    assert {"removed my-ollama", "removed my-vllm"} <= set(said)
    assert "stopping my-vllm" not in said
    assert records(stage) == []
    ended = invoke("down", "--all", *LOCAL)
    assert (ended.status, ended.err) == (0, "Nothing of yours is up.\n")


def test_down_does_nothing_when_a_name_is_wrong(standing: dict[str, Any]) -> None:
    """Status 1, and the names there are."""
    status, told = report("down", "my-ollama", "mine", *LOCAL)
    assert (status, told["stopped"], told["removed"]) == (1, [], [])
    assert told["error"] == "There is no engine 'mine'; those here: my-ollama."


def test_volumes_are_removed_only_after_a_yes(standing: dict[str, Any]) -> None:
    """Where nobody can be asked it must stand on the command line."""
    status, told = report("down", "my-ollama", "--volumes", *LOCAL)
    assert (status, told["removed"]) == (2, [])
    assert "Give --yes with --volumes where nobody can be asked." in told["error"]


@asynccontextmanager
async def fleet() -> AsyncIterator[Fleet]:
    """The stage's engines, as another session sees them."""
    held = open_fleet(docker_host="none")
    await held.open(EventStream())
    try:
        yield held
    finally:
        await held.close()
