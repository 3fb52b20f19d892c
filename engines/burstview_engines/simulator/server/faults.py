"""Failures on demand, to see what a client does with them; off unless asked for."""

from __future__ import annotations

import msgspec


class Faults(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Part of an engine's start-up line; all streams of the engine fail alike."""

    refuse: int | None = None
    """Every chat or completion is answered with this HTTP status at once."""
    die_after_tokens: int | None = None
    """The connection is cut without an ending."""
    silence_after_tokens: int | None = None
    """The connection stays open, and nothing more is ever sent."""
    error_after_tokens: int | None = None
    """An error object under status 200, in the engine's own shape."""

    @property
    def breaks(self) -> bool:
        """Whether streams go wrong after a number of tokens."""
        breaks = (self.die_after_tokens, self.silence_after_tokens, self.error_after_tokens)
        return any(tokens is not None for tokens in breaks)


NO_FAULTS = Faults()
