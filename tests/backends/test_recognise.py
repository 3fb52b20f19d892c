"""What answers at a URL is recognised from captured answers, over real sockets."""

from __future__ import annotations

import socket
from collections.abc import Mapping

import httpx
import pytest

from burstview_engines.backends.discovery import USUAL_PORTS, discover
from burstview_engines.backends.failure import BackendError, ModelChoiceNeeded, StillLoadingError
from burstview_engines.backends.fetch import MAX_BYTES, ask, control_client
from burstview_engines.backends.recognise import Recognised, recognise, with_model
from burstview_engines.core.backend import Engine
from tests.backends.replayed import (
    LLAMACPP,
    OLLAMA,
    SGLANG,
    VLLM,
    Reply,
    capture,
    listing,
    serving,
)

QWEN = "Qwen/Qwen3-0.6B"


async def look(
    url: str,
    engine: Engine | None = None,
    model: str | None = None,
    api_key: str | None = None,
    *,
    first_model: bool = False,
) -> Recognised:
    """Recognise with a client of its own."""
    async with control_client(url) as client:
        return await recognise(
            client, url, engine=engine, model=model, api_key=api_key, first_model=first_model
        )


async def refusal(replies: Mapping[str, Reply]) -> str:
    """The sentence with which a server is refused."""
    async with serving(replies) as server:
        with pytest.raises(BackendError) as caught:
            await look(server.url)
        return str(caught.value).replace(server.url, "URL")


async def test_vllm_is_recognised() -> None:
    """It tells its version, context and KV capacity, and no seats."""
    async with serving(VLLM) as server:
        backend = (await look(f"{server.url}/v1/")).backend
    assert (backend.engine, backend.name, backend.place) == ("vllm", "vLLM", "url")
    assert (backend.url, backend.key) == (server.url, server.url)
    assert (backend.model, backend.models) == (QWEN, (QWEN,))
    assert (backend.version, backend.context_tokens) == ("0.32.0", 2048)
    assert (backend.kv_tokens, backend.seats, backend.loaded) == (2097152, None, True)
    assert (backend.simulated, backend.hardware) == (False, "host:localhost")


async def test_ollama_is_recognised() -> None:
    """It tells context and quantisation of the loaded model; a short name gets its tag."""
    async with serving(OLLAMA) as server:
        recognised = await look(server.url)
        assert "POST /api/show" in server.seen
    backend = recognised.backend
    assert (backend.engine, backend.model, backend.version) == ("ollama", "qwen3:0.6b", "0.0.0")
    assert (backend.context_tokens, backend.quant) == (4096, "F16")
    assert (backend.loaded, backend.thinks, backend.seats) == (True, False, None)
    assert recognised.warnings == ()


async def test_an_ollama_model_that_is_not_loaded_is_told() -> None:
    """Its quantisation then comes from /api/show, its context is not known."""
    async with serving({**OLLAMA, "/api/ps": capture("ollama/ps_empty.txt")}) as server:
        backend = (await look(server.url)).backend
    assert (backend.loaded, backend.quant, backend.context_tokens) == (False, "F16", None)


async def test_ollama_names_are_latest_unless_tagged() -> None:
    """`m` is `m:latest`."""
    async with serving({**OLLAMA, "/v1/models": listing("m:latest", "n:1b")}) as server:
        recognised = await look(server.url, model="m")
    assert (recognised.backend.model, recognised.warnings) == ("m:latest", ())


async def test_llama_cpp_is_recognised() -> None:
    """It tells slots, the context of one, and the quantisation."""
    async with serving(LLAMACPP) as server:
        backend = (await look(server.url)).backend
    assert (backend.engine, backend.name, backend.model) == ("llamacpp", "llama.cpp", "qwen3:0.6b")
    assert (backend.seats, backend.context_tokens, backend.quant) == (8, 4096, "F16")
    assert backend.thinks is False


