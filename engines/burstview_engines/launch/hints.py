"""What every match of a pattern must hold, so that most lines need not be matched at all."""

from __future__ import annotations

import re

SHORTEST = 4
"""A shorter text stands in too many lines to sort any out."""
_REPEATS = tuple("?*+{")
_META = frozenset(".^$*+?{}[]()|\\")
_NAME = re.compile(r"\((?:\?:|\?P<\w+>)?(?!\?)")
"""How a group begins whose text a match holds; those that only look around begin otherwise."""


def hints_of(pattern: re.Pattern[str]) -> tuple[str, ...]:
    """Texts of which every match holds at least one; empty where the pattern tells none."""
    if pattern.flags & (re.IGNORECASE | re.VERBOSE):
        return ()
    return _texts(pattern.pattern)


def _texts(source: str) -> tuple[str, ...]:
    """The best of each alternative; none where one of them has none."""
    best = [max(_candidates(branch), key=_shortest, default=()) for branch in _branches(source)]
    if any(_shortest(texts) < SHORTEST for texts in best):
        return ()
    return tuple(text for texts in best for text in texts)


def _shortest(texts: tuple[str, ...]) -> int:
    return min(map(len, texts), default=0)


def _branches(source: str) -> list[list[str]]:
    """The alternatives outside all groups, each as its tokens."""
    branches: list[list[str]] = [[]]
    for token in _tokens(source):
        if token == "|":
            branches.append([])
        else:
            branches[-1].append(token)
    return branches


def _candidates(tokens: list[str]) -> list[tuple[str, ...]]:
    """Runs of plain characters, and what groups hold. What may be absent or repeated ends a run."""
    runs: list[str] = [""]
    groups: list[tuple[str, ...]] = []
    for token, following in zip(tokens, [*tokens, ""][1:], strict=True):
        is_sure = following[:1] not in _REPEATS
        plain = _plain(token)
        if plain and is_sure:
            runs[-1] += plain
            continue
        runs.append("")
        if is_sure and (name := _NAME.match(token)):
            groups.append(_texts(token[name.end() : -1]))
    return [*((run,) for run in runs), *groups]


def _plain(token: str) -> str:
    if len(token) == 1:
        return "" if token in _META else token
    is_escaped = token[0] == "\\" and not token[1].isalnum()
    return token[1] if is_escaped else ""


def _tokens(source: str) -> list[str]:
    """Single characters and escapes; a whole group, class or count is one token."""
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
    at += source[at] == "]"  # one that comes first is a member
    while source[at] != "]":
        at += 2 if source[at] == "\\" else 1
    return at + 1


def _group_end(source: str, at: int) -> int:
    at += 1
    while source[at] != ")":
        at = _end(source, at)
    return at + 1
