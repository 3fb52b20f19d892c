"""JSON as it comes: invalid UTF-8, lone surrogates and surprising shapes included."""

from __future__ import annotations

import json
from collections.abc import Mapping


def parsed(data: bytes) -> object:
    """The JSON value of `data` with bad bytes replaced; raises ValueError if it is no JSON."""
    try:
        return json.loads(data.decode("utf-8", "replace"))
    except RecursionError as depth:
        raise ValueError("nested too deeply") from depth


def clean(text: str) -> str:
    """`text` with lone surrogates (half an emoji, escaped) replaced, so that it can be encoded."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def mapping(value: object) -> Mapping[str, object]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def first(value: object) -> Mapping[str, object]:
    """The first entry of a list of objects; empty for anything else."""
    return mapping(value[0]) if isinstance(value, list) and value else {}


def string(value: object) -> str:
    """The text of a string, or of a list of content parts; empty for anything else."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return "".join(string(mapping(part).get("text")) for part in value)
    return ""


def count(value: object) -> int | None:
    """A whole number of at least 0; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value < 1 << 53 else None


def number(value: object) -> float | None:
    """A number of at least 0, finite; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value < 1e300 else None
