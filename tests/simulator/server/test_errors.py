"""Every refusal in the words and with the status of the real engine, as captured."""

from __future__ import annotations

import json

import pytest

from burstview_engines.simulator.spec import EngineSpec
from tests.simulator.server.wire import SPECS, capture, serving

CHAT = "/v1/chat/completions"
HELLO = {"role": "user", "content": "hello"}
IMAGE = {"type": "image_url", "image_url": {"url": "http://x/y.png"}}
PICTURE = {"role": "user", "content": [IMAGE]}
VLLM = {"model": "Qwen/Qwen3-0.6B", "messages": [HELLO]}
OLLAMA = {"model": "qwen3:0.6b", "messages": [HELLO]}
LLAMA = {"messages": [HELLO]}
TOOL = {"type": "function", "function": {"name": "f", "parameters": {}}}


def long(characters: int) -> dict[str, object]:
    return {"messages": [{"role": "user", "content": "x" * characters}]}


POSTS: tuple[tuple[str, str, str, object], ...] = (
    ("vllm", "err_bad_json", CHAT, '{"model":'),
    ("vllm", "err_no_messages", CHAT, {"model": "Qwen/Qwen3-0.6B"}),
    ("vllm", "err_not_object", CHAT, [1, 2]),
    ("vllm", "err_empty_messages", CHAT, VLLM | {"messages": []}),
    ("vllm", "err_unknown_model", CHAT, VLLM | {"model": "nope"}),
    ("vllm", "err_unknown_model_stream", CHAT, VLLM | {"model": "nope", "stream": True}),
    ("vllm", "err_negative_max_tokens", CHAT, VLLM | {"max_tokens": -1}),
    ("vllm", "err_zero_max_tokens", CHAT, VLLM | {"max_tokens": 0}),
    ("vllm", "err_max_tokens_too_big", CHAT, VLLM | {"max_tokens": 999999}),
    ("vllm", "err_string_max_tokens", CHAT, VLLM | {"max_tokens": "many"}),
    ("vllm", "err_context_too_long", CHAT, VLLM | long(36050)),
    ("vllm", "err_temperature", CHAT, VLLM | {"temperature": -1}),
    ("vllm", "err_top_p", CHAT, VLLM | {"top_p": 2.0}),
    ("vllm", "err_image", CHAT, VLLM | {"messages": [PICTURE]}),
    ("vllm", "err_tools_auto", CHAT, VLLM | {"tools": [TOOL]}),
    ("vllm", "err_stream_options_without_stream", CHAT, VLLM | {"stream_options": {}}),
    ("vllm", "err_404", "/v1/nope", {}),
    ("vllm", "err_404_ollama_chat", "/api/chat", {}),
    ("ollama", "err_bad_json", CHAT, '{"model":'),
    ("ollama", "err_bad_json_native", "/api/chat", '{"model":'),
    ("ollama", "err_no_messages", CHAT, {"model": "qwen3:0.6b"}),
    ("ollama", "err_empty_messages", CHAT, OLLAMA | {"messages": []}),
    ("ollama", "err_no_model", CHAT, {"messages": [HELLO]}),
    ("ollama", "err_not_object", CHAT, [1, 2]),
    ("ollama", "err_unknown_model", CHAT, OLLAMA | {"model": "nope:1b"}),
    ("ollama", "err_unknown_model_stream", CHAT, OLLAMA | {"model": "nope:1b", "stream": True}),
    ("ollama", "err_unknown_model_native", "/api/chat", OLLAMA | {"model": "nope:1b"}),
    ("ollama", "err_string_max_tokens", CHAT, OLLAMA | {"max_tokens": "many"}),
    ("ollama", "err_image", CHAT, OLLAMA | {"messages": [PICTURE]}),
    ("ollama", "err_404", "/v1/nope", {}),
    ("llamacpp", "err_bad_json", CHAT, '{"model":'),
    ("llamacpp", "err_no_messages", CHAT, {"model": "any"}),
    ("llamacpp", "err_not_object", CHAT, [1, 2]),
    ("llamacpp", "err_negative_max_tokens", CHAT, LLAMA | {"max_tokens": -5}),
    ("llamacpp", "err_string_max_tokens", CHAT, LLAMA | {"max_tokens": "many"}),
    ("llamacpp", "err_context_too_long", CHAT, long(6013 * 4)),
    ("llamacpp", "err_context_too_long_stream", CHAT, long(6013 * 4) | {"stream": True}),
    ("llamacpp", "err_image", CHAT, {"messages": [PICTURE]}),
    ("llamacpp", "err_404", "/v1/nope", {}),
    ("llamacpp", "api_chat", "/api/chat", {}),
)
GETS = (
    *((engine, "err_get_on_post", CHAT) for engine in SPECS),
    ("vllm", "health", "/health"),
    ("vllm", "ping", "/ping"),
    ("vllm", "version", "/version"),
    ("vllm", "root", "/"),
    ("ollama", "root", "/"),
    ("ollama", "health", "/health"),
    ("ollama", "metrics", "/metrics"),
    ("llamacpp", "health", "/health"),
    ("llamacpp", "root", "/"),
    ("llamacpp", "api_tags", "/api/tags"),
)


