"""How numbers are said on screen; unknown (None) is a dash. Sentences round in `core.wording`,
whose seconds and factors are the same ones."""

from __future__ import annotations

from burstview_engines.core.wording import UNKNOWN, factor, seconds

__all__ = [
    "UNKNOWN",
    "count",
    "factor",
    "percent",
    "quantity",
    "quantity_of",
    "rate",
    "seconds",
    "size",
    "size_of",
    "thousands",
]

_BYTE_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def count(value: int | None) -> str:
    """`1,024`."""
    return UNKNOWN if value is None else f"{value:,}"


def thousands(value: int) -> str:
    """`98k`, rounded down; `640` below a thousand."""
    return f"{value // 1000}k" if value >= 1000 else str(value)


def rate(value: float | None) -> str:
    """Tokens per second: `3.4 tok/s`, `95 tok/s`, `4,120 tok/s`."""
    if value is None:
        return UNKNOWN
    return f"{value:.1f} tok/s" if value < 9.95 else f"{value:,.0f} tok/s"


def percent(value: float | None) -> str:
    """Of a value from 0 to 100: `95%`."""
    return UNKNOWN if value is None else f"{value:.0f}%"


def size(value: int | None) -> str:
    """Bytes in binary units with three digits at most: `512 B`, `97.4 GiB`."""
    if value is None:
        return UNKNOWN
    number, power = _scaled(value)
    return f"{number} {_BYTE_UNITS[power]}"


def size_of(used: int | None, total: int | None) -> str:
    """`97.8/140 GiB`: both in the unit of the total."""
    if total is None:
        return size(used)
    number, power = _scaled(total)
    part = UNKNOWN if used is None else _short(used / 1024**power)
    return f"{part}/{number} {_BYTE_UNITS[power]}"


def quantity_of(value: float | None, limit: float | None, unit: str) -> str:
    """`412/700 W`, `2,410/5,600 W`; `412 W` where no limit is known; a dash where nothing is."""
    if value is None and limit is None:
        return UNKNOWN
    part = UNKNOWN if value is None else f"{value:,.0f}"
    return f"{part} {unit}" if limit is None else f"{part}/{limit:,.0f} {unit}"


def quantity(value: float | None, unit: str) -> str:
    """`48°C`, `1980 MHz`: without a space where the unit begins with a degree."""
    if value is None:
        return UNKNOWN
    return f"{value:.0f}{unit}" if unit.startswith("°") else f"{value:.0f} {unit}"


def _scaled(value: int) -> tuple[str, int]:
    number, power = float(value), 0
    while number >= 999.5 and power < len(_BYTE_UNITS) - 1:
        number, power = number / 1024, power + 1
    return (f"{number:.0f}" if power == 0 else _short(number)), power


def _short(number: float) -> str:
    return f"{number:.1f}" if number < 99.95 else f"{number:.0f}"
