"""The stamps before a daemon's log lines, as numbers. Pure."""

from __future__ import annotations

import re
import time
from datetime import datetime
from functools import lru_cache

_PARTS = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))")
_WHOLE, _DOCKER_LENGTH = len("2026-11-26T11:43:25"), len("2026-11-26T11:43:25.663614889Z")


def nanoseconds(text: str) -> int:
    """Unix time of an RFC 3339 stamp with up to nine decimals. Raises ValueError."""
    if len(text) == _DOCKER_LENGTH and text[-1] == "Z" and text[_WHOLE] == ".":
        return _seconds(text[:_WHOLE]) * 10**9 + int(text[_WHOLE + 1 : -1])
    found = _PARTS.match(text)
    if found is None:
        raise ValueError(f"not a time: {text!r}")
    seconds = _seconds(found[1])
    if found[3]:
        offset = (int(found[4]) * 60 + int(found[5])) * 60
        seconds -= offset if found[3] == "+" else -offset
    return seconds * 10**9 + int((found[2] or "0").ljust(9, "0"))


@lru_cache(8)
def _seconds(text: str) -> int:
    """Thousands of lines share a second."""
    return int(datetime.fromisoformat(text + "+00:00").timestamp())


def stamp(nanoseconds: int) -> bytes:
    """As Docker writes it before a line; such stamps sort as bytes."""
    seconds, rest = divmod(nanoseconds, 10**9)
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{whole}.{rest:09d}Z".encode()


def moved(stamped: bytes, by: int) -> bytes:
    """The stamp so many nanoseconds later."""
    return stamp(nanoseconds(stamped.decode()) + by)
