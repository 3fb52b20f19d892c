"""URLs and names on the command line, turned into servers."""

from __future__ import annotations

from urllib.parse import urlsplit

import click

from burstview.config import Config
from burstview.config_check import is_address
from burstview_engines.core.backend import Engine
from burstview_engines.places.server import Server


def server(
    text: str,
    config: Config,
    *,
    engine: Engine | None = None,
    model: str | None = None,
    api_key_env: str | None = None,
) -> Server:
    """The server of a URL, or of a backend's name in the config file; options win over the file."""
    known = config.backend(text)
    url = known.url if known else with_scheme(text)
    if not is_address(url):
        names = ", ".join(backend.name for backend in config.backends if backend.name)
        hint = f" or one of the config file's backends: {names}" if names else ""
        raise click.UsageError(
            f"{text!r} is no server's address; give one like http://127.0.0.1:8000{hint}."
        )
    if urlsplit(url).username is not None:
        raise click.UsageError(
            "A URL may not hold a user or a key: put the key into an environment variable"
            " and name it with --api-key-env."
        )
    return Server(
        url=url,
        name=known.name if known else None,
        engine=engine or (known.engine if known else None),
        model=model or (known.model if known else None),
        api_key_env=api_key_env or (known.api_key_env if known else None),
    )


def with_scheme(text: str) -> str:
    """`host:8000` as `http://host:8000`; anything with a scheme as it is."""
    return text if "://" in text or not _is_host_and_port(text) else f"http://{text}"


def _is_host_and_port(text: str) -> bool:
    host, _, port = text.partition("/")[0].rpartition(":")
    return bool(host) and port.isdecimal()
