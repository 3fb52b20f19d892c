"""Where a look for engines in containers asks Docker."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from burstview_engines.places.docker.endpoint import DockerProblem, check, resolve

__all__ = ["DockerProblem", "check", "endpoint"]


def endpoint(environ: Mapping[str, str], home: Path) -> str:
    """The address alone. Raises DockerProblem."""
    return resolve(environ, home).url
