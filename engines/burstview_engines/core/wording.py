"""Numbers as sentences say them; unknown is an em dash."""

from __future__ import annotations

UNKNOWN = "—"


def seconds(value: float | None) -> str:
    """`0.4 ms`, `90 ms`, `0.45 s`, `8.5 s`, `1 m 20 s`, `2 h 05 m`."""
    if value is None:
        return UNKNOWN
    if 0 < value < 0.00095:
        return f"{value * 1000:.1f} ms" if value >= 0.00005 else "<0.1 ms"
    if value < 0.0995:
        return f"{value * 1000:.0f} ms"
    if value < 0.995:
        return f"{value:.2f} s"
    if value < 59.95:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    if minutes < 60:
        return f"{minutes} m {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} m"


def factor(value: float | None) -> str:
    """`×1.0`, `×2.4`, `×14`."""
    if value is None:
        return UNKNOWN
    return f"×{value:.1f}" if value < 9.95 else f"×{value:,.0f}"


def count(number: int, noun: str) -> str:
    """`1 request`, `16 requests`."""
    return f"{number} {noun}" if number == 1 else f"{number:,} {noun}s"
