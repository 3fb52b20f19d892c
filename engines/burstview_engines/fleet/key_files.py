"""The API key of a container as a file of this user only, which the container mounts."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from burstview_engines.launch.spec import MountPlan
from burstview_engines.source import SessionError

FOLDER = "keys"


def key_file(folder: Path, name: str, key: str) -> str:
    """A new file for each start, whatever it is called: two sessions may start the same name at the
    same time with different keys. The container needs it as long as it may be started again.

    Raises SessionError when it cannot be written.
    """
    path = folder / FOLDER / f"{name}.{secrets.token_hex(4)}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.parent.chmod(0o700)
        path.touch(0o600, exist_ok=False)
        path.write_text(key, encoding="ascii")
    except OSError as refusal:
        raise SessionError(f"The API key cannot be put into {path}: {refusal.strerror}.") from None
    return str(path)


def key_files_of(folder: Path, mounts: Iterable[MountPlan]) -> tuple[str, ...]:
    """Those among a container's mounts."""
    kept = folder / FOLDER
    return tuple(
        mount.source
        for mount in mounts
        if mount.kind == "bind" and Path(mount.source).parent == kept
    )


def forget_keys(paths: Iterable[str | None]) -> None:
    """Their container is gone for good, or was never made."""
    for path in paths:
        if path is not None:
            with suppress(OSError):
                Path(path).unlink(missing_ok=True)
