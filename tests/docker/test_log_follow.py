"""Logs of real containers, followed: no line lost, none twice, and our remarks in their places."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count, groupby
from pathlib import Path

import pytest
from docker import APIClient, DockerClient
from docker.models.containers import Container

from burstview_engines.places.docker.events import EventWatch
from burstview_engines.places.docker.log_follow import LogFollower
from tests.docker import log_programs
from tests.docker.images import plain
from tests.docker.private_daemon import PrivateDaemon
from tests.docker.watching import (
    PYTHON,
    Book,
    cut_line,
    like,
    told_by_docker,
    until,
)

MANY = 1_000_000
"""Lines that a container does not come to print."""
CLOSE_LIMIT = 0.1

Create = Callable[..., Container]


@pytest.fixture
def create(
    docker_client: DockerClient,
    plain_image: str,
    unique_name: Callable[[str], str],
    test_labels: dict[str, str],
) -> Create:
    """`create(program, lines=…, rate=…, end=…)`: a container that is not started."""

    names = (unique_name(f"log-{number}") for number in count(1))

    def make(program: str = log_programs.COUNT, **more: object) -> Container:
        name = next(names)
        return _create(docker_client, plain_image, name, test_labels, program, more)

    return make


def _create(
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


def test_no_line_is_lost_or_repeated_across_stop_kill_and_restart(
    create: Create, docker_client: DockerClient
) -> None:
    container = create(lines=MANY)
    with following(container) as (book, follower), looking(docker_client, follower, container):
        container.start()
        until(lambda: book.last_number > 5_000)
        container.restart(timeout=5)
        until(lambda: book.last_number > 15_000)
        container.kill()
        until(lambda: book.remarks[-1:] == ["— stopped, exit code 137 —"])
        container.start()
        until(lambda: book.last_number > 25_000)
        container.stop(timeout=5)
        until(lambda: len(book.remarks) >= 7)

        assert book.texts() == told_by_docker(docker_client, str(container.id))
        assert_whole(book.texts(), 3)
        assert book.remarks == [
            "— not started yet —",
            "— started —",
            "— stopped, exit code 0 —",
            "— started again —",
            "— stopped, exit code 137 —",
            "— started again —",
            "— stopped, exit code 0 —",
        ]


def test_remarks_stand_between_the_runs(create: Create) -> None:
    container = create(lines=300, end=3)
    with following(container) as (book, _):
        for stops in (1, 2, 3):
            container.start()
            until(lambda n=stops: book.remarks.count("— stopped, exit code 3 —") == n)
        told = ["~" if line.is_remark else line.text.split()[1] for line in book.since(0)]
    assert [kind for kind, _ in groupby(told, key=lambda t: t == "~")] == [True, False] * 3 + [True]
    assert told.count("299") == 3


def test_a_crash_loop_is_told_run_by_run(create: Create, docker_client: DockerClient) -> None:
    loop = {"Name": "on-failure", "MaximumRetryCount": 3}
    container = create(lines=2_000, rate=100_000, end=1, restart_policy=loop)
    with following(container) as (book, follower), looking(docker_client, follower, container):
        container.start()
        until(lambda: book.remarks.count("— stopped, exit code 1 —") == 4)
        assert book.texts() == told_by_docker(docker_client, str(container.id))
        assert_whole(book.texts(), 4)
        assert book.remarks[1:] == [
            "— started —",
            *["— stopped, exit code 1 —", "— started again —"] * 3,
            "— stopped, exit code 1 —",
        ]


def test_a_removed_container_s_log_ends_and_its_successor_s_goes_on(create: Create) -> None:
    first, second = create(lines=500), create(lines=700, end=0)
    with following(first) as (book, follower):
        first.start()
        until(lambda: book.count == 500)
        first.remove(force=True)
        until(lambda: book.remarks[-1:] == ["— removed —"])
        second.start()
        follower.retarget(str(second.id))
        until(lambda: book.remarks[-1:] == ["— stopped, exit code 0 —"])
    assert "— recreated —" in book.remarks
    assert_whole(book.texts(), 2)


def test_a_successor_is_followed_while_the_first_is_silent(create: Create) -> None:
    first, second = create(lines=5), create(lines=7)
    first.start()
    second.start()
    with following(first) as (book, follower):
        until(lambda: book.count == 5)
        follower.retarget(str(second.id))
        until(lambda: book.count == 12)
        assert book.remarks == ["— recreated —"]


def test_only_the_last_lines_of_the_past_are_read(create: Create) -> None:
    container = create(lines=3_000, end=0)
    container.start()
    container.wait()
    with following(container, tail=100) as (book, _):
        until(lambda: book.remarks == ["— stopped, exit code 0 —"])
        numbers = [int(text.split()[1]) for text in book.texts()]
        assert len(numbers) == 100
        assert max(numbers) == 2_999
        container.start()
        until(lambda: len(book.remarks) == 3)
        assert book.remarks[1:] == ["— started again —", "— stopped, exit code 0 —"]
        assert book.count == 3_100


def test_no_line_is_lost_or_repeated_where_the_connection_breaks(
    create: Create, docker_client: DockerClient, tmp_path: Path
) -> None:
    container = create(lines=30_000, end=0)
    with cut_line(docker_client, tmp_path) as line, following(container, line.api) as (book, _):
        container.start()
        for _ in range(8):
            seen = book.last_number
            until(lambda n=seen: book.last_number > n + 1_000 or book.is_over)
            line.cut()
        until(lambda: book.is_over)
        assert book.texts() == told_by_docker(docker_client, str(container.id))
        assert_whole(book.texts(), 1)


def test_a_break_in_which_more_lines_come_than_are_looked_through(
    create: Create, docker_client: DockerClient, tmp_path: Path
) -> None:
    container = create(lines=60_000, rate=100_000, end=0)
    with cut_line(docker_client, tmp_path) as line, following(container, line.api) as (book, _):
        container.start()
        until(lambda: book.last_number > 1_000)
        line.is_refusing = True
        line.cut()
        container.wait()
        assert book.count < 35_000, "too fast for this test"
        line.is_refusing = False
        until(lambda: book.is_over)
        assert book.texts() == told_by_docker(docker_client, str(container.id))
        assert book.remarks[2:] == [
            "— the daemon is gone: reconnecting —",
            "— the daemon is back —",
            "— stopped, exit code 0 —",
        ]


def test_a_restart_during_a_break_is_told_in_its_place(
    create: Create, docker_client: DockerClient, tmp_path: Path
) -> None:
    container = create(lines=5_000)
    with cut_line(docker_client, tmp_path) as line, following(container, line.api) as (book, _):
        container.start()
        until(lambda: book.last_number > 1_000)
        line.is_refusing = True
        line.cut()
        until(lambda: len(told_by_docker(docker_client, str(container.id))) == 5_000)
        container.restart(timeout=5)
        line.is_refusing = False
        until(lambda: book.count == 10_000)
        assert_whole(book.texts(), 2)
        told = [line.text if line.is_remark else line.text.split()[0] for line in book.since(0)]
    parts = [text for text, _ in groupby(told)]
    assert [part for part in parts if "daemon" not in part][2:] in (
        [parts[2], "— stopped —", "— started again —", parts[-1]],
        [parts[2], parts[2], "— stopped —", "— started again —", parts[-1]],
    )


def test_a_reader_that_lags_behind_tells_restarts_when_it_is_woken(
    create: Create,
) -> None:
    container = create(lines=200_000, rate=10**6)
    with following(container) as (book, follower):
        container.start()
        until(lambda: book.last_number > 1_000)
        container.restart(timeout=0)
        follower.look_now()
        until(lambda: "— started again —" in book.remarks)
        first, second = runs(book.texts())[0], runs(book.texts())[-1:]
        assert first[0] == 0
        assert all(0 in run for run in second)


def test_a_daemon_that_stops_and_starts_costs_no_line(private_daemon: PrivateDaemon) -> None:
    client = private_daemon.client()
    more = {"lines": MANY}
    container = _create(client, plain(client), "counting", {}, log_programs.COUNT, more)
    with following(container, like(client)) as (book, _):
        container.start()
        until(lambda: book.count > 3_000)
        for _ in range(2):
            private_daemon.stop()
            until(lambda: book.remarks[-1:] == ["— the daemon is gone: reconnecting —"])
            private_daemon.start()
            until(lambda: "stopped" in book.remarks[-1])
            seen = book.count
            container.start()
            until(lambda n=seen: book.count > n + 1_000)
        container.stop(timeout=5)
        until(lambda: book.is_over)
        assert book.texts() == told_by_docker(client, str(container.id))
        assert_whole(book.texts(), 3)
        outage = ["— the daemon is gone: reconnecting —", "— the daemon is back —"]
        assert book.remarks[2:-1] == [
            *[*outage, "— stopped, exit code 0 —", "— started again —"] * 2
        ]
    client.close()


def test_a_log_that_is_rotated_loses_and_repeats_no_line(create: Create) -> None:
    capped = {"type": "json-file", "config": {"max-size": "300k", "max-file": "30"}}
    container = create(lines=40_000, end=0, log_config=capped)
    with following(container) as (book, _):
        container.start()
        until(lambda: book.is_over)
        assert_whole(book.texts(), 1)
        assert book.count == 40_000


def test_long_lines_and_control_sequences_become_plain_text(create: Create) -> None:
    container = create(log_programs.LONG)
    with following(container) as (book, _):
        container.start()
        until(lambda: book.is_over)
    long, bar, letters, *rest = book.texts()
    assert long == "a" * 8192 + "… (31,809 more bytes)"
    assert bar == "bready"
    assert letters == "ä" * 4096 + "… (31,808 more bytes)"
    assert rest == ["red and plain", "done"]


def test_a_terminal_s_log_is_read_alike(create: Create) -> None:
    container = create(log_programs.LONG, tty=True)
    with following(container) as (book, _):
        container.start()
        until(lambda: book.is_over)
    long, _bar, letters, *rest = book.texts()
    assert long == "a" * 8192 + "… (31,809 more bytes)"
    assert letters == "ä" * 4096 + "… (31,808 more bytes)"
    assert rest == ["red and plain", "done"]


def test_a_terminal_s_lines_survive_breaks(
    create: Create, docker_client: DockerClient, tmp_path: Path
) -> None:
    container = create(lines=20_000, end=0, tty=True)
    with cut_line(docker_client, tmp_path) as line, following(container, line.api) as (book, _):
        container.start()
        for _ in range(5):
            seen = book.last_number
            until(lambda n=seen: book.last_number > n + 1_000 or book.is_over)
            line.cut()
        until(lambda: book.is_over)
        assert book.texts() == told_by_docker(docker_client, str(container.id))
        assert book.count == 20_000


def test_a_log_that_is_kept_nowhere_says_so_once(create: Create) -> None:
    container = create(lines=10, log_config={"type": "none"})
    with following(container) as (book, _):
        container.start()
        until(lambda: len(book.remarks) == 3)
        assert book.remarks[-1] == (
            "— the log cannot be read: configured logging driver does not support reading —"
        )


def test_a_daemon_that_is_not_there_is_told_once_and_closing_is_quick(
    create: Create, docker_client: DockerClient, tmp_path: Path
) -> None:
    container = create()
    with cut_line(docker_client, tmp_path) as line:
        line.is_refusing = True
        with following(container, line.api) as (book, _):
            pass
        assert book.remarks == ["— the daemon is gone: reconnecting —"]


def test_health_checks_and_other_execs_leave_no_line(create: Create) -> None:
    container = create(lines=3)
    with following(container) as (book, _):
        container.start()
        until(lambda: book.count == 3)
        for _ in range(5):
            container.exec_run([*PYTHON, "print('checked')"])
        container.stop(timeout=5)
        until(lambda: book.is_over)
        assert book.count == 3


def test_a_silent_container_can_be_left_at_once(create: Create) -> None:
    container = create(log_programs.SILENT)
    container.start()
    for _ in range(5):
        with following(container) as (book, _):
            pass
        assert book.last_number == 0
