"""What is sent, and to whom."""

from __future__ import annotations

import msgspec
import pytest

from burstview_engines.burst.bodies import path, prompt_text, request_body, temperature
from burstview_engines.burst.prompts import fewest_words
from burstview_engines.core.backend import Backend, Engine
from burstview_engines.core.plan import BurstPlan, Phase

COMMON = {"messages", "model", "max_tokens", "stream", "stream_options"}
LOUD = BurstPlan(max_tokens=7, thinking="off", equal_lengths=True)


class Message(msgspec.Struct):
    role: str
    content: str


class Body(msgspec.Struct):
    messages: list[Message]
    max_tokens: int
    stream: bool
    model: str | None = None
    stream_options: dict[str, bool] | None = None
    temperature: float | None = None
    ignore_eos: bool | None = None
    min_tokens: int | None = None
    reasoning_effort: str | None = None
    chat_template_kwargs: dict[str, bool] | None = None


def server(engine: Engine, *, thinks: bool | None = None, url: str = "http://h:1") -> Backend:
    """A server of some family."""
    return Backend(key="k", name="n", engine=engine, place="url", url=url, model="m", thinks=thinks)


def sent(backend: Backend, plan: BurstPlan) -> Body:
    """The body of the burst's first request; an unknown field is an error."""
    data = request_body(backend, plan, "burst", 1)
    assert set(msgspec.json.decode(data, type=dict[str, msgspec.Raw])) <= set(
        Body.__struct_fields__
    )
    return msgspec.json.decode(data, type=Body)


def fields(backend: Backend, plan: BurstPlan) -> set[str]:
    """Names in the body."""
    data = request_body(backend, plan, "burst", 1)
    return set(msgspec.json.decode(data, type=dict[str, msgspec.Raw]))


def test_an_unknown_server_gets_the_common_fields_only() -> None:
    """Strict servers refuse what they do not know, so nothing is risked."""
    assert fields(server("openai"), LOUD) == COMMON
    body = sent(server("openai"), LOUD)
    assert (body.max_tokens, body.stream, body.stream_options) == (7, True, {"include_usage": True})
    assert [message.role for message in body.messages] == ["user"]


def test_a_whole_answer_is_asked_for_without_stream_options() -> None:
    """vLLM answers 400 to stream options without a stream."""
    plan = BurstPlan(stream=False, equal_lengths=False)
    assert fields(server("vllm"), plan) == COMMON - {"stream_options"}
    assert sent(server("vllm"), plan).stream is False


def test_no_model_is_sent_when_none_is_known() -> None:
    """vLLM and llama.cpp then take theirs."""
    backend = msgspec.structs.replace(server("vllm"), model=None)
    assert "model" not in fields(backend, LOUD)


@pytest.mark.parametrize("engine", ["vllm", "sglang"])
def test_equal_lengths_are_asked_of_engines_that_can(engine: Engine) -> None:
    """`min_tokens` is never above `max_tokens`: that is a 400."""
    body = sent(server(engine), LOUD)
    assert (body.ignore_eos, body.min_tokens) == (True, 7)
    free = sent(server(engine), BurstPlan(equal_lengths=False))
    assert (free.ignore_eos, free.min_tokens) == (None, None)


def test_llama_cpp_knows_no_min_tokens() -> None:
    """`ignore_eos` alone."""
    body = sent(server("llamacpp"), LOUD)
    assert (body.ignore_eos, body.min_tokens) == (True, None)


def test_ollama_cannot_be_asked_for_lengths() -> None:
    """Its fields are few."""
    assert fields(server("ollama"), LOUD) == COMMON | {"reasoning_effort"}


@pytest.mark.parametrize("engine", ["vllm", "sglang", "llamacpp"])
def test_thinking_is_a_template_switch(engine: Engine) -> None:
    """A boolean: llama.cpp refuses a text. As-is sends nothing."""
    for thinking, expected in (("on", True), ("off", False)):
        plan = msgspec.structs.replace(LOUD, thinking=thinking)
        assert sent(server(engine), plan).chat_template_kwargs == {"enable_thinking": expected}
    assert sent(server(engine), BurstPlan()).chat_template_kwargs is None


