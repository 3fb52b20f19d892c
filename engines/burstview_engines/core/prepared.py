"""Types that are read on several threads."""

from __future__ import annotations

import msgspec


def prepare(*types: object) -> None:
    """Let msgspec look through these types, and all that they hold, now.

    It does so at a type's first use, and a second thread that uses the type meanwhile crashes the
    interpreter (msgspec 0.22.0): a module whose types are read on threads calls this while it is
    imported, which one thread does alone.
    """
    for kind in types:
        msgspec.json.Decoder(kind)
