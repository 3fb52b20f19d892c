"""httpx without its own command line, which would pull in rich and pygments: half of the import."""

from __future__ import annotations

import sys

_COMMAND_LINE = "httpx._main"

sys.modules.setdefault(_COMMAND_LINE, None)  # type: ignore[arg-type]  # None: not to be imported

import httpx  # noqa: E402  (after the line above, which is what this module is for)

if sys.modules[_COMMAND_LINE] is None:
    del sys.modules[_COMMAND_LINE]

__all__ = ["httpx"]
