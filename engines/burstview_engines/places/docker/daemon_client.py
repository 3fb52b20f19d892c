"""docker-py's client; imported only when a daemon is asked, because docker-py is slow to import."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import TYPE_CHECKING

from docker import APIClient
from docker.tls import TLSConfig

from burstview_engines.places.docker.client_config import Tls

if TYPE_CHECKING:
    from requests.sessions import _Settings

POOL = 32
"""Connections that are kept; docker-py's own ten are too few for several threads."""


class DaemonClient(APIClient):
    """Checks the daemon's certificate against the context's own, whatever the environment says.

    requests lets REQUESTS_CA_BUNDLE win over what a client was told, so that a daemon with a
    certificate of its own could not be asked wherever that variable is set.
    """

    def merge_environment_settings(
        self,
        url: str | bytes | None,
        proxies: MutableMapping[str, str] | None,
        stream: bool | None,
        verify: bool | str | None,
        cert: str | tuple[str, str] | None,
    ) -> _Settings:
        """What requests asks before each call."""
        chosen = self.verify if verify is None else verify
        return super().merge_environment_settings(url, proxies, stream, chosen, cert)


def client(url: str, timeout: int, tls: Tls | None) -> DaemonClient:
    """Connected, in the newest version of the API that both sides speak."""
    return DaemonClient(
        base_url=url,
        version="auto",
        timeout=timeout,
        tls=_tls_config(tls) or False,
        max_pool_size=POOL,
    )


def _tls_config(tls: Tls | None) -> TLSConfig | None:
    if tls is None:
        return None
    own = (str(tls.certificate), str(tls.key)) if tls.certificate and tls.key else None
    return TLSConfig(
        client_cert=own, ca_cert=str(tls.ca) if tls.ca else None, verify=tls.is_checked
    )
