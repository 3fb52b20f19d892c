"""How true are the client's stamps, and what do they cost?

    python tests/benchmarks/bench_client.py [--command "burstview fire ... {url} {c} {n} {record}"]

A server that logs its own truth runs on one core, every process of the tool on another. Errors are
client-reported minus server-logged, absolute, joined on the tag of each prompt. The best of three
runs counts: the one whose worst figure is nearest to its bound from below. `--with-monitor` then
fires the same bursts from the monitor, drawing in a terminal; the stamps may then be 1.5 times off.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from burstview_engines.core.events import ClientHealth, RequestSent, TokensReceived
from burstview_engines.core.metrics import percentile
from burstview_engines.core.recording import read

HERE = Path(__file__).parent
SERVER_CORE, TOOL_CORE = 0, 1
FIRE_ONCE = (
    f"{sys.executable} {HERE / 'fire_once.py'} --url {{url}} -c {{c}} -n {{n}} --record {{record}}"
)

MONITOR = (
    f"{sys.executable} -m tests.benchmarks.monitor_once"
    " --url {url} -c {c} -n {n} --record {record}"
)
MONITOR_SLACK = 1.5


@dataclass(frozen=True, slots=True)
class Case:
    """One work load and the bounds of its figures, in seconds."""

    name: str
    streams: int
    bounds: dict[str, float]
    tokens: int = 64
    ttft: float = 0.2
    itl: float = 0.02
    spread: float = 0.0


CASES = (
    Case("64", 64, {"skew": 0.0015, "ttft p95": 0.0005, "e2e p95": 0.003}),
    Case("256", 256, {"skew": 0.005, "ttft p95": 0.001, "e2e p95": 0.005}),
    Case("1024", 1024, {"skew": 0.020, "ttft p95": 0.005, "e2e p95": 0.020}),
    Case(
        "256 at 51,200/s",
        256,
        {"e2e p95": 0.010, "cpu/ktok": 0.020},
        tokens=200,
        itl=0.005,
        spread=0.005,
    ),
)


@dataclass(frozen=True, slots=True)
class Figures:
    """What one run showed. Seconds."""

    skew: float
    """Server side: first to last request read."""
    lag: float | None
    """The client's own word: intended to written, largest."""
    ttft: tuple[float, float, float]
    """Error, p50, p95 and largest."""
    e2e: tuple[float, float, float]
    cpu_per_ktok: float
    """CPU seconds of all processes of the tool, start included, for 1,000 tokens."""
    server_late: float
    """The largest lateness of the server's own writes, p95 over requests."""

    def of(self, bound: str) -> float:
        """The figure that a bound is about."""
        return {
            "skew": self.skew,
            "ttft p95": self.ttft[1],
            "e2e p95": self.e2e[1],
            "cpu/ktok": self.cpu_per_ktok,
        }[bound]


def spread_of(values: Sequence[float]) -> tuple[float, float, float]:
    """p50, p95 and the largest."""
    return percentile(values, 50) or 0.0, percentile(values, 95) or 0.0, max(values)


def run_once(case: Case, command: str, folder: Path) -> Figures:
    """One server, one burst. Raises RuntimeError when requests are missing."""
    truth_file, record = folder / "truth.jsonl", folder / "record.jsonl"
    for file in (truth_file, record):
        file.unlink(missing_ok=True)
    server = subprocess.Popen(
        server_command(case, truth_file),
        stdout=subprocess.PIPE,
        preexec_fn=lambda: os.sched_setaffinity(0, {SERVER_CORE}),
    )
    assert server.stdout
    with server:
        url = f"http://127.0.0.1:{int(server.stdout.readline())}"
        words = command.format(url=url, c=case.streams, n=case.tokens, record=record)
        cpu = cpu_of(shlex.split(words))
        server.send_signal(signal.SIGTERM)
    truths = [json.loads(line) for line in truth_file.read_text().splitlines()]
    return figures(case, truths, record, cpu)


def server_command(case: Case, log: Path) -> list[str]:
    """The truth server with the case's pace."""
    pace = {
        "--ttft": case.ttft,
        "--itl": case.itl,
        "--tokens": case.tokens,
        "--spread": case.spread,
        "--streams": case.streams,
    }
    options = [str(word) for pair in pace.items() for word in pair]
    return [sys.executable, str(HERE / "truth_server.py"), "--log", str(log), *options]


