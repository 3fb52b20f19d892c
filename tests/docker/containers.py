"""Containers as tests run them: started with few rights, asked over loopback, waited for."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping

import httpx
from docker import DockerClient
from docker.models.containers import Container

LIMIT = 30.0
"""Seconds after which a test has waited long enough."""
SAFE = {
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges:true"],
    "detach": True,
}
"""For `containers.run` and `create`: as the tool itself starts engines."""


def url_of(container: Container, port: int) -> str:
    """Where a published port is on this machine."""
    container.reload()
    bindings = container.ports[f"{port}/tcp"]
    assert bindings, f"{container.name} publishes no port {port}"
    return f"http://127.0.0.1:{bindings[0]['HostPort']}"


def wait_until(holds: Callable[[], bool], what: str) -> None:
    """Look again until it holds."""
    deadline = time.monotonic() + LIMIT
    while not holds():
        assert time.monotonic() < deadline, f"{what} never came"
        time.sleep(0.05)


def wait_ready(url: str, path: str = "/") -> None:
    """Until it answers 200 there."""

    def answers() -> bool:
        with contextlib.suppress(httpx.HTTPError):
            return ask(url).get(path).status_code == 200
        return False

    wait_until(answers, f"{url}{path}")


class Asking:
    """Single requests over connections of their own."""

    def __init__(self, url: str) -> None:
        self._url = url

    def get(self, path: str) -> httpx.Response:
        """GET."""
        return httpx.get(f"{self._url}{path}", trust_env=False, timeout=LIMIT)

    def post(self, path: str, body: Mapping[str, object]) -> httpx.Response:
        """POST of JSON."""
        return httpx.post(f"{self._url}{path}", json=body, trust_env=False, timeout=LIMIT)


def ask(url: str) -> Asking:
    """`ask(url).get("/health")`."""
    return Asking(url)


def ended(container: Container) -> int:
    """Its exit status, when it has ended."""
    return int(container.wait(timeout=LIMIT)["StatusCode"])


def output(client: DockerClient, image: str, *command: str, **more: str) -> str:
    """What a program says until its end; its container is removed."""
    container = client.containers.create(image, list(command), **more)
    try:
        container.start()
        ended(container)
        return words(container)
    finally:
        container.remove(force=True)


def words(container: Container) -> str:
    """Its whole log."""
    return container.logs().decode(errors="replace")
