"""The routes of a simulated Ollama about models: what is on disk, what is loaded, show, delete."""

from __future__ import annotations

from aiohttp import web

from burstview_engines.simulator.presets import Model
from burstview_engines.simulator.server.body import json_response
from burstview_engines.simulator.server.ollama_ask import JSON_TYPE, read_body, refusal
from burstview_engines.simulator.server.ollama_library import LIBRARY, Library
from burstview_engines.simulator.server.ollama_native import stamp
from burstview_engines.simulator.server.served import THINKING_MODELS


def parameters(model: Model) -> int:
    """All weights, an embedding table of its own included."""
    return model.layer_parameters + model.head_parameters * (1 if model.tied else 2)


def capabilities(model: Model) -> list[str]:
    """What clients look at before they ask a model to think."""
    thinks = model.name.startswith(THINKING_MODELS)
    return ["completion", "thinking"] if thinks else ["completion"]


def _family(model: Model) -> str:
    return model.name.partition("-")[0].rstrip(".0123456789") + (
        "3" if model.name.startswith(THINKING_MODELS) else ""
    )


def _details(library: Library, name: str) -> dict[str, object]:
    model = library.model(name)
    family = _family(model)
    return {
        "parent_model": "",
        "format": "gguf",
        "family": family,
        "families": [family],
        "parameter_size": f"{parameters(model) / 1e9:.1f}B",
        "quantization_level": library.quant_label(name),
    }


async def tags(request: web.Request) -> web.Response:
    """GET /api/tags."""
    library = request.app[LIBRARY]
    listed = []
    for name in library.names:
        model = library.model(name)
        more = {"context_length": model.context_tokens, "embedding_length": model.hidden}
        listed.append(
            {
                "name": name,
                "model": name,
                "modified_at": stamp(library.modified_at(name)),
                "size": library.size(name),
                "digest": library.digest(name),
                "details": {**_details(library, name), **more},
                "capabilities": capabilities(model),
            }
        )
    return json_response({"models": listed}, content_type=JSON_TYPE)


async def ps(request: web.Request) -> web.Response:
    """GET /api/ps: the models in memory, none before the first request."""
    library = request.app[LIBRARY]
    listed = [
        {
            "name": runner.model,
            "model": runner.model,
            "size": runner.capacity.used_bytes,
            "digest": library.digest(runner.model),
            "details": _details(library, runner.model),
            "expires_at": stamp(library.expires_at(runner)),
            "size_vram": library.gpu_bytes(runner),
            "context_length": runner.context_tokens,
        }
        for runner in library.loaded()
    ]
    return json_response({"models": listed}, content_type=JSON_TYPE)


async def show(request: web.Request) -> web.Response:
    """POST /api/show."""
    library = request.app[LIBRARY]
    body = await read_body(request, native=True)
    name = str(body.get("model") or body.get("name") or "")
    if name not in library.names:
        raise refusal(404, f"model '{name}' not found", native=True)
    model = library.model(name)
    family = _family(model)
    shape = {
        "general.architecture": family,
        "general.parameter_count": parameters(model),
        f"{family}.attention.head_count": model.heads,
        f"{family}.attention.head_count_kv": model.kv_heads,
        f"{family}.attention.key_length": model.head_dim,
        f"{family}.block_count": model.layers,
        f"{family}.context_length": model.context_tokens,
        f"{family}.embedding_length": model.hidden,
        f"{family}.feed_forward_length": model.ffn,
    }
    shown = {
        "modelfile": f"# A simulated model: there is no file.\nFROM {name}\n",
        "details": _details(library, name),
        "model_info": shape,
        "capabilities": capabilities(model),
        "modified_at": stamp(library.modified_at(name)),
    }
    return json_response(shown, content_type=JSON_TYPE)


async def delete(request: web.Request) -> web.Response:
    """DELETE /api/delete: only what was pulled; the model it was started with stays."""
    body = await read_body(request, native=True)
    request.app[LIBRARY].remove(str(body.get("model") or body.get("name") or ""))
    return web.Response()


def add_routes(app: web.Application) -> None:
    """The paths about models, but the pull."""
    app.router.add_get("/api/tags", tags)
    app.router.add_get("/api/ps", ps)
    app.router.add_post("/api/show", show)
    app.router.add_delete("/api/delete", delete)
