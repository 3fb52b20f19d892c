"""Logs of real containers, followed: no line lost, none twice, and our remarks in their places."""

from __future__ import annotations

import time
from itertools import groupby

from docker import DockerClient

from burstview_engines.places.docker.log_follow import LogFollower
from tests.docker import log_programs
from tests.docker.following import MANY, Create, assert_whole, following, looking
from tests.docker.watching import PYTHON, Book, like, told_by_docker, until


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


def test_a_log_that_is_kept_nowhere_says_so_once(create: Create) -> None:
    container = create(lines=10, log_config={"type": "none"})
    with following(container) as (book, _):
        container.start()
        until(lambda: len(book.remarks) == 3)
        assert book.remarks[-1] == (
            "— the log cannot be read: configured logging driver does not support reading —"
        )


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
    container = create(lines=1)
    container.start()
    taken = []
    for _ in range(5):
        book = Book()
        follower = LogFollower(like(container.client), str(container.id), book)
        follower.start()
        until(lambda kept=book: kept.count == 1)
        began = time.monotonic()
        follower.close()
        assert follower.join(5.0)
        taken.append(time.monotonic() - began)
    assert min(taken) < 0.1
