"""What answers at a URL: which engine, with which models, and what it tells about itself."""

from __future__ import annotations

import asyncio
import importlib
from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec

from burstview_engines.backends.address import hardware_of, root_of
from burstview_engines.backends.answers import decoded, text
from burstview_engines.backends.failure import (
    BackendError,
    ModelChoiceNeeded,
    StillLoadingError,
    unreachable,
)
from burstview_engines.backends.fetch import fetch, fetch_all
from burstview_engines.backends.ollama import same_model
from burstview_engines.backends.profile import Answer, Answers, Profile
from burstview_engines.backends.registry import PROFILES
from burstview_engines.core.backend import Backend, Engine
from burstview_engines.core.text import one_line
from burstview_engines.http import httpx

MODELS = "/v1/models"
FIRST_PATHS = (MODELS, "/", "/api/version", "/props", "/server_info")
"""Asked of an unknown server, at the same time."""
SIMULATED_HEADER = "x-simulated"
PARSER = "prometheus_client.parser"
"""Takes 80 ms to import: not at the start, and on a thread."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """A backend that can be fired at."""

    backend: Backend
    warnings: tuple[str, ...] = ()
    """Sentences for the person who named it."""


class _Model(msgspec.Struct, frozen=True):
    id: str


class _Models(msgspec.Struct, frozen=True):
    data: list[_Model] | None = None
    """Ollama without models sends null."""


class _Gpu(msgspec.Struct, frozen=True):
    name: str | None = None


class _Simulated(msgspec.Struct, frozen=True):
    """What an embedded engine tells beyond its original; every field may be missing."""

    gpu: _Gpu = _Gpu()
    seats: int | None = None
    context_tokens: int | None = None
    kv_tokens: int | None = None
    quant: str | None = None


async def recognise(
    client: httpx.AsyncClient,
    url: str,
    *,
    engine: Engine | None = None,
    model: str | None = None,
    key: str | None = None,
    api_key: str | None = None,
    first_model: bool = False,
) -> Recognised:
    """The backend at `url`, a server's root or its `/v1`.

    `engine` overrides what would be recognised, and spares the server questions. Without `model`
    the only one listed is taken, or with `first_model` the first. Raises BackendError, and
    ModelChoiceNeeded when a model must be named.
    """
    root = root_of(url)
    paths = FIRST_PATHS if engine is None else (MODELS,)
    answers, failures = await fetch_all(client, root, paths, api_key=api_key)
    if MODELS in failures:
        raise unreachable(root, failures[MODELS]) from failures[MODELS]
    profile = PROFILES[engine] if engine else _engine_of(answers)
    models, warnings = _models(root, answers[MODELS], profile, engine, model)
    chosen, more = _choose(root, profile, models, model, first_model)
    answers |= await _details(client, root, profile, chosen, api_key, answers)
    backend = _backend(root, key or root, profile, models, chosen, answers)
    backend = await _placed(client, backend, answers[MODELS], api_key)
    return Recognised(backend, (*warnings, *more))


async def with_model(
    client: httpx.AsyncClient, backend: Backend, model: str, *, api_key: str | None = None
) -> Recognised:
    """The same server with another of its models. Raises BackendError."""
    return await recognise(
        client, backend.url, engine=backend.engine, model=model, key=backend.key, api_key=api_key
    )


def _engine_of(answers: Answers) -> Profile:
    found = (profile for profile in PROFILES.values() if profile.recognises(answers))
    return next(found, PROFILES["openai"])


def _models(
    root: str, answer: Answer, profile: Profile, engine: Engine | None, model: str | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Models and warnings. Raises BackendError when the server is none of ours."""
    listed = decoded(answer, _Models)
    if listed is not None and b'"data"' in answer.body:
        return tuple(entry.id for entry in listed.data or ()), ()
    if answer.status == 403 and not answer.body:
        raise BackendError(
            f"{root} refuses this host name (HTTP 403 without a word), as Ollama does;"
            " use 127.0.0.1 in the URL, or set OLLAMA_HOST on the server."
        )
    if answer.status in (401, 403):
        raise BackendError(
            f"{root} wants a key (HTTP {answer.status}{_said(answer)}); put it into an environment"
            " variable and name that with --api-key-env."
        )
    if answer.status == 503:
        raise StillLoadingError(
            f"{root} is not ready (HTTP 503{_said(answer)}); wait until its model is loaded."
        )
    if answer.status in (404, 405, 501) and engine and model:
        return (), (f"{profile.label} at {root} does not list its models; {model} is taken as is.",)
    if answer.status in (502, 504):
        raise BackendError(
            f"A proxy at {root} cannot reach its server (HTTP {answer.status}); start that server."
        )
    if answer.status in (301, 302, 307, 308):
        target = answer.headers.get("location", "another place")
        raise BackendError(f"{root} redirects to {one_line(target, 200)}; give that URL.")
    raise BackendError(
        f"{root} is no OpenAI-compatible server: {MODELS} answers HTTP {answer.status}"
        f"{_said(answer)}; give the server's root or its /v1."
    )


