"""Streams, whole answers, metrics and model lists have the shapes of the captured ones."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace

import httpx
import pytest

from burstview_engines.simulator.server.body import Ask
from burstview_engines.simulator.server.faults import Faults
from burstview_engines.simulator.server.ollama_library import MAX_QUEUE
from burstview_engines.simulator.server.stream import Whole
from tests.simulator.server.wire import CAPTURES, SPECS, capture, events, serving, shape, shapes

CHAT, TEXT = "/v1/chat/completions", "/v1/completions"
NAMES = {"vllm": "Qwen/Qwen3-0.6B", "ollama": "qwen3:0.6b", "llamacpp": "any"}
USAGE = {"stream": True, "stream_options": {"include_usage": True}, "stop": "."}
THINKING: dict[str, dict[str, object]] = {
    "vllm": {"chat_template_kwargs": {"enable_thinking": True}},
    "ollama": {"reasoning_effort": "high"},
    "llamacpp": {"chat_template_kwargs": {"enable_thinking": True}},
}
REASONING = {"vllm": "reasoning", "ollama": "reasoning", "llamacpp": "reasoning_content"}


def chat(engine: str, **fields: object) -> dict[str, object]:
    messages = [{"role": "user", "content": "b1-02: hello"}]
    return {"model": NAMES[engine], "messages": messages, **fields}


def deltas(body: str) -> list[dict[str, object]]:
    return [
        event["choices"][0]["delta"]
        for event in events(body)
        if isinstance(event, dict) and event["choices"]
    ]


@pytest.mark.parametrize("engine", SPECS)
@pytest.mark.parametrize(
    ("name", "path", "fields"),
    [
        ("stream_full_usage", CHAT, USAGE),
        ("stream_full", CHAT, {"stream": True, "max_tokens": 200, "stop": "."}),
        ("completions_stream", TEXT, {"stream": True, "max_tokens": 60}),
    ],
)
async def test_a_stream_has_the_real_ones_events(
    engine: str, name: str, path: str, fields: dict[str, object]
) -> None:
    """Role rule, text, finish, usage, timings and [DONE] come in the captured order and shape."""
    _, headers, text = capture(engine, name)
    asked = chat(engine, **fields) if path == CHAT else {"model": NAMES[engine], "prompt": "hello"}
    async with serving(SPECS[engine]) as (client, _):
        answer = await client.post(path, json=asked | fields)
    assert shapes(answer.text) == shapes(text)
    assert answer.headers["content-type"] == headers["content-type"]
    assert answer.headers["transfer-encoding"] == "chunked"


@pytest.mark.parametrize("engine", SPECS)
async def test_a_whole_answer_has_the_real_ones_shape(engine: str) -> None:
    """The same keys at every level, and the real headers."""
    _, headers, text = capture(engine, "nonstream")
    async with serving(SPECS[engine]) as (client, _):
        answer = await client.post(CHAT, json=chat(engine, max_tokens=5))
    assert shape(answer.json()) == shape(json.loads(text))
    assert answer.headers["content-type"] == headers["content-type"]
    assert answer.headers.get("server") == headers.get("server")


@pytest.mark.parametrize(("engine", "content"), [("vllm", ""), ("llamacpp", None)])
async def test_the_role_comes_with_an_empty_content(engine: str, content: str | None) -> None:
    """An empty text for vLLM, null for llama.cpp; no token yet."""
    async with serving(SPECS[engine]) as (client, _):
        answer = await client.post(CHAT, json=chat(engine, stream=True, max_tokens=2))
    assert deltas(answer.text)[0] == {"role": "assistant", "content": content}


async def test_ignore_eos_reaches_the_asked_length_where_the_engine_can() -> None:
    """A stop string ends the text, the end of the text does not."""
    asked = chat("vllm", max_tokens=60, ignore_eos=True)
    async with serving(SPECS["vllm"]) as (client, _):
        whole = (await client.post(CHAT, json=asked)).json()
        stopped = (await client.post(CHAT, json=asked | {"stop": ["."]})).json()
    assert whole["choices"][0]["finish_reason"] == "length"
    assert whole["usage"]["completion_tokens"] == 60
    assert stopped["choices"][0]["finish_reason"] == "stop"
    assert stopped["usage"]["completion_tokens"] < 60


async def test_the_same_prompt_gets_the_same_text_and_another_number_another() -> None:
    """Answers are prepared: they depend on the prompt's number alone."""
    async with serving(SPECS["vllm"]) as (client, _):
        texts = []
        for prompt in ("b1-01: one", "b2-01: other words", "b1-02: one"):
            asked = chat("vllm", max_tokens=9) | {"messages": [{"role": "user", "content": prompt}]}
            answer = await client.post(CHAT, json=asked)
            texts.append(answer.json()["choices"][0]["message"]["content"])
    assert texts[0] == texts[1] != texts[2]


