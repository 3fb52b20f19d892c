"""The stamps before a daemon's log lines, as numbers. Pure."""

from __future__ import annotations

import re
import time
from datetime import datetime

_PARTS = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))")


def nanoseconds(text: str) -> int:
    """Unix time of an RFC 3339 stamp with up to nine decimals. Raises ValueError."""
    found = _PARTS.match(text)
    if found is None:
        raise ValueError(f"not a time: {text!r}")
    seconds = int(datetime.fromisoformat(found[1] + "+00:00").timestamp())
    if found[3]:
        offset = (int(found[4]) * 60 + int(found[5])) * 60
        seconds -= offset if found[3] == "+" else -offset
    return seconds * 10**9 + int((found[2] or "0").ljust(9, "0"))


def stamp(nanoseconds: int) -> bytes:
    """As Docker writes it before a line; such stamps sort as bytes."""
    seconds, rest = divmod(nanoseconds, 10**9)
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{whole}.{rest:09d}Z".encode()


def moved(stamped: bytes, by: int) -> bytes:
    """The stamp so many nanoseconds later."""
    return stamp(nanoseconds(stamped.decode()) + by)
