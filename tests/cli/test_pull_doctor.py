"""`burstview pull` and `doctor` without Docker; with it: tests/docker/test_cli.py."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from pathlib import Path
from typing import Any

import pytest
from tests.cli.engine_report_check import PARTS, REPORTS, check_report
from tests.cli.engine_runs import LOCAL, invoke, report, said, spawned, up
from tests.cli.servers import ROOT, finished
from tests.fleet.fleets import free_port

from burstview_engines.launch.registry import LAUNCH
from burstview_engines.places.docker.refusals import REFUSALS


def test_a_model_is_pulled_into_an_ollama(standing: dict[str, Any]) -> None:
    """With progress on stderr; the Ollama is named by its name or its kind."""
    ended = invoke("pull", "my-ollama", "qwen3:0.6b", *LOCAL)
    assert (ended.status, ended.out) == (0, "qwen3:0.6b is here in my-ollama.\n")
    assert "pulling qwen3:0.6b" in ended.err
    status, told = report("pull", "ollama", "qwen3:1.7b", *LOCAL)
    assert (status, told["done"], told["error"], told["failure"]) == (0, True, None, None)
    assert (told["kind"], told["what"], told["into"]) == ("model", "qwen3:1.7b", "my-ollama")
    assert told["seconds"] > 0


def test_a_model_that_cannot_be_pulled(standing: dict[str, Any]) -> None:
    """Ollama's words and the next step; an engine of another kind keeps no models."""
    status, told = report("pull", "my-ollama", "no-such-model:1b", *LOCAL)
    assert (status, told["done"]) == (1, False)
    assert told["error"].endswith("check the model's name and tag.")
    up(name="my-vllm", engine="vllm")
    status, told = report("pull", "my-vllm", "qwen3:0.6b", *LOCAL)
    assert status == 1
    assert "only an Ollama keeps models" in told["error"]
    invoke("down", "my-vllm", *LOCAL)


async def test_a_pull_is_cancelled_and_goes_on(stage: Path) -> None:
    """130; the same pull again completes it."""
    stalled = ("-e", "BURSTVIEW_STANDIN_STALL_DOWNLOAD=1")
    wish = ("up", "ollama", "--process", *LOCAL, "--port", str(free_port()))
    assert (await finished(await spawned(stage, *wish, *stalled))).status == 0
    process = await spawned(stage, "pull", "ollama", "qwen3:8b", *LOCAL, "--json")
    await said(process, " of 5.2 GB")
    process.send_signal(signal.SIGINT)
    ended = await finished(process)
    told = check_report("pull", ended.report)
    assert (ended.status, told["done"]) == (130, False)
    assert told["error"] == "cancelled; another pull goes on from here"
    again = await finished(await spawned(stage, "pull", "ollama", "qwen3:8b", *LOCAL))
    assert again.status == 0, again.err


def test_the_doctor_checks_everything(
    standing: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each thing has a finding; what is in the way has a step. Without Docker by choice all is
    well."""
    monkeypatch.setenv("HF_HUB_CACHE", "/proc/nowhere")
    status, told = report("doctor", *LOCAL)
    assert (status, told["ok"], told["error"]) == (0, True, None)
    names = {finding["name"] for finding in told["findings"]}
    assert names == {"daemon", "state", "nvml", "command", "port", "disk", "engines"}
    said = [finding["sentence"] for finding in told["findings"]]
    assert "my-ollama (ollama) is ready." in said
    assert any(line.startswith("vLLM can run as a local process: ") for line in said)
    ended = invoke("doctor", *LOCAL)
    assert ended.status == 0
    assert "✓ ok       my-ollama (ollama) is ready.\n" in ended.out
    assert "\n           → " in ended.out


def test_the_doctor_says_what_is_in_the_way(stage: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A daemon that is absent is a problem, commands and ports are not: status 1."""
    monkeypatch.setenv("PATH", os.defpath)
    with socket.socket() as taken:
        with contextlib.suppress(OSError):  # another has it: as good
            taken.bind(("127.0.0.1", LAUNCH["sglang"].port))
            taken.listen()
        status, told = report("doctor", "--docker-host", "unix:///nowhere.sock")
    assert (status, told["ok"], told["error"]) == (1, False, None)
    by_level = {level: [f for f in told["findings"] if f["level"] == level]
                for level in ("problem", "warning", "note")}  # fmt: skip
    (problem,) = by_level["problem"]
    assert problem["sentence"].startswith("No Docker daemon answers at unix:///nowhere.sock")
    assert problem["step"]
    ports = [f for f in by_level["warning"] if f["name"] == "port"]
    assert any("Port 30000, SGLang's usual one, cannot be had" in f["sentence"] for f in ports)
    assert all(finding["step"] for finding in ports)
    assert any("`vllm` is not on the PATH" in f["sentence"] for f in by_level["note"])
    status, told = report("doctor", "--context", "nowhere")
    assert status == 1
    assert "Docker's context 'nowhere' is not there" in told["findings"][0]["sentence"]


@pytest.mark.parametrize("command", REPORTS)
def test_every_field_is_documented(command: str) -> None:
    """docs/json.md has a section for each command, and each field in it or in a shared table."""
    text = (ROOT / "docs" / "json.md").read_text()
    section = text.partition(f"\n## `{command}`")[2].partition("\n## ")[0]
    missing = [name for name in REPORTS[command] if f"`{name}`" not in section]
    assert missing == []
    everywhere = [name for part in PARTS for name in part if f"`{name}`" not in text]
    assert everywhere == []


def test_every_kind_of_failure_is_documented() -> None:
    """Of logs and of the daemon's refusals: scripts may rely on the names."""
    text = (ROOT / "docs" / "json.md").read_text()
    kinds = {rule.kind for profile in LAUNCH.values() for rule in profile.failures}
    kinds |= {refusal.kind for refusal in REFUSALS}
    assert sorted(kind for kind in kinds if f"`{kind}`" not in text) == []
