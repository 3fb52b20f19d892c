"""Long answers that any thread can end, and what else may answer in a daemon's place."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import docker
import pytest
from docker import APIClient
from docker.tls import TLSConfig

from burstview_engines.places.docker.events import EventWatch
from burstview_engines.places.docker.lifeline import Lifeline
from burstview_engines.places.docker.log_follow import LogFollower
from burstview_engines.places.docker.stats import StatsWatch
from burstview_engines.places.docker.stream_close import (
    Ask,
    DaemonStream,
    StreamCut,
    StreamRefused,
)
from tests.docker.watching import Book, Seen, until

CLOSE_LIMIT = 0.1
"""Of the quickest of five; others may have had to wait for the machine."""
TLS = Path(__file__).parents[1] / "data" / "tls"
EVENTS = Ask("/events")
OK = b"HTTP/1.0 200 OK\r\n\r\n"


class Server:
    """Sends the same to everybody who asks and then falls silent."""

    def __init__(self, listener: socket.socket, answer: bytes) -> None:
        self.asked: list[bytes] = []
        self._listener, self._answer = listener, answer
        self._clients: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._clients.append(client)
                with suppress(BrokenPipeError, ConnectionResetError):
                    self.asked.append(client.recv(4096))
                    client.sendall(self._answer)

    def drop(self) -> None:
        """End all connections."""
        while self._clients:
            self._clients.pop().close()

    def close(self) -> None:
        """All are ended."""
        with suppress(OSError):
            socket.socket.shutdown(self._listener, socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()
        self.drop()


@contextmanager
def serving(path: Path, answer: bytes) -> Iterator[tuple[Server, APIClient]]:
    """On a Unix socket, with a client that has not asked yet."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path / "daemon.sock"))
    listener.listen()
    server = Server(listener, answer)
    api = docker.APIClient(f"unix://{path}/daemon.sock", version="1.41")
    try:
        yield server, api
    finally:
        api.close()
        server.close()


def test_a_stream_is_read_and_ended_from_another_thread(tmp_path: Path) -> None:
    with serving(tmp_path, OK + b"first") as (server, api):
        stream = DaemonStream()
        stream.open(api, Ask("/containers/a b/logs", {"follow": 1, "since": "1.5"}))
        assert stream.read() == b"first"
        assert not stream.wait(0.01)
        ending = threading.Timer(0.05, stream.end)
        ending.start()
        assert stream.read() == b""
        ending.join()
        stream.close()
        assert stream.read() == b""
    assert server.asked[0].startswith(
        b"GET /v1.41/containers/a%20b/logs?follow=1&since=1.5 HTTP/1.0\r\n"
    )


def test_a_stream_that_was_ended_before_it_began_is_not_asked_for(tmp_path: Path) -> None:
    with serving(tmp_path, OK) as (_, api):
        stream = DaemonStream()
        stream.end()
        with pytest.raises(StreamCut):
            stream.open(api, EVENTS)
        stream.close()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            b'HTTP/1.0 404 Not Found\r\n\r\n{"message":"No such container: x"}',
            "No such container: x",
        ),
        (b"HTTP/1.0 500 Internal\r\n\r\nbroken\n", "broken"),
        (b"HTTP/1.0 503 Busy\r\n\r\n", "HTTP 503"),
    ],
)
def test_a_daemon_s_no_is_told_in_its_words(tmp_path: Path, answer: bytes, words: str) -> None:
    with serving(tmp_path, answer) as (server, api):
        dropping = threading.Thread(target=lambda: (until(lambda: server.asked), server.drop()))
        dropping.start()
        with pytest.raises(StreamRefused) as refusal, Lifeline().streaming(api, EVENTS):
            pass
        dropping.join()
    assert str(refusal.value) == words
    assert refusal.value.status == int(answer.split()[1])


@pytest.mark.parametrize(
    "answer",
    [b"SSH-2.0-OpenSSH_9\r\n\r\n", b"HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n"],
)
def test_what_does_not_speak_as_a_daemon_is_an_error(tmp_path: Path, answer: bytes) -> None:
    lifeline = Lifeline()
    with (
        serving(tmp_path, answer) as (_, api),
        pytest.raises(ConnectionResetError),
        lifeline.streaming(api, EVENTS) as stream,
    ):
        stream.read()


def test_a_connection_that_ends_without_an_answer_is_an_error(tmp_path: Path) -> None:
    with serving(tmp_path, b"") as (server, api):
        dropping = threading.Thread(target=lambda: (until(lambda: server.asked), server.drop()))
        dropping.start()
        with pytest.raises(ConnectionResetError), Lifeline().streaming(api, EVENTS):
            pass
        dropping.join()


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
SIZED = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"


