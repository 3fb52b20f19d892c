"""`burstview gpu`: what it tells with GPUs, without one, again and again, and after Ctrl-C."""

from __future__ import annotations

import contextlib
import io
import json
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.cli.engine_runs import LOCAL, invoke, spawned
from tests.cli.report_check import COUNT, NUMBER, TEXT, fields
from tests.cli.servers import ROOT, environment, finished
from tests.tui.gpu_samples import MIG, PROCESSES, VLLM_ENGINE, h200, host, look, lost, whole

from burstview.cli_commands.engine_run import carry_out
from burstview.cli_commands.gpu import Looking
from burstview.cli_commands.gpu_text import gpu_lines
from burstview.cli_commands.where_options import Where
from burstview_engines.core.events import AnyEvent, GpuSampled
from burstview_engines.core.gpu import Gpu
from burstview_engines.core.gpu_report import gpu_report, host_report, process_report
from burstview_engines.core.session import SessionFold
from burstview_engines.probes.probe import Deliver

SWITCH = (bool, type(None))
LIST = (list, type(None))
PART = (dict, type(None))
REPORT = {
    "stamp": TEXT, "driver": TEXT, "cuda": TEXT, "problem": TEXT, "gpus": list,
    "processes": LIST, "processes_problem": TEXT, "host": PART, "error": TEXT,
}  # fmt: skip
GPU = {
    "index": int, "name": str, "uuid": TEXT, "bus_id": TEXT, "architecture": TEXT, "state": str,
    "age_s": NUMBER, "state_for_s": NUMBER, "utilisation_percent": NUMBER,
    "memory_utilisation_percent": NUMBER, "encoder_percent": NUMBER, "decoder_percent": NUMBER,
    "memory_used_bytes": COUNT, "memory_total_bytes": COUNT, "memory_reserved_bytes": COUNT,
    "bar1_used_bytes": COUNT, "bar1_total_bytes": COUNT, "power_watts": NUMBER,
    "power_average_watts": NUMBER, "power_limit_watts": NUMBER, "power_default_watts": NUMBER,
    "power_min_watts": NUMBER, "power_max_watts": NUMBER, "temperature_celsius": NUMBER,
    "temperature_max_celsius": NUMBER, "temperature_slowdown_celsius": NUMBER,
    "temperature_shutdown_celsius": NUMBER, "memory_temperature_celsius": NUMBER,
    "memory_temperature_max_celsius": NUMBER, "fan_percent": NUMBER, "sm_clock_mhz": NUMBER,
    "sm_clock_max_mhz": NUMBER, "memory_clock_mhz": NUMBER, "memory_clock_max_mhz": NUMBER,
    "performance_state": COUNT, "throttle_reasons": LIST, "pcie_generation": COUNT,
    "pcie_generation_max": COUNT, "pcie_width": COUNT, "pcie_width_max": COUNT,
    "pcie_received_bytes_per_s": NUMBER, "pcie_sent_bytes_per_s": NUMBER, "nvlinks": COUNT,
    "nvlink_version": COUNT, "nvlink_received_bytes_per_s": NUMBER,
    "nvlink_sent_bytes_per_s": NUMBER, "ecc": SWITCH, "ecc_corrected": COUNT,
    "ecc_uncorrected": COUNT, "mig": SWITCH, "persistence": SWITCH, "compute_mode": TEXT,
    "display_active": SWITCH, "has_gpm": SWITCH, "activity": PART, "mig_instances": list,
}  # fmt: skip
ACTIVITY = {
    "window_s": float, "sm_percent": NUMBER, "occupancy_percent": NUMBER, "tensor_percent": NUMBER,
    "dram_percent": NUMBER,
}  # fmt: skip
INSTANCE = {
    "gpu_instance": int, "compute_instance": COUNT, "name": str, "uuid": TEXT,
    "memory_used_bytes": COUNT, "memory_total_bytes": COUNT, "activity": PART,
}  # fmt: skip
PROCESS = {
    "gpu": int, "pid": int, "kind": str, "mig_instance": COUNT, "memory_bytes": COUNT,
    "sm_percent": NUMBER, "memory_percent": NUMBER, "command": TEXT, "user": TEXT,
    "container": TEXT, "engine": TEXT, "engine_owner": TEXT, "cpu_percent": NUMBER,
    "busiest_thread_percent": NUMBER,
}  # fmt: skip
HOST = {
    "cpu_percent": NUMBER, "cores": int, "core_percents": list, "load": LIST,
    "memory_used_bytes": int, "memory_total_bytes": int, "swap_used_bytes": COUNT,
    "swap_total_bytes": COUNT, "disk_read_bytes_per_s": NUMBER,
    "disk_written_bytes_per_s": NUMBER, "network_received_bytes_per_s": NUMBER,
    "network_sent_bytes_per_s": NUMBER, "cgroup_cpus": NUMBER, "cgroup_cpu_percent": NUMBER,
    "cgroup_throttled": NUMBER, "cgroup_memory_used_bytes": COUNT,
    "cgroup_memory_limit_bytes": COUNT,
}  # fmt: skip
PROBLEM = "No NVIDIA driver here."


