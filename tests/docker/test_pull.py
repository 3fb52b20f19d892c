"""Pulls from an offline registry by a real daemon: progress, refusals, cancel."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from docker import DockerClient

from burstview_engines.places.docker.endpoint import Endpoint
from burstview_engines.places.docker.engine_port import DockerEngine
from burstview_engines.places.docker.failures import DockerFailed
from burstview_engines.places.docker.look import image_of
from burstview_engines.places.docker.pull import pull
from burstview_engines.places.docker.pull_state import Detail, PullEvent, PullState
from tests.docker import own
from tests.docker.private_daemon import PrivateDaemon
from tests.docker.registry import Registry

Never = threading.Event


@pytest.fixture
def engine(docker_client: DockerClient) -> Iterator[DockerEngine]:
    held = own.engine()
    yield held
    held.close()


def test_a_pull_with_its_progress(engine: DockerEngine, registry: Registry) -> None:
    """Layers and bytes grow, and the image is there."""
    reference = registry.reference("slow/progress")
    states: list[PullState] = []
    pull(engine, reference, states.append, Never())
    assert image_of(engine, reference) is not None
    assert states[0].fraction is None
    fractions = [state.fraction for state in states if state.fraction is not None]
    assert fractions[-1] == 1.0
    assert len({fraction for fraction in fractions if 0 < fraction < 1}) > 3
    received = [state.received_bytes for state in states]
    assert received == sorted(received)
    assert states[-1].words == "3 of 3 layers, 5 MB"
    assert any(" of 5 MB" in state.words for state in states)
    assert all(state.stalled_seconds is None for state in states)


def test_what_is_here_already(engine: DockerEngine, registry: Registry) -> None:
    """A second pull is soon over; without a tag the latest is meant."""
    name = registry.reference("ok/again").removesuffix(":latest")
    for _ in range(2):
        pull(engine, name, lambda _: None, Never())
    assert image_of(engine, f"{name}:latest") is not None


REFUSED = {
    "auth/engine": ("registry-unauthorized", "without a login"),
    "limit/engine": ("registry-limit", "no more images for now"),
    "absent/engine": ("image-unknown", "no such image or tag"),
    "badsum/engine": ("download-damaged", "arrived damaged"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_a_registry_refuses(engine: DockerEngine, registry: Registry, name: str) -> None:
    """Before the stream and in the midst of it; the image is not there."""
    kind, words = REFUSED[name]
    reference = registry.reference(name)
    with pytest.raises(DockerFailed, match=words) as refused:
        pull(engine, reference, lambda _: None, Never())
    assert refused.value.failure.kind == kind
    assert image_of(engine, reference) is None


def test_a_registry_that_is_not_there(engine: DockerEngine) -> None:
    with pytest.raises(DockerFailed, match="does not answer") as absent:
        pull(engine, f"127.0.0.1:{own.free_port()}/nothing:1", lambda _: None, Never())
    assert absent.value.failure.kind == "registry-unreachable"


def test_a_registry_without_a_name(engine: DockerEngine) -> None:
    with pytest.raises(DockerFailed, match="no network, or no DNS") as unknown:
        pull(engine, "registry.invalid/nothing:1", lambda _: None, Never())
    assert unknown.value.failure.kind == "registry-unknown-name"


def test_a_name_that_is_none(engine: DockerEngine) -> None:
    with pytest.raises(DockerFailed, match="no image's name"):
        pull(engine, "Not-An-Image", lambda _: None, Never())


def test_a_cancelled_pull(engine: DockerEngine, registry: Registry) -> None:
    """It returns at once, and the daemon stops too: the image does not come later."""
    reference = registry.reference("stall/cancelled")
    cancelled = threading.Event()
    began: list[float] = []

    def cancel_soon(state: PullState) -> None:
        if state.received_bytes and not cancelled.is_set():
            began.append(time.monotonic())
            cancelled.set()

    with pytest.raises(DockerFailed) as told:
        pull(engine, reference, cancel_soon, cancelled)
    assert time.monotonic() - began[0] < 1.0
    assert told.value.failure.kind == "pull-cancelled"
    assert image_of(engine, reference) is None
    readers = [thread for thread in threading.enumerate() if thread.name == "pull"]
    for reader in readers:
        reader.join(5)
    assert not any(reader.is_alive() for reader in readers)


def test_a_pull_cancelled_before_its_first_byte(
    engine: DockerEngine,
) -> None:
    """While the daemon still waits for a registry that says nothing."""
    with own.listening() as silent:
        cancelled = threading.Event()
        threading.Timer(0.3, cancelled.set).start()
        began = time.monotonic()
        with pytest.raises(DockerFailed) as told:
            pull(engine, f"127.0.0.1:{silent}/silent:1", lambda _: None, cancelled)
    assert told.value.failure.kind == "pull-cancelled"
    assert time.monotonic() - began < 3


def test_a_stalled_download_is_told(engine: DockerEngine, registry: Registry) -> None:
    """After 20 seconds without a byte, by a clock that runs faster than ours."""
    begun = time.monotonic()
    cancelled = threading.Event()
    words: list[str] = []

    def look(state: PullState) -> None:
        words.append(state.words)
        if state.stalled_seconds:
            cancelled.set()

    with pytest.raises(DockerFailed):
        pull(
            engine,
            registry.reference("stall/told"),
            look,
            cancelled,
            clock=lambda: begun + (time.monotonic() - begun) * 20,
        )
    assert words[-1].startswith("no byte for 2")
    assert "0 of 3 layers" in words[-1]


def test_no_daemon() -> None:
    nowhere = DockerEngine(Endpoint("unix:///nowhere.sock", "test", "local"))
    with pytest.raises(DockerFailed) as absent:
        pull(nowhere, "x:1", lambda _: None, Never())
    assert absent.value.failure.kind == "daemon-absent"


# the fold alone


def folded(*events: PullEvent, now: float = 1.0) -> PullState:
    state = PullState()
    for event in events:
        state = state.fold(event, now)
    return state


def told(
    status: str, layer: str = "a", current: int | None = None, total: int | None = None
) -> PullEvent:
    return PullEvent(status, layer, Detail(current, total))


def test_the_tag_is_no_layer() -> None:
    state = folded(told("Pulling from ok/img", "latest"), told("Digest: sha256:0", ""))
    assert (state.layers, state.fraction, state.words) == ({}, None, "asking the registry")


def test_bytes_of_layers_that_have_begun() -> None:
    """Others may add to the total, and the words say so."""
    state = folded(
        told("Pulling fs layer", "a"),
        told("Pulling fs layer", "b"),
        told("Already exists", "c"),
        told("Downloading", "a", 1_200_000_000, 2_000_000_000),
    )
    assert state.words == "1 of 3 layers, 1.2 of at least 2.0 GB"
    state = state.fold(told("Downloading", "b", 0, 2_000_000_000), 2.0)
    assert state.words == "1 of 3 layers, 1.2 of 4.0 GB"
    assert state.fraction == pytest.approx((1 + 0.75 * 0.6) / 3)
    small = folded(told("Downloading", "a", 7_000_000, 2_000_000_000))
    assert small.words == "0 of 1 layers, 7 MB of 2.0 GB"


def test_unpacking_counts_apart() -> None:
    state = folded(
        told("Downloading", "a", 10, 100),
        told("Download complete"),
        told("Extracting", "a", 50, 100),
    )
    assert (state.received_bytes, state.words) == (100, "0 of 1 layers, unpacking")
    assert state.fraction == pytest.approx(0.75 + 0.25 * 0.5)
    assert state.fold(told("Pull complete"), 2.0).fraction == 1.0


def test_a_retry_is_told_until_bytes_come_again() -> None:
    """The daemon counts down, and begins the layer anew."""
    state = folded(
        told("Pulling fs layer"),
        told("Downloading", "a", 5_000_000, 10_000_000),
        told("Retrying in 5 seconds"),
    )
    assert state.words == "Retrying in 5 seconds, 0 of 1 layers, 5 of 10 MB"
    again = state.fold(told("Downloading", "a", 1_000_000, 10_000_000), 30.0)
    assert again.words == "0 of 1 layers, 1 of 10 MB"


def test_a_stall_counts_from_the_last_byte() -> None:
    state = folded(told("Downloading", "a", 50, 100), now=10.0)
    assert state.at(29.9).stalled_seconds is None
    assert state.at(31.0).stalled_seconds == 21.0
    assert state.at(31.0).words.startswith("no byte for 21 s, ")
    same = state.fold(told("Downloading", "a", 50, 100), 31.0)
    assert same.stalled_seconds == 21.0
    assert same.fold(told("Downloading", "a", 51, 100), 32.0).stalled_seconds is None


def test_an_event_of_failure() -> None:
    assert PullEvent(error="short").failure == "short"
    assert told("Downloading").failure is None


# a daemon with a small disk

PULLING = """
import io, sys, tarfile, threading
from burstview_engines.places.docker.failures import DockerFailed
from burstview_engines.places.docker.pull import pull
from tests.docker import own
from tests.docker.registry import registry

