"""A streaming server that logs its own truth: one epoll loop, one write per token.

    python tests/benchmarks/truth_server.py --port 0 --log FILE --ttft 0.2 --itl 0.02 --tokens 64

It prints its port. On SIGTERM it writes one JSON line for each request: the tag at the start of its
prompt and, on CLOCK_MONOTONIC, when the last byte of the request was read, when the first and the
last token were written, and by how much it was late itself at most.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import select
import signal
import socket
from contextlib import suppress
from dataclasses import dataclass, field
from heapq import heappop, heappush
from pathlib import Path
from time import monotonic

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
TAG = re.compile(rb'"content":\s?"([wab]\d+-\d+): ')
MODELS = b'{"object":"list","data":[{"id":"truth","object":"model"}]}'


def http_chunk(data: bytes) -> bytes:
    """One chunk of a chunked body."""
    return b"%x\r\n%s\r\n" % (len(data), data)


def event(delta: str, *, finish: str = "null") -> bytes:
    """One SSE event of a chat completion, about 170 bytes as real ones are."""
    return (
        'data: {"id":"chatcmpl-0123456789abcdef","object":"chat.completion.chunk",'
        '"created":1764000000,"model":"truth","choices":[{"index":0,"delta":'
        f'{delta},"logprobs":null,"finish_reason":{finish}}}]}}\n\n'
    ).encode()


QUIET = 0.001
"""Seconds without another request after which the read ones are looked into."""
PRIORITY = 20
"""Real-time, where the system permits it: a truth must not wait for a neighbour on its core."""

TOKEN = http_chunk(event('{"content":" token"}'))


@dataclass(slots=True, eq=False)
class Stream:
    """One connection and the answer in progress on it."""

    sock: socket.socket
    rest: bytes = b""
    backlog: bytes = b""
    truth: dict[str, object] = field(default_factory=dict)
    sent: int = 0


@dataclass(frozen=True, slots=True)
class Pace:
    """When tokens are due, in seconds after the request was read."""

    ttft: float
    itl: float
    tokens: int
    spread: float
    """First tokens are spread over this much more, in order of arrival."""
    streams: int

    def due(self, place: int, token: int) -> float:
        """Seconds for token 0.. of the request that came as number `place`."""
        return self.ttft + self.spread * (place % self.streams) / self.streams + self.itl * token


class TruthServer:
    """Serves until it is told to stop; single-threaded, so that its stamps are in order."""

    def __init__(self, port: int, pace: Pace) -> None:
        self.pace = pace
        self.truths: list[dict[str, object]] = []
        self._listener = socket.create_server(("127.0.0.1", port), backlog=4096)
        self._listener.setblocking(False)
        self.port: int = self._listener.getsockname()[1]
        self._epoll = select.epoll()
        self._epoll.register(self._listener, select.EPOLLIN)
        self._streams: dict[int, Stream] = {}
        self._due: list[tuple[float, int, int]] = []
        self._last = http_chunk(
            event("{}", finish='"length"')
            + b'data: {"id":"x","object":"chat.completion.chunk","created":1,"model":"truth",'
            + b'"choices":[],"usage":{"prompt_tokens":20,"completion_tokens":%d,"total_tokens":%d}}'
            % (pace.tokens, pace.tokens + 20)
            + b"\n\ndata: [DONE]\n\n"
        )
        self.is_stopped = False

    def serve(self) -> None:
        """Until `is_stopped`."""
        while not self.is_stopped:
            wait = max(0.0, self._due[0][0] - monotonic()) if self._due else 0.2
            reads: list[tuple[int, float, bytes]] = []
            while ready := self._epoll.poll(min(wait, QUIET if reads else 0.2)):
                for number, _ in ready:
                    if number == self._listener.fileno():
                        self._accept()
                    else:
                        reads.append((number, *self._read(number)))
            for number, at, data in reads:
                self._take(number, at, data)
            self._write_due()

    def _accept(self) -> None:
        with suppress(BlockingIOError):
            while True:
                sock, _ = self._listener.accept()
                sock.setblocking(False)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._streams[sock.fileno()] = Stream(sock)
                self._epoll.register(sock, select.EPOLLIN)

    def _read(self, number: int) -> tuple[float, bytes]:
        """Stamp first, understand later: the stamps of a burst must not wait for each other."""
        try:
            data = self._streams[number].sock.recv(1 << 16)
        except OSError:
            data = b""
        if not data:
            self._epoll.unregister(number)
        return monotonic(), data

    def _take(self, number: int, at: float, data: bytes) -> None:
        stream = self._streams.get(number)
        if stream is None:
            return
        if not data:
            self._close(number)
            return
        stream.rest += data
        head, blank, body = stream.rest.partition(b"\r\n\r\n")
        if not blank:
            return
        if head.startswith(b"GET"):
            stream.rest = b""
            self._send(
                number,
                b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: "
                b"%d\r\n\r\n%s" % (len(MODELS), MODELS),
            )
            return
        length = re.search(rb"(?i)content-length: (\d+)", head)
        if length and len(body) >= int(length[1]):
            stream.rest = b""
            self._start(number, stream, at, body)

    def _start(self, number: int, stream: Stream, at: float, body: bytes) -> None:
        tag = TAG.search(body)
        stream.truth = {"tag": tag[1].decode() if tag else "?", "read": at, "late": 0.0}
        stream.sent = 0
        place = len(self.truths)
        self.truths.append(stream.truth)
        stream.truth["place"] = place
        heappush(self._due, (at + self.pace.due(place, 0), number, place))
        self._send(number, HEAD)

    def _write_due(self) -> None:
        due, pace = self._due, self.pace
        at = monotonic()
        while due and due[0][0] <= at:
            moment, number, place = heappop(due)
            stream = self._streams.get(number)
            if stream is None or stream.truth.get("place") != place:
                continue
            stream.sent += 1
            if stream.sent == 1:
                stream.truth["first"] = at
            stream.truth["late"] = max(float(str(stream.truth["late"])), at - moment)
            if stream.sent < pace.tokens:
                self._send(number, TOKEN)
                heappush(due, (moment + pace.itl, number, place))
            else:
                stream.truth["last"] = at
                self._send(number, TOKEN)
                self._send(number, self._last + b"0\r\n\r\n")
            at = monotonic()

    def _send(self, number: int, data: bytes) -> None:
        stream = self._streams[number]
        try:
            taken = stream.sock.send(data)
        except OSError:
            self._close(number)
            return
        if taken != len(data):
            raise RuntimeError("the client reads too slowly for a server without a backlog")

    def _close(self, number: int) -> None:
        stream = self._streams.pop(number, None)
        if stream is not None:
            stream.sock.close()


def main() -> None:
    """Serve with the pace of the arguments."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--ttft", type=float, default=0.2)
    parser.add_argument("--itl", type=float, default=0.02)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--spread", type=float, default=0.0)
    parser.add_argument("--streams", type=int, default=1)
    chosen = parser.parse_args()
    server = TruthServer(
        chosen.port, Pace(chosen.ttft, chosen.itl, chosen.tokens, chosen.spread, chosen.streams)
    )

    def stop(*_: object) -> None:
        server.is_stopped = True

    signal.signal(signal.SIGTERM, stop)
    with suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))
    print(server.port, flush=True)
    server.serve()
    chosen.log.write_text("".join(json.dumps(truth) + "\n" for truth in server.truths))


if __name__ == "__main__":
    main()
