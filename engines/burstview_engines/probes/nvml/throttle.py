"""Why a GPU's clocks are held down, in words."""

from __future__ import annotations

IDLE = 0x1
"""It is slow because it has nothing to do: nothing holds it down."""
WORDS = {
    0x2: "application clocks setting",
    0x4: "power cap",
    0x8: "hardware slowdown",
    0x10: "sync boost",
    0x20: "software thermal slowdown",
    0x40: "hardware thermal slowdown",
    0x80: "power brake",
    0x100: "display clock setting",
    0x200: "board limit",
    0x400: "reliability",
}
"""As nvidia-smi calls them, by NVML's bits."""


def reasons_of(bits: int | None) -> tuple[str, ...] | None:
    """None when they are not known, empty when nothing holds the clocks down."""
    if bits is None:
        return None
    known = [word for bit, word in WORDS.items() if bits & bit]
    rest = bits & ~(IDLE | sum(WORDS))
    return (*known, f"reason {rest:#x}") if rest else tuple(known)
