"""Options as they are handed over: words of a command and variables; and values read back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from burstview_engines.launch.option import Option, OptionError
from burstview_engines.launch.profile import LaunchProfile

_TRUE = ("1", "t", "T", "true", "TRUE", "True", "on", "enabled")
_FALSE = ("0", "f", "F", "false", "FALSE", "False", "off", "disabled")


def handed_over(profile: LaunchProfile, options: Mapping[str, str]) -> dict[str, str]:
    """What the engine is told of each option, by name: totals for shares, ours where nothing was
    chosen."""
    chosen = {option.name: option.ours for option in profile.options if option.ours}
    chosen |= options
    told = {}
    for option in profile.options:
        if option.name in chosen:
            told[option.name] = _total(option, chosen)
    return told


def option_words(option: Option, told: str, flag: str | None = None) -> tuple[str, ...]:
    """`--max-num-seqs 4`; empty where the option travels as a variable, or its switch is off."""
    flag = flag or option.flag
    if option.kind == "switch":
        word = flag if told == "on" else option.off_flag
        return (word,) if word is not None else ()
    return (flag, told) if flag is not None else ()


def arguments(profile: LaunchProfile, options: Mapping[str, str]) -> tuple[str, ...]:
    """The flags of all chosen options, in the profile's order."""
    told = handed_over(profile, options)
    found = (option_words(o, told[o.name]) for o in profile.options if o.name in told and o.flag)
    return tuple(word for words in found for word in words)


def variables(profile: LaunchProfile, options: Mapping[str, str]) -> dict[str, str]:
    """The variables of the options that have no flag."""
    return dict(_variables(profile, handed_over(profile, options)))


def variable_value(option: Option, told: str) -> str:
    """A switch is `1` or `0`."""
    return {"on": "1", "off": "0"}.get(told, told) if option.kind == "switch" else told


def from_variable(option: Option, value: str) -> str:
    """What was told by a variable's value; a switch may be spelled in many ways."""
    if option.kind != "switch":
        return value
    return "on" if value in _TRUE else "off" if value in _FALSE else value


def chosen_value(option: Option, told: str, others: Mapping[str, str]) -> str | None:
    """The option's value of what was told; None where no value of it would tell that."""
    if option.times is not None and option.times in others:
        share = _share(told, others[option.times])
        if share is None:
            return None
        told = share
    try:
        return option.check(told)
    except OptionError:
        return None


def _total(option: Option, chosen: Mapping[str, str]) -> str:
    value = chosen[option.name]
    if option.times is None or option.times not in chosen:
        return value
    return str(int(value) * int(chosen[option.times]))


def _share(told: str, parts: str) -> str | None:
    if not (told.isdecimal() and parts.isdecimal() and int(parts)):
        return None
    share, rest = divmod(int(told), int(parts))
    return None if rest else str(share)


def _variables(profile: LaunchProfile, told: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for option in profile.options:
        if option.name in told and option.flag is None and option.env is not None:
            yield option.env, variable_value(option, told[option.name])
