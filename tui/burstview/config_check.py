"""Checks a TOML table against the keys it may have, and finds the line of a mistake."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Mapping
from typing import Literal
from urllib.parse import urlsplit

from burstview_engines.core.plan import MAX_CONCURRENCY, MAX_PROMPT_TOKENS

Kind = (
    Literal[
        "text",
        "switch",
        "count",
        "concurrency",
        "prompt tokens",
        "number",
        "positive",
        "url",
        "variable",
        "table",
        "tables",
    ]
    | tuple[str, ...]
)
"""What a key may hold; a tuple lists the words it may be."""

Where = tuple[str | int, ...]
"""The table a key is in: (), ("defaults",) or ("backends", number from 0)."""
_NOUNS = {"backends": "backend", "models": "model"}

WANTED = {
    "text": 'text in quotes, like "…"',
    "switch": "true or false",
    "count": "a whole number of at least 1",
    "concurrency": f"a whole number from 1 to {MAX_CONCURRENCY}",
    "prompt tokens": f"a whole number from 1 to {MAX_PROMPT_TOKENS:,}",
    "number": "a number of at least 0",
    "positive": "a number above 0",
    "url": 'a server\'s address, like "http://127.0.0.1:8000"',
    "variable": "the name of an environment variable, not the key itself",
    "table": "a table: [defaults] and its keys on the lines below",
    "tables": "tables: [[{}]] and its keys on the lines below, once for each {}",
}


class ConfigError(Exception):
    """A config file that cannot be used; the text is one sentence that begins with its place."""


def check_table(
    table: Mapping[str, object],
    keys: Mapping[str, Kind],
    text: str,
    place: str,
    where: Where,
    needed: str | None = None,
) -> None:
    """Raise ConfigError on the first key that is unknown or holds what it may not."""
    for key, value in table.items():
        if key not in keys:
            raise ConfigError(f"{place}:{line_of(text, where, key)}: {_unknown(key, keys, where)}")
        if not fits(value, keys[key]):
            wanted = _wanted(keys[key], key)
            raise ConfigError(f"{place}:{line_of(text, where, key)}: {key} must be {wanted}")
    if needed is not None and needed not in table:
        line = line_of(text, where, None)
        noun = _NOUNS.get(str(where[0]), "table") if where else "file"
        raise ConfigError(f"{place}:{line}: this {noun} has no {needed}; add {needed} = …")


def fits(value: object, kind: Kind) -> bool:
    """Whether a value may stand there. TOML's true and false are no numbers."""
    if isinstance(kind, tuple):
        return value in kind
    number = value if isinstance(value, int | float) and not isinstance(value, bool) else None
    match kind:
        case "text":
            return isinstance(value, str)
        case "switch":
            return isinstance(value, bool)
        case "count":
            return isinstance(number, int) and number >= 1
        case "concurrency":
            return isinstance(number, int) and 1 <= number <= MAX_CONCURRENCY
        case "prompt tokens":
            return isinstance(number, int) and 1 <= number <= MAX_PROMPT_TOKENS
        case "number":
            return number is not None and 0 <= number < float("inf")
        case "positive":
            return number is not None and 0 < number < float("inf")
        case "url":
            return isinstance(value, str) and is_address(value)
        case "variable":
            return isinstance(value, str) and re.fullmatch(r"[A-Za-z_]\w*", value) is not None
        case "table":
            return isinstance(value, dict)
        case "tables":
            return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def is_address(text: str) -> bool:
    """Whether it is an http or https URL with a host and, if any, a real port."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def line_of(text: str, where: Where, key: str | None) -> int:
    """The line of `key` in that table (of its header for None), 1 if it cannot be found."""
    found, tables = 1, Counter[str]()
    table: Where = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[(\[)?\s*([\w.-]+)\s*\]", line):
            table = (header[2], tables[header[2]]) if header[1] else (header[2],)
            tables[header[2]] += bool(header[1])
            found = number if table == where else found
        named = re.match(r"""\s*["']?([\w-]+)["']?\s*=""", line)
        if named and table == where and named[1] == key:
            return number
    return found


def _unknown(key: str, keys: Mapping[str, Kind], where: Where) -> str:
    near = difflib.get_close_matches(key, keys, n=1, cutoff=0.5)
    table = f" in [{where[0]}]" if where else ""
    hint = f"did you mean {near[0]}?" if near else f"the keys are {', '.join(keys)}"
    return f"there is no key {key}{table}; {hint}"


def _wanted(kind: Kind, key: str) -> str:
    if isinstance(kind, tuple):
        return "one of " + ", ".join(map(repr, kind))
    return WANTED[kind].format(key, _NOUNS.get(key, key))
