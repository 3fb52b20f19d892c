"""Usage: help, wrong options, and what is imported when."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.cli.engine_report_check import check_report
from tests.cli.report_check import check_duel, check_run
from tests.cli.servers import environment

from burstview import __version__
from burstview.cli import cli, run

HEAVY = {"textual", "httpx", "docker", "pynvml", "aiohttp", "rich", "psutil", "uvloop"}


ENGINE_COMMANDS = ("up", "down", "ps", "logs", "pull", "doctor")
HELPS = [["--help"], ["--version"], *([name, "--help"] for name in ("fire", *ENGINE_COMMANDS))]


@pytest.mark.parametrize("arguments", HELPS, ids=" ".join)
def test_help_imports_nothing_heavy(tmp_path: Path, arguments: list[str]) -> None:
    """Help and version come without any library of the monitor or of the network."""
    code = (
        "import sys\n"
        "from burstview.cli import run\n"
        f"status = run({arguments!r})\n"
        "print(status, *sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=environment(tmp_path),
        check=True,
    )
    status, *modules = ended.stderr.split()
    assert status == "0"
    assert not HEAVY.intersection(modules)


FULL = [">/dev/full"] if Path("/dev/full").exists() else []


@pytest.mark.parametrize("redirected", [">&-", "2>&-", ">&- 2>&- <&-", *FULL])
def test_nowhere_to_write_to(tmp_path: Path, redirected: str) -> None:
    """A closed or full stream is no reason for a traceback or another status."""
    local = "--docker-host none"
    for arguments, status in (
        ("simulate -c 2 -n 2", 0),
        ("fire --json", 2),
        (f"ps {local}", 0),
        (f"down x --json {local}", 1),
    ):
        command = f"{sys.executable} -m burstview {arguments} {redirected}"
        ended = subprocess.run(
            ["sh", "-c", command],
            capture_output=True,
            text=True,
            env=environment(tmp_path),
            check=False,
        )
        assert ended.returncode == status
        assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("module", "arguments"),
    [("click", ["fire", "--demo", "--json"]), ("asyncio.futures", ["ps", "--json"])],
)
def test_interrupted_while_importing(tmp_path: Path, module: str, arguments: list[str]) -> None:
    """Ctrl-C before the program is all there is answered as later: 130 and one object, and what
    was half imported is not needed for it."""
    code = (
        "import os, runpy, signal, sys\n"
        "class Interrupting:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name == {module!r}:\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "sys.meta_path.insert(0, Interrupting())\n"
        f"sys.argv[1:] = {arguments!r}\n"
        "runpy.run_module('burstview', run_name='__main__')\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=environment(tmp_path),
        check=False,
    )
    assert ended.returncode == 130
    assert json.loads(ended.stdout)["error"] == "cancelled before anything was done"
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    "command", ["", "demo", "fire", "duel", "simulate", "replay", *ENGINE_COMMANDS]
)
def test_every_command_has_examples(command: str) -> None:
    """`--help` shows how a command is used."""
    shown = CliRunner().invoke(cli, [*command.split(), "--help"]).output
    assert "Examples:" in shown
    assert f"burstview {command}".strip() in shown.partition("Examples:")[2]


def test_version() -> None:
    """`--version` names the program and its version."""
    assert __version__ in CliRunner().invoke(cli, ["--version"]).output


WRONG = [
    (["fire"], "Give --url URL"),
    (["fire", "--url", "http://a", "--demo"], "Give --url URL"),
    (["fire", "--url", "ftp://a"], "no server's address"),
    (["fire", "--url", "http://user:pw@host"], "may not hold a user or a key"),
    (["fire", "--demo", "-c", "0"], "not in the range 1<=x<=1024"),
    (["fire", "--demo", "-c", "1025"], "not in the range"),
    (["fire", "--demo", "-n", "x"], "not a valid integer"),
    (["fire", "--demo", "--give-up-after", "0"], "not in the range"),
    (["fire", "--demo", "--give-up-after", "nan"], "no finite number"),
    (["fire", "--demo", "--give-up-after", "inf"], "no finite number"),
    (["fire", "--demo", "--temperature", "nan"], "no finite number"),
    (["fire", "--demo", "--prompt-tokens", "1000001"], "not in the range"),
    (["fire", "--demo", "--engine", "sglang"], "no embedded sglang"),
    (["fire", "--demo", "--model", "gpt-9"], "No model preset"),
    (["fire", "--demo", "--wat"], "No such option"),
    (["fire", "--demo", "--prompt-file", "/none"], "does not exist"),
    (["fire", "--demo", "--config", "/none.toml"], "there is no such file"),
    (["fire", "--demo", "--record", "/none/r.jsonl"], "cannot record"),
    (["duel"], "Give two URLs"),
    (["duel", "http://a"], "Give two URLs"),
    (["duel", "--demo", "http://a"], "Give two URLs"),
    (["duel", "a:1", "b:2", *["--model", "m"] * 3], "twice at most"),
    (["simulate", "--gpu", "H900"], "No GPU preset"),
    (["simulate", "--engine", "ollama", "--max-num-seqs", "4"], "options of vLLM"),
    (["replay", "/none.jsonl"], "does not exist"),
    (["wat"], "No such command"),
]


@pytest.mark.parametrize(("arguments", "words"), WRONG, ids=lambda value: " ".join(value)[:40])
def test_wrong_usage(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Wrong usage exits with 2 and says in words what is wrong, on stderr only."""
    assert run(arguments) == 2
    out, err = capsys.readouterr()
    assert words in " ".join(err.split())
    assert out == ""