@pytest.mark.parametrize(
    "answer", [CHUNKED + b"3\r\nwho\r\n2\r\nle\r\n0\r\n\r\n", SIZED + b"whole"]
)
def test_a_whole_answer_ends_though_the_connection_does_not(tmp_path: Path, answer: bytes) -> None:
    with serving(tmp_path, answer) as (server, api):
        assert Lifeline().fetch(api, "/info", {}) == b"whole"
    assert b" HTTP/1.1\r\n" in server.asked[0]


@pytest.mark.parametrize(
    "answer", [CHUNKED + b"5\r\nbro", CHUNKED + b"3\r\nbro\r\n", SIZED + b"bro"]
)
def test_an_answer_that_breaks_off_is_not_taken_for_whole(tmp_path: Path, answer: bytes) -> None:
    with serving(tmp_path, answer) as (server, api):
        dropping = threading.Thread(target=lambda: (until(lambda: server.asked), server.drop()))
        dropping.start()
        with pytest.raises(ConnectionResetError, match="broke off"):
            Lifeline().fetch(api, "/info", {})
        dropping.join()


def test_a_line_that_was_cut_lets_nothing_begin_until_it_is_renewed(tmp_path: Path) -> None:
    lifeline = Lifeline()
    with serving(tmp_path, OK + b"x") as (_, api):
        lifeline.cut()
        with pytest.raises(StreamCut), lifeline.streaming(api, EVENTS):
            pass
        lifeline.pause(60.0)
        assert lifeline.renew()
        with lifeline.streaming(api, EVENTS) as stream:
            assert stream.read() == b"x"
        lifeline.close()
        assert not lifeline.renew()
        with pytest.raises(StreamCut):
            lifeline.fetch(api, "/info", {})


def test_a_pause_ends_when_it_is_woken_even_before_it_began() -> None:
    lifeline = Lifeline()
    lifeline.wake()
    lifeline.rest(0.001)
    began = time.monotonic()
    lifeline.pause(60.0)
    assert time.monotonic() - began < 1.0
    assert not lifeline.take_wake()


Watch = EventWatch | LogFollower | StatsWatch


def events(make_api: Callable[[], APIClient]) -> Watch:
    """Of all containers."""
    seen = Seen()
    return EventWatch(
        make_api,
        on_list=seen.listed,
        on_event=seen.happened,
        on_gone=seen.went,
        on_back=seen.came_back,
    )


@pytest.mark.parametrize(
    "make",
    [
        events,
        lambda make_api: LogFollower(make_api, "x", Book()),
        lambda make_api: StatsWatch(make_api, "x", lambda _: None),
    ],
)
@pytest.mark.parametrize("answer", [b"", b"HTTP/1.0 200", OK, OK + b"{"])
def test_a_daemon_that_hangs_is_left_at_once(
    tmp_path: Path, make: Callable[[Callable[[], APIClient]], Watch], answer: bytes
) -> None:
    with serving(tmp_path, answer) as (server, _):
        taken = []
        for times in range(1, 6):
            watch = make(lambda: docker.APIClient(f"unix://{tmp_path}/daemon.sock", version="1.41"))
            watch.start()
            until(lambda n=times: len(server.asked) >= n)
            began = time.monotonic()
            watch.close()
            assert watch.join(5.0)
            taken.append(time.monotonic() - began)
        assert min(taken) < CLOSE_LIMIT


def test_a_daemon_behind_tls_is_checked_and_its_streams_end_too() -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(TLS / "certificate.pem", TLS / "key.pem")
    bare = socket.create_server(("127.0.0.1", 0))
    url = f"https://127.0.0.1:{bare.getsockname()[1]}"
    server = Server(context.wrap_socket(bare, server_side=True), OK + b"first")
    trusting = TLSConfig(ca_cert=str(TLS / "certificate.pem"), verify=True)
    api = docker.APIClient(url, version="1.41", tls=trusting)
    stream = DaemonStream()
    stream.open(api, EVENTS)
    assert stream.read() == b"first"
    assert not stream.wait(0.01)
    ending = threading.Timer(0.05, stream.end)
    ending.start()
    assert stream.read() == b""
    ending.join()
    stream.close()
    api.close()
    doubting = docker.APIClient(url, version="1.41", tls=TLSConfig(verify=True))
    with pytest.raises(ssl.SSLCertVerificationError):
        DaemonStream().open(doubting, EVENTS)
    doubting.close()
    server.close()
