"""Free arguments and variables of a spec: which are options in truth, and which are not allowed."""

from __future__ import annotations

from collections.abc import Mapping

from burstview_engines.launch.error import LaunchError
from burstview_engines.launch.option import Option
from burstview_engines.launch.pieces import Piece, take_apart
from burstview_engines.launch.profile import LaunchProfile
from burstview_engines.launch.words import chosen_value, from_variable


def lifted_arguments(
    profile: LaunchProfile, arguments: tuple[str, ...], options: Mapping[str, str]
) -> tuple[tuple[str, ...], dict[str, str]]:
    """The rest of the arguments, and all options. Raises LaunchError for what a start sets itself,
    for secrets, and for an option that is given twice with two values."""
    if arguments and profile.model_flag is None:
        raise LaunchError(
            f"{profile.label} takes no arguments; its settings are options and variables.",
            "arguments",
        )
    pieces = take_apart(profile, arguments)
    for piece in pieces:
        _check(piece)
    found = dict(options)
    told = {p.option.name: p.told for p in pieces if p.option is not None}
    rest: list[str] = []
    for piece in pieces:
        if piece.option is None:
            rest += piece.words
        else:
            _lift(piece.option, piece.told, {**found, **told}, found, "arguments")
    return tuple(rest), found


def lifted_variables(
    profile: LaunchProfile, environment: Mapping[str, str], options: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """The rest of the variables, and all options. Raises LaunchError."""
    found, rest = dict(options), dict(environment)
    if profile.listen_env is not None and profile.listen_env in rest:
        raise LaunchError(
            f"{profile.listen_env} is set by the start; choose port and LAN instead.", "environment"
        )
    by_env = {option.env: option for option in profile.options if option.env is not None}
    told = {by_env[n].name: from_variable(by_env[n], v) for n, v in rest.items() if n in by_env}
    for name in [name for name in rest if name in by_env]:
        option = by_env[name]
        _lift(option, from_variable(option, rest.pop(name)), {**told, **found}, found, name)
    return rest, found


def _lift(
    option: Option, told: str, others: Mapping[str, str], found: dict[str, str], where: str
) -> None:
    value = chosen_value(option, told, others)
    if value is None:
        raise LaunchError(
            f"{told!r} is nothing that {option.name} takes; set it as the option {option.name}.",
            f"option {option.name}",
        )
    if found.setdefault(option.name, value) != value:
        raise LaunchError(
            f"{option.name} is {found[option.name]} as an option and {value} among the free words;"
            " leave one out.",
            where if where == "arguments" else "environment",
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
