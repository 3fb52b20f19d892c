"""Models to choose from, in the words of each engine, with what is already here. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from rich.cells import cell_len

from burstview_engines.core.backend import Engine
from burstview_engines.core.managed import StoredModel
from burstview_engines.core.text import one_line
from burstview_engines.fit.words import decimal
from burstview_engines.models.local import LocalModel
from burstview_engines.models.pairs import ModelPair, for_engine

GAP = "  "


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelChoice:
    """One model, whatever each engine calls it."""

    names: Mapping[Engine, str]
    """In the engine's own words; engines that cannot serve it are left out."""
    quants: str = ""
    """`Q4_K_M against bf16`."""
    context: str = ""
    """What it was trained for: `40,960 tokens`."""
    here: Mapping[Engine, int] = field(default_factory=dict)
    """Bytes that are on this machine, by engine."""
    part: Mapping[Engine, int] = field(default_factory=dict)
    """Bytes of those that are not whole."""
    is_looked_for: bool = False
    """False while nobody has looked whether it is here."""
    is_gated: bool = False
    """Hugging Face asks for a token and an accepted licence."""
    pair: ModelPair | None = None
    """What Ollama and vLLM can be started with together."""


def of_pairs(pairs: Sequence[ModelPair]) -> tuple[ModelChoice, ...]:
    """In the order of the table."""
    return tuple(_of_pair(pair) for pair in pairs)


def of_local(model: LocalModel, engine: Engine) -> ModelChoice:
    """One that is here and in no table."""
    sizes = {engine: model.bytes}
    return ModelChoice(
        names={engine: model.name},
        quants=model.quant or "",
        here=sizes if model.complete else {},
        part={} if model.complete else sizes,
        is_looked_for=True,
    )


def marked(choice: ModelChoice, engine: Engine, found: LocalModel | None) -> ModelChoice:
    """With what was found of it for one engine."""
    sizes = {engine: found.bytes} if found is not None else {}
    is_whole = found is not None and found.complete
    return replace(
        choice, here=sizes if is_whole else {}, part={} if is_whole else sizes, is_looked_for=True
    )


def with_stored(
    choices: Iterable[ModelChoice], engine: Engine, stored: Sequence[StoredModel]
) -> tuple[ModelChoice, ...]:
    """With what a running engine says that its store holds."""
    sizes = {model.name: model.size_bytes or 0 for model in stored}
    listed = [_with_stored(choice, engine, sizes) for choice in choices]
    known = {choice.names.get(engine) for choice in listed}
    others = [
        ModelChoice(names={engine: m.name}, quants=m.quant or "", here={engine: sizes[m.name]})
        for m in stored
        if m.name not in known
    ]
    return here_first([*listed, *others])


def _with_stored(choice: ModelChoice, engine: Engine, sizes: Mapping[str, int]) -> ModelChoice:
    name = choice.names.get(engine, "")
    here = {engine: sizes[name]} if name in sizes else {}
    return replace(choice, here=here, is_looked_for=True)


def here_first(choices: Iterable[ModelChoice]) -> tuple[ModelChoice, ...]:
    """Without a network only these can be started."""
    return tuple(sorted(choices, key=lambda choice: not choice.here))


def of_engine(choices: Sequence[ModelChoice], engine: Engine) -> list[ModelChoice]:
    """What that engine can serve."""
    return [choice for choice in choices if engine in choice.names]


def translated(choices: Sequence[ModelChoice], model: str, old: Engine, new: Engine) -> str | None:
    """The same model in the new engine's words; None where that is not known."""
    wanted = model.strip()
    return next((c.names.get(new) for c in choices if wanted and c.names.get(old) == wanted), None)


def find(choices: Sequence[ModelChoice], model: str, engine: Engine) -> ModelChoice | None:
    """The choice of that name."""
    return next((choice for choice in choices if choice.names.get(engine) == model.strip()), None)


def rows(choices: Sequence[ModelChoice], engine: Engine, model: str, width: int) -> list[str]:
    """A line each, in columns. Where there is little room long names are cut, then the context
    goes, the formats, the other name; whether it is here stays."""
    cells = [_cells(choice, engine, model) for choice in choices]
    lines: list[str] = []
    for most, left_out in _WAYS:
        shown = [[_cut(c, most) for at, c in enumerate(row) if at not in left_out] for row in cells]
        lines = _joined(shown)
        if max(map(cell_len, lines), default=0) <= width:
            return lines
    return lines


_WAYS: tuple[tuple[int, tuple[int, ...]], ...] = (
    *((99, ()), (36, ()), (30, ()), (36, (3,)), (28, (3,))),
    *((30, (2, 3)), (24, (2, 3)), (99, (1, 2, 3)), (20, (1, 2, 3))),
)
"""(most cells of a column, columns left out), tried in this order."""


def _cut(text: str, most: int) -> str:
    return text if cell_len(text) <= most else f"{text[: most - 1]}…"


def _cells(choice: ModelChoice, engine: Engine, model: str) -> list[str]:
    name = choice.names[engine]
    other = choice.names.get("vllm" if engine == "ollama" else "ollama", "")
    mark = "●" if name == model.strip() else " "
    return [
        f"{mark} {one_line(name)}",
        f"= {one_line(other)}" if other else "",
        choice.quants,
        choice.context,
        _where(choice, engine),
    ]


def _where(choice: ModelChoice, engine: Engine) -> str:
    if engine in choice.here:
        return f"✓ here, {decimal(choice.here[engine])}"
    if engine in choice.part:
        return f"◐ {decimal(choice.part[engine])} of it here"
    gated = choice.is_gated and engine in ("vllm", "sglang")
    told = "↓ download" if choice.is_looked_for else ""
    return f"{told}, token" if gated and told else told


def _of_pair(pair: ModelPair) -> ModelChoice:
    engines: tuple[Engine, ...] = ("ollama", "vllm", "llamacpp", "sglang")
    names = {engine: name for engine in engines if (name := for_engine(pair, engine))}
    quants = " against ".join(q for q in (pair.quant_ollama, pair.quant_vllm) if q)
    tokens = pair.context_tokens
    return ModelChoice(
        names=names,
        quants=quants,
        context=f"{tokens:,} tokens" if tokens else "",
        is_gated=pair.is_gated,
        pair=pair,
    )


def _joined(rows: Sequence[Sequence[str]]) -> list[str]:
    if not rows:
        return []
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    return [
        GAP.join(
            cell + " " * (width - cell_len(cell))
            for cell, width in zip(row, widths, strict=True)
            if width
        ).rstrip()
        for row in rows
    ]