def _choose(
    root: str, profile: Profile, models: tuple[str, ...], model: str | None, first_model: bool
) -> tuple[str | None, tuple[str, ...]]:
    """The model to ask for, and warnings."""
    if model is not None:
        if profile.engine == "ollama":
            model = next((name for name in models if same_model(name, model)), model)
        if model in models or not models:
            return model, ()
        names = ", ".join(models[:8])
        return model, (f"{model} is not among the models that {root} lists: {names}.",)
    if len(models) == 1 or (models and first_model):
        return models[0], ()
    if models:
        raise ModelChoiceNeeded(root, models)
    if first_model:
        return None, (f"{profile.label} at {root} has no model.",)
    step = "pull one with `ollama pull NAME`" if profile.engine == "ollama" else "load one"
    raise BackendError(f"{profile.label} at {root} has no model; {step}, or name one with --model.")


async def _details(
    client: httpx.AsyncClient,
    root: str,
    profile: Profile,
    model: str | None,
    api_key: str | None,
    known: Answers,
) -> dict[str, Answer]:
    """What the engine's own paths answer; those `known` are not asked again."""
    wanted = [path for path in profile.details if path not in known]
    details, _ = await fetch_all(client, root, wanted, api_key=api_key)
    if any(path.source == "metrics" for path in profile.gauges):
        await asyncio.to_thread(importlib.import_module, PARSER)
    if profile.show_path is not None and model is not None:
        url = root + profile.show_path
        shown = await fetch(client, url, api_key=api_key, body={"model": model})
        if isinstance(shown, Answer):
            details[profile.show_path] = shown
    return details


def _backend(
    root: str,
    key: str,
    profile: Profile,
    models: tuple[str, ...],
    model: str | None,
    answers: Answers,
) -> Backend:
    facts = profile.facts(answers, model)
    name = profile.label if profile.engine != "openai" else urlsplit(root).netloc
    return Backend(
        key=key,
        name=name,
        engine=profile.engine,
        place="url",
        url=root,
        model=model,
        models=models,
        version=facts.version,
        seats=facts.seats,
        context_tokens=facts.context_tokens,
        kv_tokens=facts.kv_tokens,
        quant=facts.quant,
        thinks=facts.thinks,
        loaded=facts.loaded,
        on_gpu=facts.on_gpu,
    )


async def _placed(
    client: httpx.AsyncClient, backend: Backend, answer: Answer, api_key: str | None
) -> Backend:
    """With the hardware, and for an embedded engine what only that can tell."""
    if answer.headers.get(SIMULATED_HEADER) != "1":
        return msgspec.structs.replace(backend, hardware=await hardware_of(backend.url))
    told = await fetch(client, f"{backend.url}/simulated", api_key=api_key)
    more = (decoded(told, _Simulated) if isinstance(told, Answer) else None) or _Simulated()
    return msgspec.structs.replace(
        backend,
        simulated=True,
        hardware=f"simulated:{urlsplit(backend.url).netloc}",
        gpu=more.gpu.name,
        seats=more.seats or backend.seats,
        context_tokens=more.context_tokens or backend.context_tokens,
        kv_tokens=more.kv_tokens or backend.kv_tokens,
        quant=more.quant or backend.quant,
    )


def _said(answer: Answer) -> str:
    """The server's own words, in front of a closing bracket or a semicolon."""
    words = one_line(text(answer), 120)
    return f", {words!r}" if words else ""
