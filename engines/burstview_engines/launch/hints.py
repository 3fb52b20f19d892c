"""What every match of a pattern must hold, so that most lines need not be matched at all."""

from __future__ import annotations

import re

_SHORTEST = 4
"""A shorter text stands in too many lines to sort any out."""
_REPEATS = tuple("?*+{")
_META = set(".^$*+?{}[]()|\\")


def hints_of(pattern: re.Pattern[str]) -> tuple[str, ...]:
    """Texts of which every match holds at least one; empty where the pattern tells none."""
    if pattern.flags & (re.IGNORECASE | re.VERBOSE):
        return ()
    found = tuple(max(_literals(branch), key=len, default="") for branch in _branches(pattern))
    return found if all(len(text) >= _SHORTEST for text in found) else ()


def _branches(pattern: re.Pattern[str]) -> list[list[str]]:
    """The pattern's alternatives outside all groups, each as its tokens."""
    branches: list[list[str]] = [[]]
    for token in _tokens(pattern.pattern):
        if token == "|":
            branches.append([])
        else:
            branches[-1].append(token)
    return branches


def _tokens(source: str) -> list[str]:
    """Single characters and escapes; a whole group or class is one token."""
    tokens: list[str] = []
    at = 0
    while at < len(source):
        end = _end(source, at)
        tokens.append(source[at:end])
        at = end
    return tokens


def _end(source: str, at: int) -> int:
    match source[at]:
        case "\\":
            return at + 2
        case "[":
            return _class_end(source, at)
        case "(":
            return _group_end(source, at)
        case "{":
            return source.index("}", at) + 1
        case _:
            return at + 1


def _class_end(source: str, at: int) -> int:
    at += 2 if source[at + 1] == "^" else 1
    at += 1  # a bracket that comes first is a member
    while source[at] != "]":
        at += 2 if source[at] == "\\" else 1
    return at + 1


def _group_end(source: str, at: int) -> int:
    at += 1
    while source[at] != ")":
        at = _end(source, at)
    return at + 1


def _literals(tokens: list[str]) -> list[str]:
    """Runs of plain characters; one that may be absent or repeated ends its run."""
    runs = [""]
    for token, following in zip(tokens, [*tokens[1:], ""], strict=True):
        plain = _plain(token)
        if plain and following[:1] not in _REPEATS:
            runs[-1] += plain
        else:
            runs.append("")
    return runs


def _plain(token: str) -> str:
    if len(token) == 1:
        return "" if token in _META else token
    is_escaped = token[0] == "\\" and not token[1].isalnum()
    return token[1] if is_escaped else ""