def check(report: dict[str, Any]) -> dict[str, Any]:
    """These fields and no others, down to the last part."""
    fields(report, REPORT)
    for gpu in report["gpus"]:
        fields(gpu, GPU)
        if gpu["activity"] is not None:
            fields(gpu["activity"], ACTIVITY)
        for instance in gpu["mig_instances"]:
            fields(instance, INSTANCE)
    for process in report["processes"] or ():
        fields(process, PROCESS)
    if report["host"] is not None:
        fields(report["host"], HOST)
    return report


class ToldProbe:
    """Tells these events once, from a thread of its own."""

    def __init__(self, events: Sequence[AnyEvent], deliver: Deliver) -> None:
        self._thread = threading.Thread(target=deliver, args=(events,), daemon=True)

    def start(self) -> None:
        """Tell them."""
        self._thread.start()

    def hurry(self, *, is_on: bool) -> None:
        """It has told all."""

    def stop(self) -> None:
        """It tells no more."""


def looked(
    events: Sequence[AnyEvent],
    every: float | None = None,
    count: int | None = None,
    *,
    as_json: bool = False,
    patience: float = 5.0,
) -> tuple[int, str, str]:
    """Status, stdout and stderr of a look at such a machine."""

    def make(now: Callable[[], float], deliver: Deliver) -> ToldProbe:
        return ToldProbe(events, deliver)

    errand = Looking(every, count, as_json=as_json, probes=lambda: (make,), patience=patience)
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = carry_out(errand, Where(docker_host="none"))
    return status, out.getvalue(), err.getvalue()


def test_two_gpus_in_json(stage: Path) -> None:
    """Every field, with the values of the cards."""
    status, out, err = looked(whole(2, at=1.0), as_json=True)
    report = check(json.loads(out))
    assert (status, err, report["error"], report["problem"]) == (0, "", None, None)
    assert (report["driver"], report["cuda"]) == ("580.159.04", "13.0")
    first, second = report["gpus"]
    assert (first["index"], second["index"]) == (0, 1)
    assert first["memory_reserved_bytes"] == 644_939_776
    assert first["activity"]["occupancy_percent"] == 40.0
    assert first["fan_percent"] is None
    assert report["host"]["core_percents"][0] == 100.0
    engines = {process["pid"]: process["engine"] for process in report["processes"]}
    assert engines == {3223: "my-vllm", 11864: "my-ollama", 555: None}


def test_two_gpus_in_text(stage: Path) -> None:
    """nvidia-smi's table, all figures, processes with their engines, and the machine."""
    status, out, err = looked(whole(2, at=1.0))
    assert (status, err) == (0, "")
    assert "driver 580.159.04 · CUDA 13.0" in out.splitlines()[0]
    for words in ("Persistence-M", "102,621/143,771", " GPU 1", "18 links up", "● ", "○ "):
        assert words in out
    assert "my-vllm" in next(line for line in out.splitlines() if "VLLM::EngineCore" in line)
    assert "held back 3% of the time" in out


def test_without_a_gpu(stage: Path) -> None:
    """Status 1 and one sentence; the machine is told all the same."""
    events = (GpuSampled(at=0.0, problem=PROBLEM), host(0.0))
    status, out, err = looked(events)
    assert (status, err) == (1, f"burstview: {PROBLEM}\n")
    assert "cpu  29%" in out
    status, out, _ = looked(events, as_json=True)
    report = check(json.loads(out))
    assert (status, report["error"], report["problem"]) == (1, PROBLEM, PROBLEM)
    assert (report["gpus"], report["host"]["cores"]) == ([], 16)


