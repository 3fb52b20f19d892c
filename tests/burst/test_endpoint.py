"""Which URL goes which way."""

from __future__ import annotations

import pytest

from burstview_engines.burst.endpoint import EndpointError, endpoint, route

PROXY = "http://proxy.lan:3128"
EVERYWHERE = {"http_proxy": PROXY, "HTTPS_PROXY": PROXY}


def test_a_url_is_taken_apart() -> None:
    """Usual ports, prefixes, and brackets of IPv6."""
    assert endpoint("http://host/prefix/").authority == "host:80"
    assert endpoint("http://host/prefix/").prefix == "/prefix"
    assert endpoint("https://host").port == 443
    assert endpoint("http://[::1]:8000").authority == "[::1]:8000"


@pytest.mark.parametrize("url", ["", "host:8000", "ftp://host", "http://", "http://host:port"])
def test_what_is_no_http_url_is_refused(url: str) -> None:
    """With a sentence that shows what one looks like."""
    with pytest.raises(EndpointError, match="give one like http://host:8000"):
        endpoint(url)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1", "http://127.9.9.9"]
)
def test_loopback_is_direct_whatever_the_environment_says(url: str) -> None:
    """A proxy could not reach it."""
    assert route(url, EVERYWHERE) == ("own", None)


def test_tls_and_proxies_need_the_other_transport() -> None:
    """Our own speaks plain HTTP to the server itself."""
    assert route("http://gpu-box:8000", {}) == ("own", None)
    assert route("http://gpu-box:8000", EVERYWHERE) == ("httpx-aiohttp", PROXY)
    assert route("https://api.lan", EVERYWHERE) == ("httpx-aiohttp", PROXY)
    assert route("https://api.lan", {}) == ("httpx-aiohttp", None)
    assert route("http://gpu-box", {"ALL_PROXY": "proxy.lan:1"})[1] == "http://proxy.lan:1"


@pytest.mark.parametrize(
    "listed", ["*", "gpu-box.lan", ".lan", "lan", "a, gpu-box.lan", "gpu-box.lan:8000"]
)
def test_no_proxy_is_obeyed(listed: str) -> None:
    """Hosts, domains with or without a dot, and ports."""
    assert route("http://gpu-box.lan:8000", EVERYWHERE | {"no_proxy": listed}) == ("own", None)


@pytest.mark.parametrize("listed", ["", "box.lan", "gpu-box.lan:9", "other.lan"])
def test_no_proxy_of_others_does_not_count(listed: str) -> None:
    """Part of a name is not its domain."""
    assert route("http://gpu-box.lan:8000", EVERYWHERE | {"no_proxy": listed})[1] == PROXY
