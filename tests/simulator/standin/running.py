"""A stand-in as a process of its own, its words, and what it answers."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from burstview_engines.core.backend import Engine
from burstview_engines.launch.log_reader import LogReader
from burstview_engines.launch.registry import LAUNCH
from tests.standins import environment

LIMIT = 20.0
"""Seconds after which a test has waited long enough."""


class Running:
    """One started stand-in. Its lines come from both of its streams."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process = process
        self.port = port
        self._said = bytearray()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def url(self) -> str:
        """On loopback."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def text(self) -> str:
        """All it said so far."""
        return self._said.decode(errors="replace")

    def client(self) -> httpx.Client:
        """To be closed."""
        return httpx.Client(base_url=self.url, trust_env=False, verify=False, timeout=LIMIT)

    def wait_for(self, words: str) -> None:
        """Until it says so."""
        deadline = time.monotonic() + LIMIT
        while words not in self.text:
            assert time.monotonic() < deadline, f"never said {words!r}: {self.text}"
            assert self.process.poll() is None or words in self.text or self._reader.is_alive(), (
                f"ended without saying {words!r}: {self.text}"
            )
            time.sleep(0.01)

    def wait_ready(self, path: str = "/") -> None:
        """Until it answers 200 there."""
        deadline = time.monotonic() + LIMIT
        with self.client() as client:
            while True:
                with contextlib.suppress(httpx.HTTPError):
                    if client.get(path).status_code == 200:
                        return
                assert time.monotonic() < deadline, self.text
                assert self.process.poll() is None, self.text
                time.sleep(0.02)

    def ended(self) -> int:
        """Its exit status, when it has ended; all its words are read then."""
        status = self.process.wait(LIMIT)
        self._reader.join(LIMIT)
        return status

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Its exit status after a signal."""
        self.process.send_signal(number)
        return self.ended()

    def causes(self, engine: Engine) -> list[str]:
        """The kinds of failures and warnings that the rules for real logs read out of its log."""
        reader = LogReader(LAUNCH[engine])
        for line in self.text.split("\n"):
            reader.feed(line)
        fatal = [reader.failure.kind] if reader.failure else []
        return fatal + [caution.kind for caution in reader.cautions]

    def _read(self) -> None:
        assert self.process.stdout is not None
        while data := os.read(self.process.stdout.fileno(), 65536):
            self._said += data


@contextlib.contextmanager
def started(home: Path, program: str, *arguments: str, port: int, **more: str) -> Iterator[Running]:
    """`vllm`, `ollama` or `llama-server`, found on a PATH of the test's own; killed at the end."""
    folder = home / "bin"
    known = environment(folder, home, **more)
    process = subprocess.Popen(
        [folder / program, *arguments],
        env=known,
        cwd=home,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    running = Running(process, port)
    try:
        yield running
    finally:
        process.kill()
        running.ended()
        assert process.stdout is not None
        process.stdout.close()


def free_port() -> int:
    """One that nobody has."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextlib.contextmanager
def vllm(home: Path, *arguments: str, **more: str) -> Iterator[Running]:
    """`vllm serve` on a free port."""
    port = free_port()
    where = ("--host", "127.0.0.1", "--port", str(port))
    with started(home, "vllm", "serve", *arguments, *where, port=port, **more) as running:
        yield running


@contextlib.contextmanager
def ollama(home: Path, **more: str) -> Iterator[Running]:
    """`ollama serve` on a free port."""
    port = free_port()
    host = {"OLLAMA_HOST": f"127.0.0.1:{port}"}
    with started(home, "ollama", "serve", port=port, **host, **more) as running:
        yield running


@contextlib.contextmanager
def llama_server(home: Path, *arguments: str, **more: str) -> Iterator[Running]:
    """`llama-server` on a free port, with a repository as its model unless one is named."""
    port = free_port()
    model = () if "-m" in arguments else ("-hf", "Qwen/Qwen3-0.6B-GGUF:Q4_K_M")
    given = (*model, *arguments, "--port", str(port))
    with started(home, "llama-server", *given, port=port, **more) as running:
        yield running