@pytest.mark.parametrize(("slots", "seats"), [("np1", 1), ("np8", 8)])
async def test_slots_are_those_of_the_server(slots: str, seats: int) -> None:
    """/props tells them in every capture."""
    props = capture(f"llamacpp/props_{slots}_after.txt")
    body = props[2].split(b"\n", 1)[1] if props[2].startswith(b"#") else props[2]
    async with serving({**LLAMACPP, "/props": (200, props[1], body)}) as server:
        assert (await look(server.url)).backend.seats == seats


async def test_sglang_is_recognised_although_it_speaks_ollama() -> None:
    """/api/tags proves nothing."""
    async with serving(SGLANG) as server:
        backend = (await look(server.url)).backend
    assert (backend.engine, backend.seats, backend.version) == ("sglang", 64, "0.5.23")
    assert (backend.kv_tokens, backend.context_tokens) == (900000, 4096)


async def test_any_other_server_is_plain() -> None:
    """Named by its address; nothing about it is assumed."""
    async with serving({"/v1/models": listing("gpt-x")}) as server:
        backend = (await look(server.url)).backend
    assert (backend.engine, backend.name) == ("openai", server.url.removeprefix("http://"))
    assert (backend.version, backend.loaded, backend.seats) == (None, None, None)


async def test_the_engine_can_be_named() -> None:
    """A proxy may hide it; then the engine's own paths are still asked."""
    models = {"/v1/models": listing(QWEN), "/metrics": VLLM["/metrics"]}
    async with serving(models) as server:
        backend = (await look(server.url, engine="vllm")).backend
    assert (backend.engine, backend.kv_tokens) == ("vllm", 2097152)


async def test_a_prefix_stays_in_the_url() -> None:
    """A gateway serves many engines under one host."""
    replies = {f"/llm/a{path}": reply for path, reply in VLLM.items()}
    async with serving(replies) as server:
        backend = (await look(f"{server.url}/llm/a/v1")).backend
    assert (backend.url, backend.engine) == (f"{server.url}/llm/a", "vllm")


async def test_an_embedded_engine_says_so() -> None:
    """By a header; its simulated GPU is hardware of its own."""
    told = b'{"gpu":{"name":"L4"},"seats":4,"kv_tokens":1000,"quant":"Q4_K_M"}'
    replies = {**VLLM, "/simulated": (200, "application/json", told)}
    async with serving(replies, {"x-simulated": "1"}) as server:
        backend = (await look(server.url)).backend
    assert (backend.simulated, backend.gpu, backend.seats) == (True, "L4", 4)
    assert (backend.kv_tokens, backend.context_tokens, backend.quant) == (1000, 2048, "Q4_K_M")
    assert backend.hardware == f"simulated:{server.url.removeprefix('http://')}"


async def test_a_model_that_is_not_listed_is_a_warning() -> None:
    """llama.cpp takes any name, and a list may be old."""
    async with serving(VLLM) as server:
        recognised = await look(server.url, model="nope")
    assert recognised.backend.model == "nope"
    assert recognised.warnings == (
        f"nope is not among the models that {server.url} lists: {QWEN}.",
    )


async def test_one_of_several_models_must_be_named() -> None:
    """The question carries the list; a discovery takes the first."""
    async with serving({**OLLAMA, "/v1/models": listing("a:1b", "b:2b")}) as server:
        with pytest.raises(ModelChoiceNeeded, match="2 models; name one with --model: a:1b, b:2b"):
            await look(server.url)
        backend = (await look(server.url, first_model=True)).backend
        assert (backend.model, backend.models) == ("a:1b", ("a:1b", "b:2b"))
        async with control_client(server.url) as client:
            assert (await with_model(client, backend, "b:2b")).backend.model == "b:2b"


async def test_an_ollama_without_models_says_how_to_get_one() -> None:
    """It lists null."""
    none = (200, "application/json", b'{"object":"list","data":null}')
    assert await refusal({**OLLAMA, "/v1/models": none}) == (
        "Ollama at URL has no model; pull one with `ollama pull NAME`, or name one with --model."
    )


