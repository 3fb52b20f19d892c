"""What the tests of logs share: containers that print, and followers of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby

from docker import APIClient, DockerClient
from docker.models.containers import Container

from burstview_engines.places.docker.events import EventWatch
from burstview_engines.places.docker.log_follow import LogFollower
from tests.docker.watching import PYTHON, Book, like, until

Create = Callable[..., Container]

MANY = 1_000_000
"""Lines that a container does not come to print."""
CLOSE_LIMIT = 2.0
"""Seconds on a machine that may be busy; how quick it is, is measured elsewhere."""


def create_logging(
    client: DockerClient,
    image: str,
    name: str,
    labels: dict[str, str],
    program: str,
    more: Mapping[str, object],
) -> Container:
    settings = {key: more[key] for key in more if key not in ("lines", "rate", "end")}
    environment = {
        "LINES": str(more.get("lines", 1000)),
        "RATE": str(more.get("rate", 10_000)),
        "END": str(more.get("end", "wait")),
    }
    return client.containers.create(
        image,
        [*PYTHON, program],
        name=name,
        labels=labels,
        environment=environment,
        init=True,
        **settings,
    )


@contextmanager
def following(
    container: Container,
    make_api: Callable[[], APIClient] | None = None,
    *,
    tail: int = 500,
) -> Iterator[tuple[Book, LogFollower]]:
    """Closed at the end, which must not take long, whatever goes on."""
    container.reload()
    book = Book()
    follower = LogFollower(make_api or like(container.client), str(container.id), book, tail=tail)
    follower.start()
    until(lambda: container.status != "created" or book.remarks)
    yield book, follower
    began = time.monotonic()
    follower.close()
    assert follower.join(5.0)
    assert time.monotonic() - began < CLOSE_LIMIT


@contextmanager
def looking(client: DockerClient, follower: LogFollower, container: Container) -> Iterator[None]:
    """The follower is told of each event, as the monitor does it."""

    def happened(_action: str, id: str, attributes: Mapping[str, str]) -> None:
        if id == container.id:
            code = attributes.get("exitCode")
            follower.look_now(None if code is None else int(code))

    watch = EventWatch(
        like(client),
        on_list=lambda _: None,
        on_event=happened,
        on_gone=lambda _: None,
        on_back=lambda: None,
    )
    watch.start()
    yield
    watch.close()
    assert watch.join(5.0)


def runs(lines: Sequence[str]) -> list[list[int]]:
    """The numbers that each run of COUNT printed, in the order of the runs."""
    return [
        [int(line.split()[1]) for line in group]
        for _, group in groupby(lines, key=lambda line: line.split()[0])
    ]


def assert_whole(lines: Sequence[str], run_count: int) -> None:
    """Each of so many runs from 0 on, without a gap or a repeat. stdout and stderr are read by two
    threads of the daemon, so that lines of one run may change places."""
    numbers = runs(lines)
    assert len(numbers) == run_count
    assert all(sorted(run) == list(range(len(run))) for run in numbers)
