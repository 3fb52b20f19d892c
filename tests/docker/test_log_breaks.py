"""Logs of real containers where something breaks: connections, daemons, files, readers."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from docker import DockerClient

from tests.docker import log_programs
from tests.docker.following import MANY, Create, assert_whole, create_logging, following, runs
from tests.docker.images import plain
from tests.docker.private_daemon import PrivateDaemon
from tests.docker.watching import cut_line, like, told_by_docker, until, url_of


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
        until(lambda: "— the daemon is gone: reconnecting —" in book.remarks)
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
        until(lambda: "— the daemon is gone: reconnecting —" in book.remarks)
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
    container = create_logging(client, plain(client), "counting", {}, log_programs.COUNT, more)
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


def test_a_daemon_that_is_not_there_is_told_once_and_closing_is_quick(
    create: Create, docker_client: DockerClient, tmp_path: Path
) -> None:
    container = create()
    with cut_line(docker_client, tmp_path) as line:
        line.is_refusing = True
        with following(container, line.api) as (book, _):
            pass
        assert book.remarks == ["— the daemon is gone: reconnecting —"]


EXIT = """
import sys
import docker
from burstview_engines.places.docker.events import EventWatch
from burstview_engines.places.docker.log_book import LogBook
from burstview_engines.places.docker.log_follow import LogFollower
from burstview_engines.places.docker.stats import StatsWatch

url, container = sys.argv[1:]
ignore = lambda *_: None
make_api = lambda: docker.APIClient(url, version="auto")
ready, listed, book = [], [], LogBook()
watches = [
    LogFollower(make_api, container, book),
    StatsWatch(make_api, container, ready.append),
    EventWatch(make_api, on_list=listed.append, on_event=ignore, on_gone=ignore, on_back=ignore),
]
for watch in watches:
    watch.start()
while not (ready and listed and book.last_number):
    pass
print("open", flush=True)
"""
"""Ends without closing anything."""


def test_a_program_with_all_streams_open_ends_at_once(create: Create) -> None:
    container = create(lines=MANY)
    container.start()
    command = [sys.executable, "-c", EXIT, url_of(container.client), str(container.id)]
    assert min(_seconds_to_end(command) for _ in range(3)) < 1.0


def _seconds_to_end(command: Sequence[str]) -> float:
    """After it said that all is open."""
    with subprocess.Popen(command, stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == b"open\n"
        began = time.monotonic()
        assert program.wait(10.0) == 0
        return time.monotonic() - began
