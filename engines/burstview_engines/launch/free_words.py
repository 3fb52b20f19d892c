"""Free arguments and variables of a spec: which are options in truth, and which are not allowed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from burstview_engines.launch.error import LaunchError
from burstview_engines.launch.option import Option
from burstview_engines.launch.pieces import Piece, take_apart
from burstview_engines.launch.profile import LaunchProfile
from burstview_engines.launch.words import chosen_value, from_variable


@dataclass(frozen=True, slots=True)
class Lifted:
    """Free words without those that are options."""

    arguments: tuple[str, ...]
    environment: dict[str, str]
    options: dict[str, str]


def lifted(
    profile: LaunchProfile,
    arguments: tuple[str, ...],
    environment: Mapping[str, str],
    options: Mapping[str, str],
) -> Lifted:
    """Raises LaunchError for what a start sets itself, for secrets, and for an option that is
    given twice with two values."""
    _check_place(profile, arguments, environment)
    pieces = take_apart(profile, arguments)
    for piece in pieces:
        _check(piece)
    by_env = {option.env: option for option in profile.options if option.env is not None}
    told = [
        (by_env[name], from_variable(by_env[name], value), name)
        for name, value in environment.items()
        if name in by_env
    ]
    told += [(piece.option, piece.told, "arguments") for piece in pieces if piece.option]
    return Lifted(
        arguments=tuple(word for p in pieces if p.option is None for word in p.words),
        environment={n: v for n, v in environment.items() if n not in by_env},
        options=_merged(told, options),
    )


def _merged(told: list[tuple[Option, str, str]], options: Mapping[str, str]) -> dict[str, str]:
    others = {option.name: value for option, value, _ in told} | dict(options)
    found = dict(options)
    for option, text, where in told:
        value = chosen_value(option, text, others)
        if value is None:
            raise LaunchError(
                f"{text!r} is nothing that {option.name} takes; set it as the option"
                f" {option.name}.",
                f"option {option.name}",
            )
        if found.setdefault(option.name, value) != value:
            raise LaunchError(
                f"{option.name} is {found[option.name]} in one place and {value} in {where};"
                " leave one out.",
                f"option {option.name}",
            )
    return found


def _check_place(
    profile: LaunchProfile, arguments: tuple[str, ...], environment: Mapping[str, str]
) -> None:
    if arguments and profile.model_flag is None:
        raise LaunchError(
            f"{profile.label} takes no arguments; its settings are options and variables.",
            "arguments",
        )
    if profile.listen_env is not None and profile.listen_env in environment:
        raise LaunchError(
            f"{profile.listen_env} is set by the start; choose port and LAN instead.",
            "environment",
        )


def _check(piece: Piece) -> None:
    flag = piece.words[0].partition("=")[0]
    if piece.role == "secret":
        raise LaunchError(
            f"{flag} would show a secret in the process list; give a Hugging Face token as a token"
            " file, an API key by the name of your own variable.",
            "arguments",
        )
    if piece.role in ("own", "model", "head"):
        instead = "model" if piece.role != "own" else "port, LAN or API key"
        raise LaunchError(f"{flag} is set by the start; choose {instead} instead.", "arguments")