@pytest.mark.parametrize(("arguments", "words"), WRONG, ids=lambda value: " ".join(value)[:40])
def test_wrong_usage_as_json(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With --json stdout is one object even then, with the error and no requests."""
    assert run([*arguments, "--json"]) == 2
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert words in " ".join(report["error"].split())
    if arguments[0] == "duel":
        assert all(run["requests"] == [] for run in check_duel(report))
    else:
        assert check_run(report)["requests"] == []


WRONG_ENGINES = [
    (["up"], "Missing argument"),
    (["up", "wllm"], "is not one of 'ollama', 'vllm', 'llamacpp', 'sglang'"),
    (["up", "vllm"], "vLLM needs a model; give a Hugging Face id"),
    (["up", "vllm", "-m", "x", "-o", "max-seqs=3"], "no option max-seqs; max-num-seqs is near"),
    (["up", "vllm", "-m", "x", "-o", "max-num-seqs=few"], "takes a whole number of at least 1"),
    (["up", "vllm", "-m", "x", "-o", "max-num-seqs"], "--option takes NAME=VALUE"),
    (["up", "vllm", "-m", "x", "-e", "=x"], "--env takes NAME=VALUE"),
    (["up", "vllm", "-m", "./nowhere"], "There is no file or folder ./nowhere here."),
    (["up", "vllm", "-m", "x", "--gpus", "first"], "is no GPU; give all, none, numbers"),
    (["up", "ollama", "--port", "0"], "not in the range 1<=x<=65535"),
    (["up", "ollama", "--name", "a b"], "is no name for an engine"),
    (["up", "ollama", "--timeout", "nan"], "no finite number"),
    (["up", "ollama", "-e", "API_TOKEN=abc"], "would show a secret"),
    (["up", "ollama", "--api-key-env", "KEY"], "Ollama has no API key"),
    (["up", "ollama", "--process", "--image", "x"], "A local process has no image"),
    (["up", "ollama", "--context", "a", "--docker-host", "b"], "exclude each other"),
    (["up", "ollama", "--docker-host", "ftp://x"], "is no address of a daemon"),
    (["ps", "--context", "nowhere"], "Docker's context 'nowhere' is not there"),
    (["ps", "x"], "unexpected extra argument"),
    (["down"], "Name the engines, or give --all"),
    (["down", "x", "--all"], "Name the engines, or give --all"),
    (["down", "x", "--keep", "--volumes"], "exclude each other"),
    (["logs"], "Missing argument"),
    (["logs", "x", "--tail", "-1"], "not in the range"),
    (["pull", "x"], "is no engine: give one of ollama, vllm, llamacpp, sglang"),
    (["pull", "ollama", "m", "--image", "i"], "--image is for an engine's image"),
    (["doctor", "--wat"], "No such option"),
]


@pytest.mark.parametrize(
    ("arguments", "words"), WRONG_ENGINES, ids=lambda value: " ".join(value)[:40]
)
def test_wrong_usage_of_engines(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same for commands about engines, before Docker is asked anything."""
    assert run(arguments) == 2
    out, err = capsys.readouterr()
    assert words in " ".join(err.split())
    assert out == ""
    assert run([*arguments, "--json"]) == 2
    report = check_report(arguments[0], json.loads(capsys.readouterr().out))
    assert words in " ".join(report["error"].split())


def test_wrong_usage_of_a_followed_log(capsys: pytest.CaptureFixture[str]) -> None:
    """Its error is one object on one line, like its lines."""
    assert run(["logs", "-f", "--json"]) == 2
    assert set(json.loads(capsys.readouterr().out)) == {"error"}


def test_monitor_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """The monitor says that it needs a terminal, and what works without one."""
    assert run(["demo"]) == 2
    assert "burstview fire" in capsys.readouterr().err


def test_config_mistake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A mistake in the config file is told with its place."""
    path = tmp_path / "c.toml"
    path.write_text("[defaults]\nconcurency = 3\n")
    assert run(["fire", "--demo", "--config", str(path)]) == 2
    assert f"{path}:2: there is no key concurency" in "".join(capsys.readouterr().err.splitlines())


def test_simulate(capsys: pytest.CaptureFixture[str]) -> None:
    """`simulate` gives the same fields; a GPU without traces is marked as extrapolated."""
    wish = ["simulate", "--engine", "ollama", "--model", "qwen3-0.6b", "--slots", "4", "-c", "5"]
    assert run([*wish, "--gpu", "H200", "-n", "64", "--json"]) == 0
    report = check_run(json.loads(capsys.readouterr().out), ("error", "extrapolated"))
    assert (report["warm_up"], report["client"]) == (None, None)
    assert (report["verdict"]["label"], report["verdict"]["k"]) == ("k-at-a-time", 4)
    assert (report["simulated"], report["extrapolated"]) == (True, False)
    assert run([*wish, "--gpu", "A100"]) == 0
    shown = capsys.readouterr().out
    assert "SIMULATED" in shown
    assert "xtrapolated" in shown
