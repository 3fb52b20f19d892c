"""Our GPU probe beside nvidia-smi on a real GPU: idle, under load, growing, and in short bursts.

    python -m tests.benchmarks.gpu_beside_smi [--keep FOLDER]

Needs an NVIDIA GPU, nvidia-smi and torch. Prints which fields agree, what short bursts look like
and what the probe costs. With `--keep` the samples and nvidia-smi's output are written there, as
the tests' fixtures in tests/data/gpu are made.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.bench_gpu_probe import costs, line
from tests.benchmarks.smi_comparison import (
    COLUMNS,
    Agreement,
    compared,
    facts_that_differ,
    smi_rows,
)

from burstview_engines.core.events import AnyEvent, GpuProcessesSeen, GpuSampled, GpusFound, encode
from burstview_engines.core.gpu import GpuProcess
from burstview_engines.probes.gpu import gpu_probe

SMI_MS = 50
IDLE, WORK, GIBS, BURSTS, BURST_MS = 6.0, 8.0, 8, 8, 90
PERIOD_BEFORE, LINGER = 0.15, 0.6


class Session:
    """One probe and what it told."""

    def __init__(self) -> None:
        self.wall = time.time()
        self._begin = time.monotonic()
        self.events: list[AnyEvent] = []
        self.probe = gpu_probe(self.now, self.events.extend)
        self.probe.start()

    def now(self) -> float:
        """Session seconds."""
        return time.monotonic() - self._begin

    def of_wall(self, wall: float) -> float:
        """Session seconds of another process's clock."""
        return wall - self.wall

    def samples(self, begin: float, end: float) -> list[GpuSampled]:
        """Of a stretch of time."""
        seen = [event for event in list(self.events) if isinstance(event, GpuSampled)]
        return [sample for sample in seen if begin <= sample.at <= end]

    def processes(self) -> tuple[GpuProcess, ...]:
        """The newest list."""
        seen = [event for event in list(self.events) if isinstance(event, GpuProcessesSeen)]
        return seen[-1].processes if seen else ()


class Load:
    """`gpu_load` in a process of its own."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.benchmarks.gpu_load"]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.hear("ready")

    def tell(self, command: str) -> None:
        """Begin something."""
        assert self.process.stdin is not None
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def hear(self, word: str) -> list[str]:
        """The words of the line that begins so."""
        assert self.process.stdout is not None
        while True:
            words = self.process.stdout.readline().split()
            if not words:
                raise SystemExit("the load ended; is torch there?")
            if words[0] == word:
                return words

    def end(self) -> None:
        """Close it."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(20)


@contextmanager
def smi_beside(path: Path) -> Iterator[None]:
    """nvidia-smi writes a row a GPU every 0.05 s."""
    query = f"--query-gpu={','.join(COLUMNS)}"
    command = ["nvidia-smi", query, "--format=csv,noheader,nounits", "-lms", str(SMI_MS)]
    with path.open("w") as out, subprocess.Popen(command, stdout=out) as process:
        try:
            yield
        finally:
            process.terminate()


