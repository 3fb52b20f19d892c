"""Numbers as sentences say them; unknown is an em dash."""

from __future__ import annotations

UNKNOWN = "—"


def seconds(value: float | None) -> str:
    """`90 ms`, `0.45 s`, `8.5 s`, `75 s`."""
    if value is None:
        return UNKNOWN
    if value < 0.1:
        return f"{value * 1000:.0f} ms"
    return f"{value:.2f} s" if value < 1 else f"{value:.1f} s" if value < 20 else f"{value:.0f} s"


def factor(value: float | None) -> str:
    """`×14`, `×1.7`."""
    if value is None:
        return UNKNOWN
    return f"×{value:.0f}" if value >= 9.5 else f"×{value:.1f}"


def count(number: int, noun: str) -> str:
    """`1 request`, `16 requests`."""
    return f"{number} {noun}" if number == 1 else f"{number:,} {noun}s"
