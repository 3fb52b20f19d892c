"""What containers use, counted as `docker stats` counts it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from docker import APIClient, DockerClient
from docker.models.containers import Container

from burstview_engines.core.managed import Usage
from burstview_engines.places.docker.stats import Sample, StatsWatch, usage
from tests.docker import log_programs
from tests.docker.conftest import refuse
from tests.docker.following import CLOSE_LIMIT
from tests.docker.watching import PYTHON, cut_line, like, until, url_of

CAPTURED = Path(__file__).parents[1] / "data" / "docker" / "stats_v1.ndjson"
"""Docker 20.10 on cgroup v1, half a core allowed: three samples of a stream and a stopped one's."""

V2 = {
    "read": "2026-11-26T12:58:10.08Z",
    "cpu_stats": {
        "cpu_usage": {"total_usage": 3_000_000_000},
        "system_cpu_usage": 104_000_000_000,
        "online_cpus": 4,
    },
    "precpu_stats": {
        "cpu_usage": {"total_usage": 1_000_000_000},
        "system_cpu_usage": 100_000_000_000,
        "online_cpus": 4,
    },
    "memory_stats": {
        "usage": 1_000_000,
        "limit": 8_000_000,
        "stats": {"anon": 600_000, "file": 400_000, "inactive_file": 300_000},
    },
    "networks": {
        "eth0": {"rx_bytes": 10, "tx_bytes": 20},
        "eth1": {"rx_bytes": 1, "tx_bytes": 2},
    },
    "blkio_stats": {
        "io_service_bytes_recursive": [
            {"major": 8, "minor": 0, "op": "read", "value": 4096},
            {"major": 8, "minor": 0, "op": "write", "value": 8192},
            {"major": 8, "minor": 16, "op": "read", "value": 1},
        ]
    },
    "pids_stats": {"current": 7, "limit": 100},
}
"""Of cgroup v2, made by hand after Docker's API reference."""


def sample(told: Mapping[str, object]) -> Sample:
    """As it comes from a daemon."""
    return msgspec.json.decode(json.dumps(told), type=Sample)


@pytest.fixture
def captured() -> list[Sample]:
    """The samples of the captured stream."""
    lines = CAPTURED.read_bytes().splitlines()
    return [msgspec.json.decode(line, type=Sample) for line in lines]


def test_a_captured_sample_of_cgroup_v1(captured: list[Sample]) -> None:
    seen = usage(captured[1], captured[0])
    assert seen == Usage(
        cpu_percent=pytest.approx(37.94, abs=0.01),
        memory_bytes=3_293_184,
        memory_limit_bytes=268_435_456,
        network_in_bytes=536,
        network_out_bytes=0,
        pids=2,
    )
    assert usage(captured[1], None) == seen, "the daemon's own previous sample is the same one"


def test_the_first_sample_of_a_stream_tells_no_cpu(captured: list[Sample]) -> None:
    first = usage(captured[0], None)
    assert first is not None
    assert first.cpu_percent is None
    assert first.memory_bytes == 3_301_376


def test_a_stopped_container_uses_nothing(captured: list[Sample]) -> None:
    assert usage(captured[3], captured[2]) is None


def test_a_sample_of_cgroup_v2() -> None:
    assert usage(sample(V2), None) == Usage(
        cpu_percent=200.0,
        memory_bytes=700_000,
        memory_limit_bytes=8_000_000,
        network_in_bytes=11,
        network_out_bytes=22,
        block_read_bytes=4097,
        block_written_bytes=8192,
        pids=7,
    )


def test_cgroup_v1_s_cache_is_named_otherwise_and_its_transfers_are_capitalised() -> None:
    stats = {"inactive_file": 1, "total_inactive_file": 250_000}
    transfers = [
        {"op": "Read", "value": 5},
        {"op": "Write", "value": 6},
        {"op": "Total", "value": 11},
    ]
    told = V2 | {
        "memory_stats": {"usage": 1_000_000, "stats": stats},
        "blkio_stats": {"io_service_bytes_recursive": transfers},
    }
    seen = usage(sample(told), None)
    assert seen is not None
    assert (seen.memory_bytes, seen.memory_limit_bytes) == (750_000, None)
    assert (seen.block_read_bytes, seen.block_written_bytes) == (5, 6)


@pytest.mark.parametrize("transfers", [None, []])
def test_what_is_not_counted_is_unknown(transfers: list[object] | None) -> None:
    told = {key: V2[key] for key in V2 if key not in ("networks", "pids_stats")}
    told["blkio_stats"] = {"io_service_bytes_recursive": transfers}
    seen = usage(sample(told), None)
    assert seen is not None
    assert seen.network_in_bytes is seen.block_read_bytes is seen.pids is None


def test_without_the_number_of_cpus_they_are_counted() -> None:
    told = json.loads(json.dumps(V2))
    del told["cpu_stats"]["online_cpus"]
    told["cpu_stats"]["cpu_usage"]["percpu_usage"] = [1, 2]
    seen = usage(sample(told), None)
    assert seen is not None
    assert seen.cpu_percent == 100.0