def main() -> None:
    """All of it, in about two minutes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--keep", type=Path, default=Path("gpu-beside-smi"))
    keep: Path = parser.parse_args().keep
    keep.mkdir(parents=True, exist_ok=True)
    report: dict[str, object] = {}
    session = Session()
    time.sleep(2)
    with smi_beside(keep / "idle.csv"):
        time.sleep(IDLE)
    report["idle"] = beside(session, keep / "idle.csv", 0, session.now())
    load, begin = Load(), session.now()
    with smi_beside(keep / "load.csv"):
        time.sleep(1)
        load.tell(f"work {WORK}")
        time.sleep(3)
        report["processes"] = processes_beside(session, load, keep)
        load.hear("done")
        load.tell(f"grow {GIBS}")
        report["growth"] = growth(session, load)
        load.tell("free")
        load.hear("done")
        time.sleep(1)
    report["load"] = beside(session, keep / "load.csv", begin, session.now())
    report["followed"] = followed(session, begin)
    report["bursts"] = [burst(session, load, wait) for wait in pauses()]
    if len(session.samples(0, 1e9)[-1].gpus) > 1:
        report["nvlink"] = links(session, load)
    write_events(session, keep)
    session.probe.stop()
    report["cost beside an idle process"] = [line(cost) for cost in costs(10, 1)]
    load.tell("work 28")
    report["cost beside a busy process"] = [line(cost) for cost in costs(10, 1)]
    load.hear("done")
    report["cost of all GPUs"] = [line(cost) for cost in costs(10)]
    load.end()
    (keep / "report.json").write_text(json.dumps(report, indent=1, default=str))
    print(json.dumps(report, indent=1, default=str))


def pauses() -> Sequence[float]:
    """Different places in the windows of the driver."""
    return [1.0 + 0.037 * turn for turn in range(BURSTS)]


def beside(session: Session, path: Path, begin: float, end: float) -> list[str]:
    """One line a field."""
    rows = smi_rows(path.read_text().splitlines(), session.wall)
    found = [event for event in session.events if isinstance(event, GpusFound)]
    differ = facts_that_differ(found[-1].facts, rows)
    return [_words(one) for one in compared(session.samples(begin, end), rows)] + (
        differ or ["all facts are equal"]
    )


def _words(one: Agreement) -> str:
    rest = f"; DIFFERS: {'; '.join(one.outside[:4])}" if one.outside else ""
    return f"{one.name}: {one.equal} of {one.compared} equal, {one.between} in between{rest}"


def processes_beside(session: Session, load: Load, keep: Path) -> dict[str, object]:
    """The lists of pmon and compute-apps, and ours."""
    pmon = output("nvidia-smi", "pmon", "-c", "3", "-s", "um")
    ours = session.processes()
    apps = output(
        "nvidia-smi",
        "--query-compute-apps=pid,process_name,used_gpu_memory",
        "--format=csv,noheader,nounits",
    )
    full = output("nvidia-smi", "-q")
    (keep / "pmon.txt").write_text(pmon)
    (keep / "compute-apps.csv").write_text(apps)
    (keep / "smi-q.txt").write_text(full)
    listed = {int(row.split(",")[0]): row.split(",")[-1].strip() for row in apps.splitlines()}
    mine = {one.pid: f"{(one.memory_bytes or 0) >> 20}" for one in ours}
    return {
        "load": load.process.pid,
        "nvidia-smi": listed,
        "ours": mine,
        "are equal": listed == mine,
        "pmon": pmon.splitlines(),
        "rows": [str(one) for one in ours],
        "-q": [
            row.strip()
            for row in full.partition("Replays Since")[2].splitlines()
            if "x Throughput" in row or row.strip().startswith("Used ")
        ],
        "our PCIe and BAR1": [
            (
                gpu.pcie_sent_bytes_per_second,
                gpu.pcie_received_bytes_per_second,
                gpu.bar1_used_bytes,
            )
            for gpu in session.samples(0, 1e9)[-1].gpus
        ],
    }


def output(*command: str) -> str:
    """What it prints."""
    return subprocess.run(command, text=True, capture_output=True, check=True).stdout


def growth(session: Session, load: Load) -> list[str]:
    """How soon each GiB is seen."""
    seen = []
    for _ in range(GIBS):
        _, held, wall = load.hear("holds")
        seen.append((int(held), session.of_wall(float(wall))))
    load.hear("done")
    time.sleep(0.6)
    before = session.samples(0, seen[0][1])[-2].gpus[0].memory_used_bytes or 0
    said = []
    for held, at in seen:
        later = session.samples(at, at + 2)
        first = next(
            (
                sample.at - at
                for sample in later
                if (sample.gpus[0].memory_used_bytes or 0) >= before + (held << 30)
            ),
            None,
        )
        said.append(f"{held} GiB after {first if first is None else round(first, 3)} s")
    return said


def followed(session: Session, begin: float) -> dict[str, object]:
    """Idle and under load."""
    idle = session.samples(0, begin)[-3].gpus[0]
    busy = session.samples(begin + 4, begin + 7)[-1].gpus[0]
    names = ("utilisation", "power_watts", "sm_clock_mhz", "memory_used_bytes", "activity")
    return {name: (getattr(idle, name), getattr(busy, name)) for name in names}


def burst(session: Session, load: Load, pause: float) -> dict[str, object]:
    """One, as a session would look at it."""
    time.sleep(pause)
    session.probe.hurry(is_on=True)
    time.sleep(PERIOD_BEFORE)
    load.tell(f"burst {BURST_MS}")
    _, _, begin, end = load.hear("done")
    time.sleep(LINGER)
    session.probe.hurry(is_on=False)
    time.sleep(0.1)
    first, last = session.of_wall(float(begin)), session.of_wall(float(end))
    samples = session.samples(first - 0.2, last + LINGER)
    windows = [s.gpus[0].activity for s in samples if s.gpus[0].activity is not None]
    at_end = next(sample for sample in samples if sample.at >= last)
    return {
        "took": round(last - first, 3),
        "utilisation right after": at_end.gpus[0].utilisation,
        "utilisation later": [s.gpus[0].utilisation for s in samples if s.at >= last],
        "GPM SM": [(round(w.begin - first, 2), round(w.end - first, 2), w.sm) for w in windows],
        "GPM busy seconds": round(sum((w.end - w.begin) * (w.sm or 0) / 100 for w in windows), 3),
        "most watts": max(w for s in samples for _, w in s.gpus[0].power_history),
        "looks": [round(s.at - first, 3) for s in samples],
    }


def links(session: Session, load: Load) -> dict[str, object]:
    """A copy from one GPU to the other: ours, nvidia-smi's counters, and what was copied."""
    load.tell("copy 8")
    time.sleep(3)
    before, first = link_counters(), time.monotonic()
    time.sleep(4)
    after, took = link_counters(), time.monotonic() - first
    _, rate = load.hear("copied")
    end = session.now()
    load.hear("done")
    seen = session.samples(end - 3, end - 1)[-1].gpus
    return {
        "copied": float(rate),
        "nvidia-smi": {key: (after[key] - before[key]) * 1024 / took for key in after},
        "ours": [
            (gpu.nvlink_sent_bytes_per_second, gpu.nvlink_received_bytes_per_second) for gpu in seen
        ],
        "facts": [
            (facts.nvlinks, facts.nvlink_version)
            for event in session.events
            if isinstance(event, GpusFound)
            for facts in event.facts
        ],
        "as nvidia-smi has them": output("nvidia-smi", "nvlink", "-s").splitlines()[:3],
    }


def link_counters() -> dict[str, int]:
    """KiB over all links of each GPU and direction, from `nvidia-smi nvlink -gt d`."""
    counted: dict[str, int] = {}
    gpu = ""
    for row in output("nvidia-smi", "nvlink", "-gt", "d").splitlines():
        if row.startswith("GPU"):
            gpu = row.split(":")[0]
        found = re.search(r"Data (Tx|Rx): (\d+)", row)
        if found is not None:
            key = f"{gpu} {found[1]}"
            counted[key] = counted.get(key, 0) + int(found[2])
    return counted


def write_events(session: Session, keep: Path) -> None:
    """As a recording has them, with the wall clock of their zero first."""
    with gzip.open(keep / "events.jsonl.gz", "wb") as out:
        out.write(json.dumps({"wall": session.wall}).encode() + b"\n")
        for event in session.events:
            out.write(encode(event))


if __name__ == "__main__":
    main()