async def test_a_server_that_lists_nothing_can_be_used_by_name() -> None:
    """When both engine and model are given."""
    async with serving({}) as server:
        recognised = await look(server.url, engine="openai", model="m")
    assert recognised.backend.model == "m"
    assert "does not list its models" in recognised.warnings[0]


async def test_the_key_is_sent_and_asked_for() -> None:
    """In the header only; without it the sentence names the option."""
    async with serving(VLLM) as server:
        await look(server.url, api_key="secret")
        assert server.keys == {"Bearer secret"}
    denied = (401, "application/json", b'{"error":"Unauthorized"}')
    assert "--api-key-env" in await refusal({"/v1/models": denied})


async def test_a_loading_server_is_told_from_a_dead_one() -> None:
    """llama.cpp answers 503 on every path until its model is there."""
    body = b'{"error":{"message":"Loading model","type":"unavailable_error","code":503}}'
    async with serving({"/v1/models": (503, "application/json", body)}) as server:
        with pytest.raises(StillLoadingError, match="Loading model"):
            await look(server.url)


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        ((200, "text/html", b"<html><title>Hi</title></html>"), "no OpenAI-compatible server"),
        ((200, "application/json", b"[]"), "no OpenAI-compatible server"),
        ((200, "application/json", b'{"models":[]}'), "no OpenAI-compatible server"),
        ((404, "text/plain", b"404 page not found"), "answers HTTP 404, '404 page not found'"),
        ((502, "text/html", b"<html>"), "cannot reach its server (HTTP 502); start that server."),
        ((302, "text/html", b""), "redirects to another place; give that URL."),
    ],
)
async def test_something_else_is_refused_in_a_sentence(reply: Reply, words: str) -> None:
    """What listens is no server of ours."""
    assert words in await refusal({"/v1/models": reply})


@pytest.mark.parametrize("name", ["host_foreign", "cors_foreign"])
async def test_ollamas_silent_403_is_explained(name: str) -> None:
    """It refuses host names that it does not know."""
    assert "use 127.0.0.1 in the URL" in await refusal(
        {"/v1/models": capture(f"ollama/{name}.txt")}
    )


async def test_nothing_listening_is_told() -> None:
    """A port that was free a moment ago."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(BackendError, match=r"Nothing listens at .*; start the server"):
            await look(url)


async def test_a_server_that_never_answers_is_told() -> None:
    """The kernel accepts for a program that does not."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        async with control_client(url, timeout=0.2) as client:
            with pytest.raises(BackendError, match="accepts connections but does not answer"):
                await recognise(client, url)


async def test_tls_to_a_plain_server_is_told() -> None:
    """The scheme is wrong."""
    async with serving(VLLM) as server:
        with pytest.raises(BackendError, match=r"No TLS connection to .*http://\."):
            await look(server.url.replace("http://", "https://"))


async def test_a_long_answer_is_read_in_part() -> None:
    """A stream without an end does not fill the memory."""
    replies = {"/x": (200, "text/plain", b"x" * (MAX_BYTES + 5))}
    async with serving(replies) as server, control_client(server.url) as client:
        assert len((await ask(client, f"{server.url}/x")).body) == MAX_BYTES


async def test_loopback_never_goes_through_a_proxy() -> None:
    """Whatever the environment says."""
    async with control_client("http://localhost:1") as here, control_client("http://h:1") as there:
        assert (here.trust_env, there.trust_env) == (False, True)
        assert isinstance(here, httpx.AsyncClient)


async def test_engines_are_discovered_by_their_ports() -> None:
    """Only engines that are known as such, each with its first model."""
    plain = {"/v1/models": listing("x")}
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        async with serving(OLLAMA) as one, serving(plain) as other, serving(VLLM) as two:
            ports = [int(server.url.rpartition(":")[2]) for server in (two, other, one)]
            found = await discover([*ports, deaf.getsockname()[1]], limit=2.0)
    assert [backend.engine for backend in found] == ["vllm", "ollama"]
    assert set(USUAL_PORTS) >= {11434, 8000, 8080, 30000}
