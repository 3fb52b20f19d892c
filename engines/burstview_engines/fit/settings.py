"""A spec's settings as the engine will be told them: options, free arguments, variables."""

from __future__ import annotations

import re
from collections.abc import Iterator

from burstview_engines.launch.pieces import take_apart
from burstview_engines.launch.profile import LaunchProfile
from burstview_engines.launch.registry import LAUNCH
from burstview_engines.launch.spec import LaunchSpec
from burstview_engines.launch.words import from_variable, handed_over

_NUMBER = re.compile(r"(-?\d+(?:\.\d+)?)([kmg]?)i?b?", re.IGNORECASE)
_FACTORS = {"": 1, "k": 1000, "m": 10**6, "g": 10**9, "K": 1024, "M": 2**20, "G": 2**30}
"""vLLM takes `4k` for 4,000 and `4K` for 4,096."""


class Settings:
    """Free arguments stand last on the command line and win; then options; then variables."""

    def __init__(self, spec: LaunchSpec) -> None:
        profile = LAUNCH.get(spec.engine)
        self._told = {} if profile is None else _told(profile, spec)

    def text(self, name: str) -> str | None:
        """The value of that option as the engine is told it; None where its default holds."""
        return self._told.get(name)

    def count(self, name: str) -> int | None:
        """A whole number, `4K` too; None for `auto` and what is no number."""
        number = self.number(name)
        return None if number is None else int(number)

    def number(self, name: str) -> float | None:
        """As above, with a fraction."""
        match = _NUMBER.fullmatch(self._told.get(name, "").strip())
        return None if match is None else float(match[1]) * _FACTORS[match[2]]

    def is_on(self, name: str) -> bool:
        """Whether that switch is on."""
        return self._told.get(name) == "on"


def _told(profile: LaunchProfile, spec: LaunchSpec) -> dict[str, str]:
    variables = dict(_variables(profile, spec))
    return variables | handed_over(profile, spec.options) | dict(_arguments(profile, spec))


def _arguments(profile: LaunchProfile, spec: LaunchSpec) -> Iterator[tuple[str, str]]:
    for piece in take_apart(profile, spec.arguments):
        if piece.option is not None:
            yield piece.option.name, piece.told


def _variables(profile: LaunchProfile, spec: LaunchSpec) -> Iterator[tuple[str, str]]:
    for option in profile.options:
        if option.env is not None and option.env in spec.environment:
            yield option.name, from_variable(option, spec.environment[option.env])