def test_a_cache_larger_than_the_usage_is_not_taken_off() -> None:
    told = V2 | {"memory_stats": {"usage": 10, "stats": {"inactive_file": 20}}}
    seen = usage(sample(told), None)
    assert seen is not None
    assert seen.memory_bytes == 10


@pytest.fixture
def create(
    docker_client: DockerClient,
    plain_image: str,
    unique_name: Callable[[str], str],
    test_labels: dict[str, str],
) -> Callable[..., Container]:
    """`create(program, …)`: a container that is not started."""

    def make(program: str, **more: object) -> Container:
        return docker_client.containers.create(
            plain_image,
            [*PYTHON, program],
            name=unique_name("stats"),
            labels=test_labels,
            init=True,
            **more,
        )

    return make


@contextmanager
def watching(
    container: Container, make_api: Callable[[], APIClient] | None = None
) -> Iterator[tuple[list[Usage | None], StatsWatch]]:
    """Closed at the end, which must not take long, whatever goes on."""
    seen: list[Usage | None] = []
    watch = StatsWatch(make_api or like(container.client), str(container.id), seen.append)
    watch.start()
    yield seen, watch
    began = time.monotonic()
    watch.close()
    assert watch.join(5.0)
    assert time.monotonic() - began < CLOSE_LIMIT


def in_bytes(text: str) -> float:
    """`3.141MiB` of `docker stats`."""
    found = re.fullmatch(r"([\d.]+)([kMG]?)(i?)B", text)
    assert found is not None, text
    step = 1024 if found[3] else 1000
    return float(found[1]) * step ** ("kMG".index(found[2]) + 1 if found[2] else 0)


def docker_stats(client: DockerClient, container: Container) -> dict[str, str]:
    """One look by Docker's own command."""
    command = shutil.which("docker")
    if command is None:
        refuse("the docker command is not here")
    asked = ["docker", "-H", url_of(client), "stats", "--no-stream", "--format", "{{json .}}"]
    told = subprocess.run([*asked, str(container.id)], capture_output=True, check=True)
    return {key: str(value) for key, value in json.loads(told.stdout).items()}


def test_it_counts_as_docker_stats_does(
    create: Callable[..., Container], docker_client: DockerClient
) -> None:
    container = create(log_programs.BURN, nano_cpus=400_000_000, mem_limit="256m")
    container.start()
    with watching(container) as (seen, _):
        until(lambda: len(seen) > 1)
        before = len(seen)
        told = docker_stats(docker_client, container)
        until(lambda: len(seen) > before + 1)
        ours = [now for now in seen[before - 1 :] if now is not None]
    shares = [now.cpu_percent for now in ours if now.cpu_percent is not None]
    theirs = float(told["CPUPerc"].rstrip("%"))
    assert min(shares) - 8 < theirs < max(shares) + 8
    memory, limit = (in_bytes(part) for part in told["MemUsage"].split(" / "))
    assert ours[-1].memory_bytes == pytest.approx(memory, rel=0.05)
    assert ours[-1].memory_limit_bytes == limit
    received = in_bytes(told["NetIO"].split(" / ")[0])
    assert (ours[0].network_in_bytes or 0) <= received * 1.06
    assert (ours[-1].network_in_bytes or 0) >= received * 0.94
    assert ours[-1].pids == int(told["PIDs"])


def test_a_stop_is_told_once_and_a_start_goes_on(create: Callable[..., Container]) -> None:
    container = create(log_programs.SILENT)
    container.start()
    with watching(container) as (seen, watch):
        until(lambda: len(seen) >= 2)
        container.stop(timeout=5)
        until(lambda: seen[-1] is None)
        container.start()
        until(lambda: seen[-1] is not None)
        container.remove(force=True)
        until(lambda: seen[-1] is None)
        assert watch.join(10.0), "of a removed container nothing more is asked"
    assert seen.count(None) == 2


def test_on_the_host_s_network_no_network_is_counted(create: Callable[..., Container]) -> None:
    container = create(log_programs.SILENT, network_mode="host")
    container.start()
    with watching(container) as (seen, _):
        until(lambda: seen)
    assert seen[0] is not None
    assert seen[0].network_in_bytes is seen[0].network_out_bytes is None


def test_a_break_is_bridged(
    create: Callable[..., Container], docker_client: DockerClient, tmp_path: Path
) -> None:
    container = create(log_programs.SILENT)
    container.start()
    with cut_line(docker_client, tmp_path) as line, watching(container, line.api) as (seen, _):
        until(lambda: seen)
        line.cut()
        until(lambda: None in seen)
        until(lambda: seen[-1] is not None)
    assert seen.count(None) == 1


def test_all_watches_of_a_container_end_at_once(create: Callable[..., Container]) -> None:
    container = create(log_programs.SILENT)
    container.start()
    seen: list[Usage | None] = []
    watches = [StatsWatch(like(container.client), str(container.id), seen.append) for _ in range(8)]
    for watch in watches:
        watch.start()
    until(lambda: len(seen) >= 8)
    began = time.monotonic()
    for watch in watches:
        watch.close()
    assert all(watch.join(5.0) for watch in watches)
    assert time.monotonic() - began < CLOSE_LIMIT
    assert not [thread for thread in threading.enumerate() if thread.name == "stats"]
