"""Which names carry secrets, and values made fit to be shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

HIDDEN = "…"
SHORTEST = 8
"""Characters of a value that can be told from ordinary words."""

_HARMLESS = re.compile(r"TOKENI[SZ]ERS?|TOKENS|KEYBOARD")
_PLACES = ("_PATH", "_FILE", "_DIR", "KEYFILE")
_SECRET = re.compile(r"TOKEN|KEY|SECRET|PASSWORD|PASSWD|CREDENTIAL")
_CERTAIN = re.compile(r"(TOKEN|KEYS?|SECRET|PASSWORD|PASSWD|CREDENTIALS?)$")
_SECRET_FLAG = re.compile(r"(^|[-_])(api[-_]?keys?|keys?|secret|password|token)$", re.IGNORECASE)
_PLAIN = re.compile(r"\d{1,9}|true|false|on|off|auto", re.IGNORECASE)
_KNOWN = re.compile(r"\b(hf_[A-Za-z0-9]{16,}|sk-[A-Za-z0-9_-]{16,})")
_LOGIN = re.compile(r"(://)[^/@\s]+@")


def is_secret(name: str, value: str = "") -> bool:
    """Whether a variable of that name holds what others must not read; HF_TOKEN_PATH does not."""
    if _KNOWN.search(value):
        return True
    if name.upper().endswith(_PLACES):
        return False
    rest = _HARMLESS.sub("", name.upper())
    if _CERTAIN.search(rest):
        return True
    return bool(_SECRET.search(rest)) and not _PLAIN.fullmatch(value)


def is_secret_flag(word: str) -> bool:
    """Whether a flag's value is a secret: `--api-key`, not `--api-key-file`."""
    return word.startswith("-") and bool(_SECRET_FLAG.search(word.partition("=")[0]))


def masked(name: str, value: str) -> str:
    """The value of a variable as it may be shown."""
    return HIDDEN if is_secret(name, value) else _without_known(value)


def masked_words(words: Sequence[str]) -> tuple[str, ...]:
    """A command as it may be shown."""
    return tuple(_masked_words(words))


def secrets(environment: Mapping[str, str], words: Sequence[str]) -> Iterator[str]:
    """Values that must not be repeated, wherever they turn up; short ones are ordinary words."""
    told = [value for name, value in environment.items() if is_secret(name, value)]
    told += [
        word for word, shown in zip(words, masked_words(words), strict=True) if shown == HIDDEN
    ]
    told += [word.partition("=")[2] for word in words if is_secret_flag(word) and "=" in word]
    return (value for value in told if len(value) >= SHORTEST)


def has_known_secret(text: str) -> bool:
    """Whether a Hugging Face token or a key of the usual form stands in it."""
    return bool(_KNOWN.search(text))


def _masked_words(words: Sequence[str]) -> Iterator[str]:
    hides, is_first = False, False
    for word in words:
        flag, sign, _ = word.partition("=")
        if hides and not word.startswith("--" if is_first else "-"):
            yield HIDDEN
            is_first = False
        elif is_secret_flag(word):
            yield f"{flag}={HIDDEN}" if sign else word
            hides = is_first = not sign
        else:
            yield _without_known(word)
            hides = False


def _without_known(text: str) -> str:
    """Tokens by their form, and the login of an URL."""
    return _LOGIN.sub(rf"\1{HIDDEN}@", _KNOWN.sub(HIDDEN, text))
