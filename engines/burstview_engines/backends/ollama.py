"""Ollama: recognised by the text at / or its version; /api/show and /api/ps tell of the model."""

from __future__ import annotations

import msgspec

from burstview_engines.backends.answers import decoded, text
from burstview_engines.backends.ollama_gauges import PATH
from burstview_engines.backends.ollama_names import same_model
from burstview_engines.backends.profile import Answers, Facts, Field, Profile, advise
from burstview_engines.core.backend import Backend
from burstview_engines.core.plan import BurstPlan

__all__ = ["PROFILE", "Loaded", "extras", "facts", "loaded_models", "recognises", "same_model"]


class _Version(msgspec.Struct, frozen=True):
    version: str


class _Any(msgspec.Struct, frozen=True):
    """Any JSON object."""


class _Details(msgspec.Struct, frozen=True):
    quantization_level: str | None = None


class Loaded(msgspec.Struct, frozen=True):
    """One model in memory, as /api/ps tells. It goes on listing one whose runner died."""

    name: str
    size: int = 0
    """Bytes of weights and cache."""
    size_vram: int = 0
    """Bytes of it on GPUs: 0 means the CPU computes."""
    context_length: int | None = None
    """Of one slot, in tokens."""
    details: _Details = _Details()


class _Ps(msgspec.Struct, frozen=True):
    models: list[Loaded]


class _Show(msgspec.Struct, frozen=True):
    details: _Details = _Details()
    capabilities: list[str] | None = None


def loaded_models(body: bytes) -> tuple[Loaded, ...] | None:
    """What /api/ps lists; None when the body is something else."""
    try:
        return tuple(msgspec.json.decode(body, type=_Ps).models)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def recognises(answers: Answers) -> bool:
    """SGLang serves /api/tags too, and other programs /api/version beside a web page at /."""
    home = text(answers.get("/"))
    if home.startswith("Ollama is running"):
        return True
    return not home.lstrip().startswith("<") and bool(
        decoded(answers.get("/api/version"), _Version) and decoded(answers.get("/v1/models"), _Any)
    )


def facts(answers: Answers, model: str | None) -> Facts:
    """OLLAMA_NUM_PARALLEL is told by no endpoint: seats stay unknown."""
    version = decoded(answers.get("/api/version"), _Version)
    ps = answers.get("/api/ps")
    running = loaded_models(ps.body) if ps and ps.is_ok else None
    mine = next((m for m in running or () if same_model(m.name, model)), None)
    show = decoded(answers.get("/api/show"), _Show)
    quant = (mine.details if mine else show.details if show else _Details()).quantization_level
    return Facts(
        version=version.version if version else None,
        context_tokens=mine.context_length if mine else None,
        quant=quant or None,
        thinks="thinking" in show.capabilities if show and show.capabilities else None,
        loaded=None if running is None or model is None else mine is not None,
        on_gpu=mine.size_vram / mine.size if mine and mine.size > 0 else None,
    )


def extras(backend: Backend, plan: BurstPlan) -> dict[str, Field]:
    """Nothing forces a length. A model that cannot think refuses every effort but "none"."""
    if plan.thinking == "off":
        return {"reasoning_effort": "none"}
    if plan.thinking == "on" and backend.thinks:
        return {"reasoning_effort": "medium"}
    return {}


PROFILE = Profile(
    engine="ollama",
    label="Ollama",
    port=11434,
    recognises=recognises,
    details=("/api/version", "/api/ps"),
    show_path="/api/show",
    facts=facts,
    extras=extras,
    gauges=(PATH,),
    images=("ollama/ollama:*",),
    commands=("ollama serve",),
    silent_end=(
        "either a token repeated more than 30 times, which ends an answer without a word"
        " (set a temperature above 0), or its runner died (its log tells)"
    ),
    advice=(
        advise(
            r"model .* not found|try pulling it first",
            "pull it with `ollama pull {model}`, or choose one that is there: {models}",
        ),
        advise(
            r"maximum pending requests exceeded",
            "fire fewer requests, load the model first, or raise OLLAMA_MAX_QUEUE",
        ),
        advise(
            r"exceeds the available context size|prompt is longer than the context",
            "send a shorter prompt, or raise OLLAMA_CONTEXT_LENGTH",
        ),
        advise(
            r"does not support thinking",
            "choose thinking off, or as the engine does, or a model that thinks",
        ),
        advise(
            r"llama-server process (no longer running|has terminated)|runner has unexpectedly",
            "Ollama's runner died: its log has the reason; the next request starts it again",
        ),
        advise(
            r"requires more system memory|out of memory|cudaMalloc failed",
            "choose a smaller model, or lower OLLAMA_CONTEXT_LENGTH or OLLAMA_NUM_PARALLEL",
        ),
    ),
)
