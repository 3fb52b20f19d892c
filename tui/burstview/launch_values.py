"""Texts of a start's fields as values, or one sentence on what makes no sense. Pure."""

from __future__ import annotations

import re
import shlex
from pathlib import PurePath

from burstview_engines.core.text import one_line
from burstview_engines.launch.mask import has_known_secret, is_secret, is_secret_flag, masked_words
from burstview_engines.launch.spec import ALL_GPUS, NO_GPU

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")
_GPU = re.compile(r"[0-9]{1,3}|(GPU|MIG)-[0-9a-fA-F-]+(/[0-9]+/[0-9]+)?")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class FieldError(Exception):
    """A text that its field cannot take; one sentence."""


def gpu_names(text: str) -> tuple[str, ...]:
    """`all`, `none`, `0,1`, UUIDs. This and all below raise FieldError."""
    if text.lower() in ("all", "none"):
        return ALL_GPUS if text.lower() == "all" else NO_GPU
    names = tuple(dict.fromkeys(text.replace(",", " ").split()))
    if all(_GPU.fullmatch(name) for name in names):
        return names
    raise FieldError(f"GPUs: all, none, numbers like 0,1, or UUIDs; not “{text}”.")


def name(text: str) -> str:
    """Of a container or process, as Docker allows it."""
    if _NAME.fullmatch(text):
        return text
    raise FieldError("A name is two or more letters, digits, “.”, “_” or “-”, no sign first.")


def port(text: str) -> int:
    """1 to 65535."""
    if text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= 65535:
        return int(text)
    raise FieldError(f"A port is a whole number from 1 to 65535, not “{text}”.")


def variable(text: str) -> str:
    """The name of an environment variable; a key itself is refused."""
    if has_known_secret(text) or not _VARIABLE.fullmatch(text):
        raise FieldError("Give the name of a variable that holds the key, never the key itself.")
    return text


def path(text: str, home: str) -> str:
    """An absolute path; `home` is put for a leading `~`. A token itself is refused."""
    if has_known_secret(text):
        raise FieldError("That is a token: write it to a file and give the file's path.")
    path = home + text[1:] if text == "~" or text.startswith("~/") else text
    if not PurePath(path).is_absolute():
        raise FieldError("Give the whole path, from / or ~/ on.")
    return path


def image(text: str) -> str:
    """A reference."""
    return one_word(text, "An image's name")


def one_word(text: str, what: str) -> str:
    """Nothing that a command line would take for a flag or for two words."""
    if text.startswith("-") or not text.isprintable() or len(text.split()) != 1:
        raise FieldError(f"{what} is one word that does not begin with “-”.")
    return text


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as refusal:
        raise FieldError("A quote is opened and not closed.") from refusal


def arguments(text: str) -> tuple[str, ...]:
    """Split as a shell does; no secrets, which every user of the machine could read."""
    words = _words(text)
    for word in words:
        flag = word.partition("=")[0]
        if is_secret_flag(word) or has_known_secret(word):
            raise FieldError(
                f"{_shown(flag)} could be read by everyone on this machine: use the fields"
                " for a key's variable and a token file."
            )
    return tuple(words)


def environment(text: str) -> dict[str, str]:
    """`NAME=value` words, split as a shell does; no secrets."""
    values = {}
    for word in _words(text):
        name, sign, value = word.partition("=")
        if not sign or not _VARIABLE.fullmatch(name):
            raise FieldError(f"Variables are written NAME=value; “{_shown(word)}” is not.")
        if is_secret(name, value):
            raise FieldError(
                f"{name} could be read in the engine's settings: use the fields for a key's"
                " variable and a token file."
            )
        values[name] = value
    return values


def _shown(word: str) -> str:
    """A word of an error, without what may be a secret."""
    return one_line("".join(masked_words((word,))), 40)