@pytest.mark.parametrize(
    ("thinking", "thinks", "effort"),
    [
        ("off", None, "none"),
        ("off", False, "none"),
        ("on", True, "medium"),
        ("on", False, None),
        ("on", None, None),
        ("as-is", True, None),
    ],
)
def test_ollama_is_asked_to_think_only_where_it_can(
    thinking: str, thinks: bool | None, effort: str | None
) -> None:
    """Any effort but "none" is a 400 for a model that does not think."""
    plan = msgspec.convert({"thinking": thinking}, BurstPlan)
    assert sent(server("ollama", thinks=thinks), plan).reasoning_effort == effort


def test_temperature_is_sent_only_if_chosen() -> None:
    """And never 0 to Ollama, whose repeat guard would cut the answers."""
    assert sent(server("vllm"), BurstPlan()).temperature is None
    assert sent(server("vllm"), BurstPlan(temperature=0.0)).temperature == 0.0
    assert sent(server("ollama"), BurstPlan()).temperature is None
    assert sent(server("ollama"), BurstPlan(temperature=0.0)).temperature == 0.1
    assert temperature(server("ollama"), BurstPlan(temperature=0.7)) == 0.7


@pytest.mark.parametrize(
    ("phase", "number", "begin"),
    [("burst", 7, "b3-07: "), ("warm_up", 7, "w3-07: "), ("alone", 1, "a3-01: ")],
)
def test_prompts_begin_with_their_tag(phase: Phase, number: int, begin: str) -> None:
    """Phase, burst and number, as wide as the largest number of the burst."""
    plan = BurstPlan(tag="b3", concurrency=16)
    assert prompt_text(plan, phase, number).startswith(begin)
    assert prompt_text(BurstPlan(tag="b3", concurrency=1024), phase, number)[3:7] == f"{number:04d}"


def test_no_two_prompts_share_a_beginning() -> None:
    """Over phases and requests, padded or not."""
    for plan in (BurstPlan(concurrency=64), BurstPlan(concurrency=64, prompt_tokens=500)):
        phases: tuple[Phase, ...] = ("warm_up", "alone", "burst")
        begins = {prompt_text(plan, phase, n)[:8] for phase in phases for n in range(1, 65)}
        assert len(begins) == 3 * 64


def test_the_number_is_filled_in_and_braces_stay() -> None:
    """Own text may be JSON."""
    plan = BurstPlan(prompt='{"n": {i}, "x": {}}', concurrency=9)
    assert prompt_text(plan, "burst", 4) == 'b1-4: {"n": 4, "x": {}}'


def test_prompts_of_a_file_are_taken_in_turn() -> None:
    """The fourth request of three prompts begins again."""
    plan = BurstPlan(prompts=("one", "two", "three"), concurrency=4)
    texts = [prompt_text(plan, "burst", n).partition(": ")[2] for n in range(1, 5)]
    assert texts == ["one", "two", "three", "one"]


@pytest.mark.parametrize("tokens", [100, 1000, 8000])
def test_padding_reaches_about_the_tokens(tokens: int) -> None:
    """Within a tenth by words, each of which is a token; the text comes last."""
    text = prompt_text(BurstPlan(prompt_tokens=tokens), "burst", 3)
    assert abs(len(text.split()) - tokens) <= max(0.1 * tokens, 20)
    assert text.endswith(BurstPlan().prompt)


def test_a_longer_text_is_not_cut() -> None:
    """Padding adds only."""
    plan = BurstPlan(prompt="word " * 300, prompt_tokens=20)
    assert fewest_words(plan) == 301


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://h:1", "/v1/chat/completions"),
        ("https://h/llm/a", "/llm/a/v1/chat/completions"),
    ],
)
def test_a_prefix_stays_in_the_path(url: str, expected: str) -> None:
    """Gateways serve many engines under one host."""
    assert path(server("vllm", url=url), BurstPlan()) == expected
