"""Who has a GPU's memory as one bar and a legend, readable without colour."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from burstview import format as say
from burstview.draw.runs import Run, clip, fit, plain

Part = tuple[str, int]
"""What, and how many bytes; of a free part a negative number is what is missing."""

GLYPHS = {"weights": "█", "kv": "▓", "overhead": "▒", "others": "░", "free": "·", "missing": "✗"}
"""Each kind has a shape of its own."""
_SIGNS = (("free", "free"), ("KV", "kv"), ("weights", "weights"), ("other", "others"))
_LIMIT, _BORDER = "┃", "│"
_GAP = 2


def kind_of(part: Part) -> str:
    """Read from the part's words; what is not known by name is overhead."""
    what, size = part
    kind = next((kind for sign, kind in _SIGNS if sign in what), "overhead")
    return "missing" if kind == "free" and size < 0 else kind


def bar_row(parts: Sequence[Part], width: int) -> tuple[Run, ...]:
    """The parts in their order, each of at least two cells, with `│` where another engine begins.

    Where they are more than there is, `┃` stands at what there is, and the rest is crossed.
    """
    shown = [part for part in parts if part[1] > 0]
    total = sum(size for _, size in shown)
    missing = sum(-part[1] for part in parts if kind_of(part) == "missing")
    if not total or width < 3 * len(shown):
        return fit((), width)
    runs: list[Run] = []
    cells = _shares([size for _, size in shown], width, least=2)
    for (part, begins), number in zip(_owned(shown), cells, strict=True):
        mark = _BORDER if begins else ""
        kind = kind_of(part)
        runs += [Run(mark, "border"), Run(GLYPHS[kind] * (number - len(mark)), kind)]
    if not missing:
        return fit(runs, width)
    limit = min(width - 2, max(1, round(width * (total - missing) / total)))
    crossed = Run(GLYPHS["missing"] * (width - limit - 1), "missing")
    return (*fit(runs, limit), Run(_LIMIT, "limit"), crossed)


def legend_rows(parts: Sequence[Part], width: int) -> list[tuple[Run, ...]]:
    """`█ weights 1.2 GiB  ▓ KV cache 4.4 GiB  …`, as many rows as it needs."""
    rows: list[list[Run]] = [[]]
    used = 0
    for entry in (_entry(part) for part in parts if part[1]):
        length = cell_len(plain(entry))
        if rows[-1] and used + _GAP + length > width:
            rows.append([])
            used = 0
        if rows[-1]:
            rows[-1].append(Run(" " * _GAP))
            used += _GAP
        rows[-1] += entry
        used += length
    return [fit(row, width) for row in rows if row]


def _entry(part: Part) -> tuple[Run, ...]:
    kind = kind_of(part)
    what = "too much" if kind == "missing" else clip(part[0], 40)
    return Run(GLYPHS[kind], kind), Run(f" {what} ", "what"), Run(say.size(abs(part[1])), "size")


def _owned(parts: Sequence[Part]) -> list[tuple[Part, bool]]:
    """Each with whether another engine begins there: `Ollama's weights`, then `vLLM's weights`."""
    owners = [what.partition("'s ")[0] if "'s " in what else "" for what, _ in parts]
    before = ["", *owners]
    return [(part, at > 0 and owners[at] != before[at]) for at, part in enumerate(parts)]


def _shares(sizes: Sequence[int], cells: int, least: int) -> list[int]:
    """At least so many each; the rest by size, the largest remainders first."""
    spare = cells - least * len(sizes)
    total = sum(sizes)
    exact = [spare * size / total for size in sizes]
    shares = [int(share) for share in exact]
    order = sorted(range(len(sizes)), key=lambda at: shares[at] - exact[at])
    for at in order[: spare - sum(shares)]:
        shares[at] += 1
    return [least + share for share in shares]
