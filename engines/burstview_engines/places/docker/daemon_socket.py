"""A socket of the daemon that a docker-py client asks, for streams of our own."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from burstview_engines.source import SessionError

if TYPE_CHECKING:
    from docker import APIClient

CONNECT_LIMIT = 10.0
"""Seconds that a daemon may take to let a client in."""


def connect(api: APIClient) -> socket.socket:
    """Connected and without a timeout. Raises OSError; of ssh too, whose streams cannot be ended:
    that daemon is asked through a forwarded socket."""
    if api.base_url.startswith("http+docker://"):
        return _unix(api)
    parts = urlsplit(api.base_url)
    host, port = parts.hostname or "localhost", parts.port or 2375
    plain = socket.create_connection((host, port), CONNECT_LIMIT)
    try:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        asked = (
            _tls(api).wrap_socket(plain, server_hostname=host) if parts.scheme == "https" else plain
        )
    except OSError:
        plain.close()
        raise
    asked.settimeout(None)
    return asked


def _unix(api: APIClient) -> socket.socket:
    from docker.transport import UnixHTTPAdapter

    adapter = api.get_adapter(api.base_url)
    if not isinstance(adapter, UnixHTTPAdapter):
        raise ConnectionRefusedError(
            f"Streams of {api.base_url} cannot be ended; forward its socket."
        )
    asked = socket.socket(socket.AF_UNIX)
    asked.settimeout(CONNECT_LIMIT)
    try:
        asked.connect(adapter.socket_path)
    except OSError:
        asked.close()
        raise
    asked.settimeout(None)
    return asked


def _tls(api: APIClient) -> ssl.SSLContext:
    """As docker-py was told to check the daemon and to name itself."""
    context = ssl.create_default_context(cafile=api.verify if isinstance(api.verify, str) else None)
    if not api.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if api.cert is not None:
        certificate, key = (api.cert, None) if isinstance(api.cert, str) else api.cert
        context.load_cert_chain(certificate, key)
    return context


def outages(*more: type[Exception]) -> tuple[type[Exception], ...]:
    """What says that the daemon cannot be asked now, and `more`: what docker-py, its libraries and
    our own connecting raise. requests' errors are OSErrors."""
    from docker.errors import DockerException
    from msgspec import MsgspecError
    from urllib3.exceptions import HTTPError

    return DockerException, HTTPError, OSError, MsgspecError, SessionError, *more
