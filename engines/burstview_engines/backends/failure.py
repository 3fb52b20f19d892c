"""Why a server cannot be used, in one sentence with the next step."""

from __future__ import annotations

from burstview_engines.core.text import one_line
from burstview_engines.http import httpx


class BackendError(Exception):
    """A server that cannot be used; the text is one sentence with the next step."""


class StillLoadingError(BackendError):
    """The server is up and loads its model: asking again later may succeed."""


class ModelChoiceNeeded(BackendError):  # noqa: N818 - a question, not an error
    """The server lists several models and none was named."""

    def __init__(self, url: str, models: tuple[str, ...]) -> None:
        self.models = models
        names = ", ".join(models)
        super().__init__(f"{url} has {len(models)} models; name one with --model: {names}.")


def unreachable(url: str, error: httpx.HTTPError) -> BackendError:
    """What a failed connection or transfer means."""
    words = one_line(str(error) or type(error).__name__, 200)
    match error:
        case httpx.ConnectTimeout() | httpx.PoolTimeout():
            text = f"{url} does not answer: no connection within the time limit; check the address."
        case httpx.TimeoutException():
            text = f"{url} accepts connections but does not answer; look at the server's log."
        case httpx.ProxyError():
            text = f"The proxy on the way to {url} failed ({words}); check HTTP_PROXY and NO_PROXY."
        case httpx.ConnectError() if "ssl" in words.lower():
            text = f"No TLS connection to {url}: {words}; check the certificate, or use http://."
        case httpx.ConnectError() if _is_unknown_host(words):
            text = f"The host of {url} cannot be found ({words}); check its name."
        case httpx.ConnectError():
            text = f"Nothing listens at {url}; start the server, or check host and port."
        case httpx.RemoteProtocolError():
            text = f"What listens at {url} does not speak HTTP ({words}); check scheme and port."
        case _:
            text = f"The connection to {url} broke off ({words}); look at the server's log."
    return BackendError(text)


def _is_unknown_host(words: str) -> bool:
    return any(
        part in words.lower()
        for part in ("name or service", "nodename", "getaddrinfo", "name resolution", "no address")
    )
