"""A server that somebody named, as it was named."""

from __future__ import annotations

from dataclasses import dataclass

from burstview_engines.core.backend import Engine, Place


@dataclass(frozen=True, slots=True)
class Server:
    """Where it is and what is known of it beforehand; None is found out."""

    url: str
    """Its root or its `/v1`."""
    name: str | None = None
    engine: Engine | None = None
    model: str | None = None
    api_key_env: str | None = None
    """Name of the environment variable that holds the key; the key itself is nowhere."""
    place: Place = "url"
    seats: int | None = None
    """How many requests it serves at once, where its start or its log tells."""
