"""What a container's state says of its log."""

from __future__ import annotations

import json
import socket
from contextlib import suppress

import pytest

from burstview_engines.places.docker.log_pace import BUFFER_BYTES, Backoff, Pace, filled_bytes
from burstview_engines.places.docker.log_state import look, unreadable

STARTED, FINISHED = "2026-11-26T11:43:26.5Z", "2026-11-26T11:43:26.1Z"


def test_a_run_that_ended_tells_how() -> None:
    state = {"Running": False, "StartedAt": STARTED, "ExitCode": 1}
    assert look(json.dumps({"State": state}).encode()).ending == "— stopped, exit code 1 —"
    killed = state | {"OOMKilled": True, "ExitCode": 137}
    assert (
        look(json.dumps({"State": killed}).encode()).ending
        == "— stopped, exit code 137, out of memory —"
    )
    assert (
        look(json.dumps({"State": {"Status": "created"}}).encode()).ending == "— not started yet —"
    )


def test_a_container_between_two_starts_does_not_run() -> None:
    assert not look(
        json.dumps({"State": {"Running": True, "Restarting": True}}).encode()
    ).is_running
    assert look(
        json.dumps({"State": {"Running": True}, "Config": {"Tty": True}}).encode()
    ).has_terminal


def test_the_boundary_of_two_runs_is_the_middle_of_the_pause() -> None:
    now = look(json.dumps({"State": {"StartedAt": STARTED, "FinishedAt": FINISHED}}).encode())
    assert now.boundary == b"2026-11-26T11:43:26.300000000Z"


def test_without_an_earlier_end_a_run_s_beginning_is_its_boundary() -> None:
    assert (
        look(json.dumps({"State": {"StartedAt": STARTED}}).encode()).boundary
        == b"2026-11-26T11:43:26.500000000Z"
    )


def test_a_refusal_is_one_line() -> None:
    assert unreadable("no\nlog") == "— the log cannot be read: no log —"


def test_a_calm_log_is_read_in_long_pauses_and_a_flood_without() -> None:
    pace = Pace(0.05)
    assert [pace.after(10, 1_000) for _ in range(20)][-1] == 0.05
    assert [pace.after(277, 36_000) for _ in range(12)][-1] == 0.0
    assert pace.after(10, 1_000) == 0.002


def test_a_steady_log_keeps_its_pace() -> None:
    pace = Pace(0.05)
    assert {pace.after(150, 20_000) for _ in range(10)} == {0.002}


@pytest.mark.parametrize("text_bytes", [1, 100, 190, 700, 1_000, 3_000, 16_000])
def test_a_full_socket_is_known_whatever_the_lines_are(text_bytes: int) -> None:
    """As many messages as a socket of 212,992 bytes took before its writer had to wait."""
    ends, filled = socket.socketpair(), 0
    with ends[0] as writer, ends[1] as reader:
        writer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 212_992 // 2)
        writer.setblocking(False)
        with suppress(BlockingIOError):
            while True:
                filled += writer.send(b"x" * text_bytes) // text_bytes
        assert len(reader.recv(1 << 20)) == filled * text_bytes
    assert 0.65 < filled_bytes(filled, filled * text_bytes) / BUFFER_BYTES < 1.3


def test_pauses_grow_up_to_the_longest() -> None:
    backoff = Backoff(0.5, 5.0)
    assert [backoff.next() for _ in range(5)] == [0.5, 1.0, 2.0, 4.0, 5.0]
    backoff.reset()
    assert backoff.next() == 0.5
