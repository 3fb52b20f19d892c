"""The API key of a container as a file of this user only, which the container mounts."""

from __future__ import annotations

import os
from pathlib import Path

from burstview_engines.source import SessionError


def key_file(folder: Path, name: str, key: str) -> str:
    """Written anew at each start; the container needs it as long as it may be started again.

    Raises SessionError when it cannot be written.
    """
    path = folder / "keys" / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.parent.chmod(0o700)
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(number, "w", encoding="ascii") as file:
            file.write(key)
    except OSError as refusal:
        raise SessionError(f"The API key cannot be put into {path}: {refusal.strerror}.") from None
    return str(path)


def forget_key(folder: Path, name: str) -> None:
    """The container is gone for good."""
    (folder / "keys" / name).unlink(missing_ok=True)