@pytest.mark.parametrize("engine", SPECS)
async def test_thinking_comes_first_and_only_when_asked(engine: str) -> None:
    """A third of the tokens goes out as reasoning, under the engine's own key."""
    asked = chat(engine, stream=True, max_tokens=9)
    async with serving(SPECS[engine]) as (client, _):
        plain = deltas((await client.post(CHAT, json=asked)).text)
        thinking = deltas((await client.post(CHAT, json=asked | THINKING[engine])).text)
    key = REASONING[engine]
    assert not any(key in delta for delta in plain)
    reasons = [place for place, delta in enumerate(thinking) if delta.get(key)]
    answers = [place for place, delta in enumerate(thinking) if delta.get("content")]
    assert reasons
    assert max(reasons) < min(answers)


async def test_a_thinking_chunk_of_ollama_has_an_empty_content_beside_it() -> None:
    """As captured: role, an empty content and the reasoning in one delta."""
    text = (CAPTURES / "ollama" / "stream_reasoning.txt").read_text()
    asked = chat("ollama", stream=True, max_tokens=9, reasoning_effort="high")
    async with serving(SPECS["ollama"]) as (client, _):
        answer = await client.post(CHAT, json=asked)
    assert shapes(answer.text)[:2] == shapes(text)[:2]


@pytest.mark.parametrize(
    ("name", "path"), [("native_chat", "/api/chat"), ("native_generate", "/api/generate")]
)
async def test_ollamas_own_lines_have_the_real_shape(name: str, path: str) -> None:
    """One object a token, then one with counts and nanoseconds."""
    _, headers, text = capture("ollama", name)
    asked = chat("ollama", options={"num_predict": 3}) | {"prompt": "hello"}
    async with serving(SPECS["ollama"]) as (client, _):
        answer = await client.post(path, json=asked)
    ours = [shape(json.loads(line)) for line in answer.text.splitlines()]
    real = [shape(json.loads(line)) for line in text.splitlines()]
    if isinstance(real[-1], dict):
        real[-1].pop("context", None)
    assert ours == [real[0]] * 3 + [real[-1]]
    assert answer.headers["content-type"] == headers["content-type"]


@pytest.mark.parametrize(
    ("engine", "name", "path"),
    [
        ("vllm", "models", "/v1/models"),
        ("ollama", "models", "/v1/models"),
        ("ollama", "tags", "/api/tags"),
        ("ollama", "ps_loaded", "/api/ps"),
    ],
)
async def test_a_list_has_the_real_ones_keys(engine: str, name: str, path: str) -> None:
    """What clients read to recognise an engine and its model."""
    _, headers, text = capture(engine, name)
    async with serving(SPECS[engine]) as (client, _):
        answer = await client.get(path)
    assert shape(answer.json()) == shape(json.loads(text))
    assert answer.headers["content-type"] == headers["content-type"]


@pytest.mark.parametrize(
    ("name", "path"), [("models", "/v1/models"), ("props", "/props"), ("slots", "/slots")]
)
async def test_llamacpp_tells_a_part_of_the_real_facts(name: str, path: str) -> None:
    """Every key that is told is a key of the real answer."""
    real = json.loads(capture("llamacpp", name)[2])
    async with serving(SPECS["llamacpp"]) as (client, _):
        ours = (await client.get(path)).json()
    assert _keys(ours) <= _keys(real)


@pytest.mark.parametrize("engine", ["vllm", "llamacpp"])
async def test_metrics_are_a_part_of_the_real_ones(engine: str) -> None:
    """Names, kinds and labels are the captured ones."""
    if engine == "vllm":
        path = CAPTURES / "vllm" / "metrics_seqs128_during.txt.gz"
        real = gzip.decompress(path.read_bytes()).decode()
    else:
        real = capture("llamacpp", "metrics")[2]
    async with serving(SPECS[engine]) as (client, _):
        await client.post(CHAT, json=chat(engine, max_tokens=3))
        ours = (await client.get("/metrics")).text
    assert _series(ours) <= _series(real)
    assert _kinds(ours) <= _kinds(real)


