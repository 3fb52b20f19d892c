"""URLs as people type them."""

from __future__ import annotations

import pytest

from burstview_engines.backends.address import hardware_of, root_of
from burstview_engines.backends.failure import BackendError
from burstview_engines.core.loopback import is_loopback


@pytest.mark.parametrize(
    ("url", "root"),
    [
        ("http://h:8000", "http://h:8000"),
        ("http://h:8000/", "http://h:8000"),
        (" http://h:8000/v1/ ", "http://h:8000"),
        ("https://h/a/b/v1", "https://h/a/b"),
        ("http://h/v1/chat/completions", "http://h"),
        ("localhost:11434", "http://localhost:11434"),
        ("http://[::1]:8000/v1", "http://[::1]:8000"),
    ],
)
def test_the_root_is_found(url: str, root: str) -> None:
    """With and without /v1, and with a prefix."""
    assert root_of(url) == root


@pytest.mark.parametrize(
    "url", ["", "http://", "ftp://h", "http://h:99999", "http://h:0", "http://["]
)
def test_what_is_no_url_is_refused(url: str) -> None:
    """In a sentence that shows one."""
    with pytest.raises(BackendError, match=r"give one like http://127\.0\.0\.1:8000\."):
        root_of(url)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://localhost:1", True),
        ("http://127.0.0.2:1", True),
        ("http://[::1]:1", True),
        ("http://0.0.0.0:1", True),
        ("http://x.localhost", True),
        ("http://192.0.2.1:1", False),
        ("http://example.test", False),
    ],
)
def test_loopback_is_known_without_asking(url: str, expected: bool) -> None:
    """By name or by address."""
    assert is_loopback(url) is expected


async def test_this_machine_is_one_hardware() -> None:
    """Under all its names; another address is another machine."""
    for url in ("http://localhost:1", "http://127.0.0.1:2", "http://[::1]:3"):
        assert await hardware_of(url) == "host:localhost"
    assert await hardware_of("http://192.0.2.1:1") == "host:192.0.2.1"