def cpu_of(words: list[str]) -> float:
    """Run the tool on its core; CPU seconds of it and of all its children."""
    tool = subprocess.Popen(
        words,
        stdout=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        preexec_fn=lambda: os.sched_setaffinity(0, {TOOL_CORE}),
    )
    _, status, usage = os.wait4(tool.pid, 0)
    tool.returncode = os.waitstatus_to_exitcode(status)
    if tool.returncode:
        raise RuntimeError(f"{words[0]} ended with status {tool.returncode}")
    return usage.ru_utime + usage.ru_stime


def figures(case: Case, truths: list[dict[str, float]], record: Path, cpu: float) -> Figures:
    """The run's figures from both sides' stamps."""
    sent: dict[int, float] = {}
    tag: dict[int, str] = {}
    chunks: dict[int, list[float]] = {}
    health: ClientHealth | None = None
    for event in read(record):
        match event:
            case RequestSent(phase="burst"):
                sent[event.id], tag[event.id] = event.at, event.prompt.partition(":")[0]
            case TokensReceived(phase="burst"):
                chunks.setdefault(event.id, []).extend(at for at, _ in event.chunks)
            case ClientHealth():
                health = event
    truth = {str(each["tag"]): each for each in truths if "last" in each}
    mine = [(number, truth[tag[number]]) for number in sent if tag[number] in truth]
    if len(mine) != case.streams or len(chunks) != case.streams:
        raise RuntimeError(f"{len(mine)} of {case.streams} requests are on both sides")
    reads = [each["read"] for _, each in mine]
    return Figures(
        skew=max(reads) - min(reads),
        lag=health.launch_lag_max if health else None,
        ttft=spread_of(
            [abs(chunks[n][0] - sent[n] - (each["first"] - each["read"])) for n, each in mine]
        ),
        e2e=spread_of(
            [abs(chunks[n][-1] - sent[n] - (each["last"] - each["read"])) for n, each in mine]
        ),
        cpu_per_ktok=cpu / (case.streams * case.tokens / 1000),
        server_late=percentile([each["late"] for _, each in mine], 95) or 0.0,
    )


def worst(case: Case, run: Figures) -> float:
    """The largest figure as a share of its bound."""
    return max(run.of(name) / bound for name, bound in case.bounds.items())


def line(case: Case, run: Figures, slack: float) -> str:
    """One row of the table, milliseconds."""

    def ms(*values: float) -> str:
        return "/".join(f"{value * 1000:.2f}" for value in values)

    missed = [name for name, bound in case.bounds.items() if run.of(name) > bound * slack]
    lag = ms(run.lag) if run.lag is not None else "—"
    return (
        f"{case.name:>16}  {ms(run.skew):>7}  {lag:>7}  {ms(*run.ttft):>16}  {ms(*run.e2e):>17}"
        f"  {ms(run.cpu_per_ktok):>8}  {ms(run.server_late):>8}"
        f"  {'pass' if not missed else 'FAIL: ' + ', '.join(missed)}"
    )


def main() -> int:
    """Print the table; 1 if a bound does not hold."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--command", default=FIRE_ONCE)
    parser.add_argument("--with-monitor", action="store_true")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", help="the name of one case")
    parser.add_argument("--all-runs", action="store_true", help="print every run")
    chosen = parser.parse_args()
    cases = [case for case in CASES if chosen.only in (None, case.name)]
    is_good = table(cases, chosen.command, chosen.runs, 1.0, chosen.all_runs)
    if chosen.with_monitor:
        print("the same from the monitor, while it draws")
        drawn = [replace(case, bounds=stamps_only(case)) for case in cases]
        is_good &= table(drawn, MONITOR, chosen.runs, MONITOR_SLACK, chosen.all_runs)
    return 0 if is_good else 1


def stamps_only(case: Case) -> dict[str, float]:
    """The bounds that drawing may loosen; its CPU is bench_pty's matter."""
    return {name: bound for name, bound in case.bounds.items() if name != "cpu/ktok"}


def table(cases: Sequence[Case], command: str, runs: int, slack: float, print_all: bool) -> bool:
    """Print a row for each case; whether every bound holds."""
    print(
        f"{'streams':>16}  {'skew':>7}  {'lag max':>7}  {'TTFT err':>16}  {'E2E err':>17}"
        f"  {'CPU/ktok':>8}  {'srv late':>8}    (ms; p50/p95/max; best of {runs})"
    )
    is_good = True
    with tempfile.TemporaryDirectory() as folder:
        for case in cases:
            seen = [run_once(case, command, Path(folder)) for _ in range(runs)]
            if print_all:
                print(*(line(case, run, slack) for run in seen), sep="\n")
            best = min(seen, key=lambda run: worst(case, run))
            is_good = is_good and worst(case, best) <= slack
            print(line(case, best, slack), flush=True)
    return is_good


if __name__ == "__main__":
    sys.exit(main())
