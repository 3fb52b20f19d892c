"""Sizes and counts as the sentences about memory say them."""

from __future__ import annotations

MIB, GIB = 2**20, 2**30


def size(value: int) -> str:
    """`372 MiB`, `5.6 GiB`, `140 GiB`; without sign."""
    value = abs(value)
    if value < GIB * 0.9995:
        return f"{value / MIB:.0f} MiB"
    gib = value / GIB
    return f"{gib:.1f} GiB" if gib < 99.95 else f"{gib:,.0f} GiB"


def signed(value: int) -> str:
    """`+13.1 GiB`, `−448 MiB`."""
    return f"{'−' if value < 0 else '+'}{size(value)}"


def tokens(count: int) -> str:
    """`1 token`, `4,096 tokens`."""
    return "1 token" if count == 1 else f"{count:,} tokens"


def plural(count: int, noun: str) -> str:
    """`1 slot`, `4 slots`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def decimal(value: int) -> str:
    """Sizes of downloads, as registries write them: `5 kB`, `523 MB`, `4.9 GB`."""
    if value < 999.5e3:
        return f"{value / 1e3:.0f} kB"
    if value < 999.5e6:
        return f"{value / 1e6:.0f} MB"
    return f"{value / 1e9:.1f} GB" if value < 99.95e9 else f"{value / 1e9:,.0f} GB"