async def test_ollama_lists_a_model_in_memory_once_it_is_loaded() -> None:
    """With a cold start that is after the first answer."""
    async with serving(replace(SPECS["ollama"], cold=0.02)) as (client, _):
        assert (await client.get("/api/ps")).json() == {"models": []}
        await client.post(CHAT, json=chat("ollama", max_tokens=1))
        assert len((await client.get("/api/ps")).json()["models"]) == 1


async def test_ollama_refuses_when_its_queue_is_full_while_loading() -> None:
    """One request loads, 512 wait, the others get 503; afterwards all are welcome."""
    asked = chat("ollama", max_tokens=1)
    async with serving(replace(SPECS["ollama"], cold=0.3)) as (client, served):
        one = served.answer(Ask("", 1, 1, stream=False, usage=False))
        for _ in range(MAX_QUEUE + 1):
            served.driver.submit(1, one.tokens, Whole())
        answer = await client.post(CHAT, json=asked)
    words = "server busy, please try again.  maximum pending requests exceeded"
    assert (answer.status_code, answer.json()["error"]["message"]) == (503, words)


async def test_a_pull_goes_on_in_lines_and_the_model_can_be_asked_afterwards() -> None:
    """The statuses of a real pull, in their order; then the new model answers."""
    async with serving(SPECS["ollama"]) as (client, _):
        answer = await client.post("/api/pull", json={"model": "llama3.2:1b"})
        lines = [json.loads(line) for line in answer.text.splitlines()]
        asked = chat("ollama", max_tokens=2) | {"model": "llama3.2:1b"}
        said = await client.post(CHAT, json=asked)
    statuses = list(dict.fromkeys(line["status"] for line in lines))
    assert [statuses[0], *statuses[2:]] == [
        "pulling manifest",
        "verifying sha256 digest",
        "writing manifest",
        "success",
    ]
    assert max(line.get("completed", 0) for line in lines) == lines[1]["total"]
    assert said.json()["usage"]["completion_tokens"] == 2


async def test_a_pull_of_an_unknown_model_ends_in_an_error_line() -> None:
    """Under status 200, as captured."""
    async with serving(SPECS["ollama"]) as (client, _):
        answer = await client.post("/api/pull", json={"model": "nope:1b"})
    assert answer.status_code == 200
    assert answer.text.splitlines()[-1] == '{"error":"pull model manifest: file does not exist"}'


@pytest.mark.parametrize(("engine", "done"), [("vllm", True), ("llamacpp", False)])
async def test_an_error_can_be_asked_for_under_status_200(engine: str, done: bool) -> None:
    """vLLM says [DONE] behind it, llama.cpp does not."""
    async with serving(SPECS[engine], Faults(error_after_tokens=2)) as (client, _):
        answer = await client.post(CHAT, json=chat(engine, stream=True, max_tokens=9))
    told = events(answer.text)
    assert ("[DONE]" in told) is done
    assert any(isinstance(event, dict) and "error" in event for event in told)


async def test_a_stream_can_be_cut() -> None:
    """The client sees its connection end in the middle."""
    async with serving(SPECS["vllm"], Faults(die_after_tokens=2)) as (client, _):
        with pytest.raises(httpx.RemoteProtocolError):
            await client.post(CHAT, json=chat("vllm", stream=True, max_tokens=9))


async def test_every_request_can_be_refused() -> None:
    """With the status that was asked for."""
    async with serving(SPECS["vllm"], Faults(refuse=503)) as (client, _):
        answer = await client.post(CHAT, json=chat("vllm"))
        assert answer.status_code == 503
        assert (await client.get("/v1/models")).status_code == 200


def _keys(value: object) -> set[str]:
    match value:
        case dict():
            return set(value).union(*map(_keys, value.values()))
        case list():
            return set().union(*map(_keys, value))
        case _:
            return set()


def _series(text: str) -> set[tuple[str, frozenset[str]]]:
    rows = (line.rpartition(" ")[0] for line in text.splitlines() if not line.startswith("#"))
    return {
        (name, frozenset(pair.partition("=")[0] for pair in labels.rstrip("}").split('",') if pair))
        for name, _, labels in (row.partition("{") for row in rows)
        if not name.endswith("cache_config_info")
    }


def _kinds(text: str) -> set[str]:
    return {line for line in text.splitlines() if line.startswith("# TYPE")}
