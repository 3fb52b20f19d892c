"""One name for a model on both sides: Ollama's tag, the Hugging Face id, a GGUF repository."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from burstview_engines.core.backend import Engine
from burstview_engines.fit.shape import ModelShape, with_doubt
from burstview_engines.fit.table import quant_named, shape_of
from burstview_engines.models.entry import ModelEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPair:
    """The same model as different engines know it. Unknown is None."""

    name: str
    """What a person chooses."""
    ollama: str | None = None
    huggingface: str | None = None
    """For vLLM and SGLang."""
    gguf: str | None = None
    """For llama.cpp's `-hf`: a repository, with `:QUANT`."""
    quant_ollama: str | None = None
    """What that tag holds, as people write it."""
    quant_vllm: str | None = None
    quant_gguf: str | None = None
    context_tokens: int | None = None
    """Trained for."""
    shape: str | None = None
    """Its key among the shipped shapes."""
    ollama_bytes: int | None = None
    """Of Ollama's download, where it was read."""
    is_gated: bool = False
    """Hugging Face is known to ask for a licence to be accepted, and for a token."""
    note: str = ""
    """One sentence that both sides' users should know."""


_TAG_QUANT = re.compile(r"-(q\d[\w]*|fp16|f16|bf16|iq\d\w*)$", re.IGNORECASE)
_HUB_QUANT = re.compile(r"-(awq|fp8|gptq-int4)$", re.IGNORECASE)


def find(name: str, pairs: Iterable[ModelPair]) -> ModelPair | None:
    """The pair of that name, Ollama tag, Hugging Face id or GGUF repository, whatever its case."""
    wanted = name.strip().lower()
    for pair in pairs:
        if wanted in _names(pair):
            return pair
    return None


def for_engine(pair: ModelPair, engine: Engine) -> str | None:
    """What that engine is told; None where the pair has no name for it."""
    match engine:
        case "ollama":
            return pair.ollama
        case "vllm" | "sglang":
            return pair.huggingface
        case "llamacpp":
            return pair.gguf
        case "openai":
            return pair.huggingface or pair.name


def quant_for(pair: ModelPair, engine: Engine) -> str | None:
    """The number format that engine loads."""
    match engine:
        case "ollama":
            return pair.quant_ollama
        case "llamacpp":
            return pair.quant_gguf
        case "vllm" | "sglang" | "openai":
            return pair.quant_vllm


def known_shape(model: str, engine: Engine, pairs: Sequence[ModelPair]) -> ModelShape | None:
    """The table's shape of a model in an engine's own words; a number format within the name
    (`qwen3:8b-q8_0`, `Qwen/Qwen3-8B-AWQ`, `…-GGUF:Q6_K`) is heeded. None if it is not known."""
    base, told = _without_quant(model, engine)
    pair = find(model, pairs) or find(base, pairs)
    if pair is None or pair.shape is None:
        return None
    quant = told or quant_for(pair, engine)
    shape = shape_of(pair.shape, quant or "unknown")
    if shape is None:
        return None
    shape = replace(shape, context_tokens=pair.context_tokens or shape.context_tokens)
    return with_doubt(shape, pair.note) if pair.note and engine == "ollama" else shape


def difference(
    pair: ModelPair, ollama_context: int | None = None, vllm_context: int | None = None
) -> str:
    """How the two sides differ, one sentence: number formats, and contexts where both are given."""
    one, other = pair.quant_vllm or "an unknown format", pair.quant_ollama or "an unknown format"
    formats = f"both sides load {one}" if one == other else f"vLLM loads {one}, Ollama {other}"
    said = f"{pair.name}: {formats}"
    if ollama_context is not None and vllm_context is not None:
        same = ollama_context == vllm_context
        said += (
            f"; {vllm_context:,} tokens of context each"
            if same
            else f"; context {vllm_context:,} against {ollama_context:,} tokens"
        )
    return f"{said}."


def extended(entries: Iterable[ModelEntry], shipped: Sequence[ModelPair]) -> tuple[ModelPair, ...]:
    """The config file's models, then the shipped ones whose names it does not take. An entry that
    names a shipped model's id or tag inherits its shape and context."""
    own = {entry.name.lower(): _from_entry(entry, shipped) for entry in entries}
    return (*own.values(), *(pair for pair in shipped if pair.name.lower() not in own))


def _from_entry(entry: ModelEntry, shipped: Sequence[ModelPair]) -> ModelPair:
    told = (name for name in (entry.huggingface, entry.ollama, entry.gguf, entry.name) if name)
    like = next((pair for name in told if (pair := find(name, shipped))), None)
    gguf_quant = entry.gguf.rpartition(":")[2] if entry.gguf and ":" in entry.gguf else None
    return ModelPair(
        name=entry.name,
        ollama=entry.ollama,
        huggingface=entry.huggingface,
        gguf=entry.gguf,
        quant_ollama=entry.quant_ollama or _inherited(like, entry.ollama, "ollama"),
        quant_vllm=entry.quant_vllm or _inherited(like, entry.huggingface, "vllm"),
        quant_gguf=gguf_quant or _inherited(like, entry.gguf, "llamacpp"),
        context_tokens=like.context_tokens if like else None,
        shape=like.shape if like else None,
        is_gated=bool(like and like.is_gated and entry.huggingface == like.huggingface),
    )


def _inherited(like: ModelPair | None, name: str | None, engine: Engine) -> str | None:
    """What is known of the same name; a format that the name tells itself comes first."""
    if name is None:
        return None
    told = _without_quant(name, engine)[1]
    if told is not None:
        return told
    same = like is not None and for_engine(like, engine) == name
    return quant_for(like, engine) if like is not None and same else None


def _names(pair: ModelPair) -> set[str]:
    gguf = pair.gguf.partition(":")[0] if pair.gguf else None
    names = (pair.name, pair.ollama, pair.huggingface, pair.gguf, gguf)
    return {name.lower() for name in names if name}


def _without_quant(model: str, engine: Engine) -> tuple[str, str | None]:
    """(the model, the number format that its name tells)."""
    if engine == "llamacpp":
        base, _, quant = model.partition(":")
        return base, _label(quant) if quant else None
    pattern = _TAG_QUANT if engine == "ollama" else _HUB_QUANT
    match = pattern.search(model)
    return (model, None) if match is None else (model[: match.start()], _label(match[1]))


def _label(quant: str) -> str:
    known = quant_named(quant)
    return known.label if known else quant.upper()
