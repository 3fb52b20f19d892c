"""Text from models, servers and containers, made harmless before it is drawn."""

from __future__ import annotations

import re

_SEQUENCES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI
    r"|\x1b[PX^_\]].*?(?:\x1b\\|\x07|\x9c|$)"  # DCS, SOS, PM, APC, OSC, to their end or the text's
    r"|\x9b[0-?]*[ -/]*[@-~]"  # CSI in one byte
    r"|\x1b[ -/]*[0-~]",  # two-character escapes
    re.DOTALL,
)
_KEPT = {ord("\n"): "\n", ord("\t"): "    "}
_CONTROLS = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0)], "") | _KEPT
_INVISIBLE = dict.fromkeys([*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
_TABLE: dict[int, str | None] = _CONTROLS | _INVISIBLE | {0xFEFF: None, 0x2028: "\n", 0x2029: "\n"}


def harmless(text: str) -> str:
    """`text` without escape sequences, controls and direction overrides; newlines stay."""
    return _SEQUENCES.sub("", text).translate(_TABLE)


def one_line(text: str, limit: int = 300) -> str:
    """`text` harmless, on one line, at most `limit` characters."""
    flat = " ".join(harmless(text).split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"
