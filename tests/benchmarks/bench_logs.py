"""What does following Ollama's log cost, beside Docker's own command?

    python -m tests.benchmarks.bench_logs [--requests 64] [--seconds 10]

A container of the real daemon prints a real Ollama's log over and over, as fast as so many requests
a second make it (12 kB each). CPU seconds of this process, and of `docker logs --follow | wc`.
"""

from __future__ import annotations

import argparse
import gzip
import io
import resource
import shutil
import subprocess
import tarfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import docker
from docker import DockerClient
from docker.models.containers import Container
from tests.docker.images import plain
from tests.docker.watching import PYTHON, like, url_of

from burstview_engines.places.docker.log_book import LogBook
from burstview_engines.places.docker.log_follow import LogFollower

LOG = Path(__file__).parents[1] / "data" / "logs" / "ollama-np4.log.gz"
REQUEST_BYTES = 12_000
NOISE = (b"srv          load:", b"srv        update:")
"""Five of six lines: what the prompt cache holds."""
PRINT = """
import sys, time
lines = open("/engine.log", "rb").readlines()
rate = int(sys.argv[1])
began, sent = time.monotonic(), 0
while True:
    for at in range(0, len(lines), 50):
        block = b"".join(lines[at : at + 50])
        sys.stdout.buffer.write(block)
        sys.stdout.buffer.flush()
        sent += len(block)
        time.sleep(max(0.0, began + sent / rate - time.monotonic()))
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one way to follow the log."""

    name: str
    seconds: float
    cpu: float
    lines: int
    text_bytes: int

    def __str__(self) -> str:
        megabytes = self.text_bytes / 1e6
        return (
            f"{self.name:44} {self.lines / self.seconds:8,.0f} lines/s {megabytes:6.2f} MB"
            f" {self.cpu / megabytes * 1e3:8.2f} ms/MB {self.cpu / self.seconds:8.2%} of a core"
        )


@contextmanager
def printing(client: DockerClient, rate: int) -> Iterator[Container]:
    """A container that prints the log at so many bytes a second."""
    container = client.containers.create(
        plain(client),
        [*PYTHON, PRINT, str(rate)],
        name="burstview-bench-logs",
        labels={"io.burstview.test": "bench"},
        init=True,
        log_config={"type": "json-file", "config": {"max-size": "10m", "max-file": "3"}},
    )
    try:
        container.put_archive("/", _packed(gzip.decompress(LOG.read_bytes())))
        container.start()
        yield container
    finally:
        container.remove(force=True)


def _packed(log: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        entry = tarfile.TarInfo("engine.log")
        entry.size = len(log)
        archive.addfile(entry, io.BytesIO(log))
    return packed.getvalue()


class CountingBook(LogBook):
    """A book that counts what it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes = 0

    def add(self, lines: Sequence[bytes]) -> None:
        """Stamps and newlines are no text."""
        super().add(lines)
        self.bytes += sum(map(len, lines)) - 32 * len(lines)


def follow(
    container: Container,
    seconds: float,
    name: str,
    prepare: Callable[[LogBook], object],
    look: Callable[[LogBook], object] | None = None,
) -> Cost:
    """With our follower, measured after its first second."""
    book = CountingBook()
    prepare(book)
    follower = LogFollower(like(container.client), str(container.id), book)
    follower.start()
    _spend(1.0, book, look)
    lines, text, cpu, began = book.last_number, book.bytes, time.process_time(), time.monotonic()
    _spend(seconds, book, look)
    cost = Cost(
        name,
        time.monotonic() - began,
        time.process_time() - cpu,
        book.last_number - lines,
        book.bytes - text,
    )
    follower.close()
    follower.join(1.0)
    return cost


def _spend(seconds: float, book: LogBook, look: Callable[[LogBook], object] | None) -> None:
    """At the monitor's rate, if somebody looks."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if look is not None:
            look(book)
        time.sleep(min(left, 1 / 15 if look is not None else left))


def by_docker_py(container: Container, seconds: float) -> Cost:
    """docker-py's own stream, its pieces only counted."""
    with closing(like(container.client)()) as api:
        stream = api.logs(container.id, stream=True, follow=True, timestamps=True, tail=500)
        timer = threading.Timer(seconds, stream.close)
        timer.start()
        cpu, began, lines, text = time.process_time(), time.monotonic(), 0, 0
        for piece in stream:
            lines += 1
            text += len(piece) - 32
        return Cost(
            "docker-py's stream, counted",
            time.monotonic() - began,
            time.process_time() - cpu,
            lines,
            text,
        )


def by_command(container: Container, seconds: float) -> Cost:
    """`docker logs --follow | wc`, both together."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.monotonic()
    command = ["docker", "-H", url_of(container.client), "logs", "--follow", "--tail", "500"]
    with subprocess.Popen(
        [*command, str(container.id)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as logs:
        counting = subprocess.Popen(["wc", "-lc"], stdin=logs.stdout, stdout=subprocess.PIPE)
        time.sleep(seconds)
        logs.terminate()
        told, _ = counting.communicate()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    lines, text = map(int, told.split())
    return Cost("docker logs --follow | wc", time.monotonic() - began, cpu, lines, text - lines)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=10.0)
    asked = parser.parse_args()
    client = docker.from_env()
    with printing(client, asked.requests * REQUEST_BYTES) as container:
        for cost in costs(container, asked.seconds):
            print(cost, flush=True)
    client.close()


def costs(container: Container, seconds: float) -> Iterator[Cost]:
    """One way after the other, on the same log."""
    yield follow(container, seconds, "our follower", lambda book: None)
    yield follow(
        container,
        seconds,
        "and the last 40 lines read 15 times a second",
        lambda book: None,
        lambda book: book.since(book.last_number - 40),
    )
    yield follow(
        container,
        seconds,
        "and a subscriber, but for the noise",
        lambda book: book.subscribe(len, NOISE),
    )
    yield follow(container, seconds, "and a subscriber to all", lambda book: book.subscribe(len))
    yield by_docker_py(container, seconds)
    if shutil.which("docker") is not None:
        yield by_command(container, seconds)


if __name__ == "__main__":
    main()
