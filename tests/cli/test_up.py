"""`burstview up` on stand-ins as local processes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.cli.engine_report_check import check_report
from tests.cli.engine_runs import (
    LOCAL,
    invoke,
    records,
    report,
    said,
    spawned,
    tool_environment,
    up,
)
from tests.cli.servers import finished
from tests.fleet.fleets import free_port
from tests.pty_terminal import PtyTerminal

VLLM = ("up", "vllm", "--process", *LOCAL, "--model", "Qwen/Qwen3-0.6B", "--name", "my-vllm")


def test_a_start_is_told_in_json(stage: Path) -> None:
    """Engine, phases, findings, memory, command and times; the second time the time is known."""
    told = up("-o", "max-num-seqs=8", name="my-vllm", engine="vllm")
    engine = told["engine"]
    assert (told["ready"], told["error"], told["failure"]) == (True, None, None)
    assert (engine["name"], engine["status"], engine["place"]) == ("my-vllm", "ready", "process")
    assert (engine["owner"], engine["model"]) == ("ours", "Qwen/Qwen3-0.6B")
    assert engine["options"] == {"max-num-seqs": "8"}
    assert engine["facts"]["seats"] == 8
    phases = [phase["phase"] for phase in told["phases"]]
    assert phases[:2] == ["checking", "booting"]
    assert "loading weights" in phases
    assert "ready" not in phases
    assert sum(phase["seconds"] for phase in told["phases"]) <= told["seconds"] + 0.01
    assert told["command"].endswith(f"--port {engine['url'].rpartition(':')[2]} --max-num-seqs 8")
    assert {finding["name"] for finding in told["findings"]} >= {"command", "weights"}
    assert told["memory"]
    assert told["expected_seconds"] is None
    invoke("down", "my-vllm", *LOCAL)
    again = up("-o", "max-num-seqs=8", name="my-vllm", engine="vllm")
    assert again["expected_seconds"] == pytest.approx(told["seconds"], abs=1.0)


def test_a_start_is_told_in_lines(stage: Path) -> None:
    """Phases on stderr; on stdout name, address, and how it is stopped."""
    ended = invoke("up", "ollama", "--process", *LOCAL, "--port", str(port := free_port()))
    assert ended.status == 0, ended.err
    assert ended.out == (
        f"burstview-tester-ollama is ready: http://127.0.0.1:{port}\n"
        "Stop it: burstview down burstview-tester-ollama\n"
    )
    assert "starting burstview-tester-ollama as a local process; it is the first" in ended.err
    assert " s  booting" in ended.err
    assert "\x1b" not in ended.err


def test_on_a_terminal_the_last_line_is_rewritten(stage: Path) -> None:
    """And is gone in the end: phases that are over stay, then name and address."""
    argv = [sys.executable, "-m", "burstview", "up", "ollama", "--process", *LOCAL]
    with PtyTerminal([*argv, "--port", str(free_port())], env=tool_environment()) as terminal:
        assert terminal.wait(20) == 0
        shown = [line.rstrip() for line in terminal.screen().display if line.strip()]
        written = terminal.data()
    assert b" s  booting" in written
    assert b"\x1b[K" in written
    assert shown[-2].startswith("burstview-tester-ollama is ready: http://127.0.0.1:")
    assert shown[-1] == "Stop it: burstview down burstview-tester-ollama"
    assert not any("  ready" in line for line in shown)


@pytest.mark.parametrize("kind", ["kv-cache-too-small", "gated-model"])
def test_a_failure_is_one_sentence_with_the_next_step(stage: Path, kind: str) -> None:
    """Status 1; in JSON its kind, too. What is left is named."""
    wish = (*VLLM, "--port", str(free_port()), "-e", f"BURSTVIEW_STANDIN_FAIL={kind}")
    status, told = report(*wish)
    assert (status, told["ready"], told["engine"]["status"]) == (1, False, "failed")
    assert told["failure"]["kind"] == told["engine"]["failure"]["kind"] == kind
    assert told["failure"]["sentence"] in told["error"]
    assert told["failure"]["step"] in told["error"]
    assert "`burstview logs my-vllm` shows its log" in told["error"]
    assert told["phases"][-1]["seconds"] is not None


def test_a_missing_command_or_taken_port_is_told_before_anything_is_made(
    stage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Status 1, and nothing is left to be removed."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        status, told = report(*VLLM, "--port", str(port))
    assert (status, told["failure"]["kind"]) == (1, "port")
    assert told["error"].startswith(f"Port {port} is taken by another program.")
    monkeypatch.setenv("PATH", os.defpath)
    status, told = report(*VLLM)
    assert (status, told["failure"]["kind"]) == (1, "command")
    assert told["error"].startswith("There is no command `vllm` on the PATH.")
    assert "burstview down" not in told["error"]
    assert records(stage) == []


def test_a_dry_run_changes_nothing(stage: Path) -> None:
    """The command on stdout, what was checked on stderr; a problem is status 1."""
    ended = invoke(*VLLM, "--dry-run", "--port", "18999", "-o", "max-num-seqs=4")
    assert ended.status == 0
    assert ended.out.endswith("vllm serve Qwen/Qwen3-0.6B --host 127.0.0.1 --port 18999"
                              " --max-num-seqs 4\n")  # fmt: skip
    assert "memory: " in ended.err
    assert "starting" not in ended.err
    status, told = report(*VLLM, "--dry-run", "-o", "max-num-seqs=4")
    assert (status, told["engine"], told["ready"], told["phases"]) == (0, None, False, [])
    assert told["command"]
    assert records(stage) == []
    up(name="my-vllm")
    ended = invoke("up", "ollama", "--process", *LOCAL, "--name", "my-vllm")
    assert ended.status == 1
    assert "my-vllm is there already" in ended.err


def test_no_wait_returns_while_it_starts(stage: Path) -> None:
    """Status 0; it is on its way, and `ps` tells how far."""
    slow = ("-e", "BURSTVIEW_STANDIN_START_SECONDS=60")
    ended = invoke(*VLLM, "--no-wait", "--port", str(free_port()), *slow)
    assert ended.status == 0, ended.err
    assert ended.out.startswith("my-vllm runs and is getting ready: http://127.0.0.1:")
    assert "How far it is: burstview ps\nStop it: burstview down my-vllm\n" in ended.out
    _, listed = report("ps", *LOCAL)
    (engine,) = listed["engines"]
    assert (engine["status"], engine["owner"]) == ("starting", "ours")
    assert engine["phase"] is not None


def test_patience_ends_with_the_timeout(stage: Path) -> None:
    """Status 1; what runs goes on starting."""
    slow = ("-e", "BURSTVIEW_STANDIN_START_SECONDS=60", "--timeout", "1.5")
    status, told = report(*VLLM, "--port", str(free_port()), *slow)
    assert (status, told["engine"]["status"]) == (1, "starting")
    assert told["error"].startswith("It is not ready after 1.5 s and goes on starting:")
    assert "my-vllm.asked.json" in records(stage)


def test_an_ollama_gets_the_model_it_was_started_with(stage: Path) -> None:
    """Pulled and loaded before it counts as ready; one that cannot be had is status 1."""
    wish = ("up", "ollama", "--process", *LOCAL, "--port", str(free_port()))
    status, told = report(*wish, "--name", "with", "--model", "qwen3:0.6b")
    assert (status, told["ready"]) == (0, True)
    _, listed = report("ps", *LOCAL)
    assert [engine["loaded"] for engine in listed["engines"]] == [["qwen3:0.6b"]]
    wish = ("up", "ollama", "--process", *LOCAL, "--port", str(free_port()))
    status, told = report(*wish, "--name", "without", "--model", "no-such-model:1b")
    assert (status, told["ready"]) == (1, True)
    assert "no-such-model:1b was not pulled" in told["error"]


def test_two_at_once_get_names_and_ports_of_their_own(stage: Path) -> None:
    """Nobody takes the other's, and none takes the other's answer for its own."""
    argv = [sys.executable, "-m", "burstview", "up", "ollama", "--process", *LOCAL, "--json"]
    both = [subprocess.Popen(argv, **PIPES, env=tool_environment()) for _ in range(2)]
    told = [check_report("up", json.loads(one.communicate(timeout=30)[0])) for one in both]
    assert [one.returncode for one in both] == [0, 0]
    engines = [each["engine"] for each in told]
    assert len({engine["name"] for engine in engines}) == 2
    assert len({engine["url"] for engine in engines}) == 2
    assert len({engine["id"] for engine in engines}) == 2


@pytest.mark.parametrize(
    ("moment", "number"),
    [
        ("checking", signal.SIGINT),
        ("booting", signal.SIGTERM),
        ("loading weights", signal.SIGHUP),
        ("opening HTTP", signal.SIGINT),
    ],
)
async def test_a_cancelled_start_leaves_nothing(
    stage: Path, moment: str, number: signal.Signals
) -> None:
    """At any moment, and asked twice: 130, one object, no process, record or key."""
    slow = ("--port", str(free_port()), "-e", "BURSTVIEW_STANDIN_START_SECONDS=5", "--json")
    process = await spawned(stage, *VLLM, *slow)
    await said(process, f" s  {moment}")
    process.send_signal(number)
    process.send_signal(number)
    ended = await finished(process)
    told = check_report("up", ended.report)
    assert ended.status == 130, ended.err
    assert (told["engine"], told["error"]) == (None, "cancelled; nothing is left of it")
    assert "Traceback" not in ended.err
    assert records(stage) == []
    assert not running("my-vllm", "standin vllm", str(stage))


async def test_cancelled_while_a_model_is_pulled(stage: Path) -> None:
    """The Ollama that was ready already goes too: it is not what was asked for."""
    wish = ("up", "ollama", "--process", *LOCAL, "--port", str(free_port()), "--json")
    slow = ("--model", "qwen3:8b", "-e", "BURSTVIEW_STANDIN_STALL_DOWNLOAD=inf")
    process = await spawned(stage, *wish, *slow)
    await said(process, "pulling qwen3:8b")
    process.send_signal(signal.SIGINT)
    ended = await finished(process)
    assert (ended.status, check_report("up", ended.report)["engine"]) == (130, None)
    assert records(stage) == []


PIPES: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}


def running(*words: str) -> list[str]:
    """Command lines of processes that hold all these words."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        if all(word in line for word in words):
            found.append(line)
    return found