root = io.BytesIO()
with tarfile.open(fileobj=root, mode="w") as tar:
    entry = tarfile.TarInfo("weights")
    entry.size = 60_000_000
    tar.addfile(entry, io.BytesIO(bytes(entry.size)))
with registry() as held:
    reference = held.publish("ok/big", [root.getvalue()])
    try:
        pull(own.engine_at(sys.argv[1]), reference, lambda _: None, threading.Event())
    except DockerFailed as failed:
        print(failed.failure.kind, failed)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
@pytest.mark.skipif(shutil.which("dockerd") is None, reason="there is no dockerd")
def test_a_full_disk(docker_client: DockerClient) -> None:
    """The layer arrives, and has no room."""
    folder = Path(tempfile.mkdtemp(prefix="bvd-"))
    daemon = PrivateDaemon(folder)
    (folder / "data").mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(folder / "data")]
    if subprocess.run(mount, check=False).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        daemon.start()
        path = f"PYTHONPATH={':'.join(sys.path)}"
        done = daemon.run("env", path, sys.executable, "-c", PULLING, daemon.url)
    finally:
        daemon.stop()
        if daemon.network is not None:
            os.close(daemon.network)
        subprocess.run(["umount", str(folder / "data")], check=False)
        shutil.rmtree(folder, ignore_errors=True)
    assert done.stdout.startswith("disk-full The disk of the Docker daemon is full."), done.stderr