@pytest.mark.parametrize(("engine", "name", "path", "body"), POSTS)
async def test_a_refused_post_reads_as_the_real_one(
    engine: str, name: str, path: str, body: object
) -> None:
    """Status, content type and every byte of the body are the captured ones."""
    status, headers, text = capture(engine, name)
    content = body if isinstance(body, str) else json.dumps(body)
    async with serving(SPECS[engine]) as (client, _):
        answer = await client.post(
            path, content=content, headers={"content-type": "application/json"}
        )
    assert (answer.status_code, answer.text.strip()) == (status, text.strip())
    assert answer.headers["content-type"] == headers["content-type"]


@pytest.mark.parametrize(("engine", "name", "path"), GETS)
async def test_a_get_reads_as_the_real_one(engine: str, name: str, path: str) -> None:
    """Wrong methods, unknown paths and the little pages by which engines are told apart."""
    status, headers, text = capture(engine, name)
    async with serving(SPECS[engine]) as (client, _):
        answer = await client.get(path)
    assert (answer.status_code, answer.text.strip()) == (status, text.strip())
    assert answer.headers.get("content-type") == headers.get("content-type")
    assert answer.headers.get("allow") == headers.get("allow")


async def test_vllm_wants_json() -> None:
    """Another content type is refused before the body is looked at."""
    status, _, text = capture("vllm", "err_wrong_content_type")
    async with serving(SPECS["vllm"]) as (client, _):
        answer = await client.post(CHAT, content="{}", headers={"content-type": "text/plain"})
    assert (answer.status_code, answer.text) == (status, text)


async def test_ollama_cuts_a_long_prompt_in_silence() -> None:
    """Status 200, and only the usage tells: 6,009 tokens became the captured 2,050."""
    status, _, text = capture("ollama", "err_context_too_long")
    async with serving(SPECS["ollama"]) as (client, _):
        answer = await client.post(CHAT, json=OLLAMA | long(6009 * 4) | {"max_tokens": 2})
    counted = answer.json()["usage"]["prompt_tokens"]
    assert (answer.status_code, counted) == (status, json.loads(text)["usage"]["prompt_tokens"])


async def test_a_model_that_cannot_think_says_so() -> None:
    """Ollama refuses an effort for a plain model, in its own words."""
    status, _, text = capture("ollama", "err_reasoning_low")
    spec = EngineSpec(engine="ollama", gpu="H200", model="llama-3.2-1b")
    body = {"model": "llama3.2:1b", "messages": [HELLO], "reasoning_effort": "low"}
    async with serving(spec) as (client, _):
        answer = await client.post(CHAT, json=body)
    expected = text.replace("qwen3:0.6b", "llama3.2:1b").strip()
    assert (answer.status_code, answer.text.strip()) == (status, expected)


async def test_a_prompt_just_too_long_for_vllm() -> None:
    """Short enough to be tokenised, it is refused by tokens."""
    async with serving(SPECS["vllm"]) as (client, _):
        answer = await client.post(CHAT, json=VLLM | long(2048 * 4))
    error = answer.json()["error"]
    assert (answer.status_code, error["param"]) == (400, "input_tokens")
    assert "at least 2049 input tokens" in error["message"]