def test_a_driver_that_hangs(stage: Path) -> None:
    """The machine is told, and that the driver does not answer."""
    status, out, err = looked((host(0.0),), patience=0.2)
    assert status == 1
    assert "cpu  29%" in out
    assert "The GPU driver does not answer" in err


def test_again_and_again(stage: Path) -> None:
    """An object on each line, as many as were asked for."""
    status, out, _ = looked(whole(1, at=1.0), 0.1, 3, as_json=True)
    lines = out.splitlines()
    assert (status, len(lines)) == (0, 3)
    assert all(check(json.loads(line))["error"] is None for line in lines)
    _, out, _ = looked(whole(1, at=1.0), 0.1, 2)
    assert out.count("Persistence-M") == 2


async def test_ctrl_c_ends_it(stage: Path) -> None:
    """130; what was printed are whole lines."""
    process = await spawned(stage, "gpu", *LOCAL, "--every", "0.1", "--json")
    assert process.stdout is not None
    first = await process.stdout.readline()
    process.send_signal(signal.SIGINT)
    ended = await finished(process)
    assert ended.status == 130
    assert ended.err == ""
    for line in [first.decode(), *ended.out.splitlines()]:
        check(json.loads(line))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--count", "2"), "--count needs --every"),
        (("--every", "0"), "0.1"),
        (("--every", "1", "--count", "0"), "range"),
    ],
)
def test_wrong_usage(arguments: tuple[str, ...], words: str) -> None:
    """2, and the words in the object; with --every it has no other fields."""
    ended = invoke("gpu", *arguments)
    assert (ended.status, ended.out) == (2, "")
    assert words in ended.err
    told = json.loads(invoke("gpu", *arguments, "--json").out)
    assert words in told["error"]
    if "--every" in arguments:
        assert set(told) == {"error"}
    else:
        check(told)


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    """It comes at once."""
    code = (
        "import sys\n"
        "from burstview.cli import run\n"
        "run(['gpu', '--help'])\n"
        "print(*sorted(sys.modules), file=sys.stderr)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=environment(tmp_path),
        check=True,
    )
    assert "--every" in ended.stdout
    loaded = {name.partition(".")[0] for name in ended.stderr.split()}
    assert loaded.isdisjoint({"textual", "rich", "docker", "pynvml", "psutil", "httpx"})


def test_a_lost_gpu_tells_how_old_its_values_are() -> None:
    """And for how long it has been gone."""
    sample = lost(look(30.0, 2), 0, 22.0)
    report = gpu_report(sample.gpus[0], None, 30.0, 31.5)
    fields(report, GPU)
    assert (report["state"], report["age_s"], report["state_for_s"]) == ("lost", 9.5, 9.5)
    assert gpu_report(sample.gpus[1], None, 30.0, 31.5)["age_s"] == 1.5


def test_unknown_is_null() -> None:
    """Never 0."""
    report = gpu_report(Gpu(index=0, name="T4"), None, 1.0, 1.0)
    fields(report, GPU)
    known = {name for name, value in report.items() if value is not None}
    assert known == {"index", "name", "state", "age_s", "mig_instances"}


def test_mig_instances_and_the_machine_have_all_fields() -> None:
    """As docs/json.md lists them."""
    report = gpu_report(msgspec.structs.replace(h200(), mig=MIG), None, 1.0, 1.0)
    assert isinstance(report["mig_instances"], list)
    for instance in report["mig_instances"]:
        fields(instance, INSTANCE)
    fields(host_report(host(1.0)), HOST)
    fields(process_report(PROCESSES[0], [VLLM_ENGINE]), PROCESS)


def test_all_fields_are_documented() -> None:
    """Each in docs/json.md."""
    text = (ROOT / "docs" / "json.md").read_text()
    names = {name for part in (REPORT, GPU, ACTIVITY, INSTANCE, PROCESS, HOST) for name in part}
    known = set(re.findall(r"`(\w+)`", text))
    assert names - known == set()


@pytest.mark.parametrize("width", [60, 80, 120, 200])
@pytest.mark.parametrize("count", [1, 9, 16])
def test_text_is_never_wider_than_the_terminal(width: int, count: int) -> None:
    """However many GPUs there are."""
    fold = SessionFold()
    for event in whole(count, at=1.0):
        fold.apply(event)
    lines = gpu_lines(fold.snapshot(), None, width)
    assert max(map(len, lines[1:])) <= width
    assert sum(line.startswith(" GPU ") for line in lines) == count
