"""Prepared answers: which text, how long, how it ends."""

from __future__ import annotations

from itertools import groupby, pairwise

import pytest

from burstview_engines.simulator.server.answer import Story, count_tokens, cut, request_number
from burstview_engines.simulator.server.served import serve
from burstview_engines.simulator.spec import EngineSpec, SimulatedEngine

ENGINES: tuple[SimulatedEngine, ...] = ("vllm", "ollama", "llamacpp")


def story(engine: SimulatedEngine) -> Story:
    return serve(EngineSpec(engine=engine)).story


@pytest.mark.parametrize("engine", ENGINES)
def test_a_whole_text_has_more_than_1024_tokens_and_then_stops(engine: SimulatedEngine) -> None:
    """So a burst of 1,024 tokens is never cut short by the end of the text."""
    answer = story(engine).answer("b1-01: x", limit=10_000)
    assert answer.finish_reason == "stop"
    assert answer.tokens > 1024
    assert answer.texts[-1] == ""
    assert all(answer.texts[:-1])


@pytest.mark.parametrize("engine", ENGINES)
def test_no_figure_is_left_out_and_no_token_repeats(engine: SimulatedEngine) -> None:
    """Every placeholder is filled; a repeated token would end a real Ollama's stream."""
    texts = story(engine).answer("b1-01: x", limit=10_000).texts
    assert "{" not in "".join(texts)
    assert max(len(list(run)) for _, run in groupby(texts)) < 4


def test_the_limit_cuts() -> None:
    """`length`, and exactly so many tokens."""
    answer = story("vllm").answer("b1-01: x", limit=7)
    assert (answer.finish_reason, answer.tokens) == ("length", 7)


def test_endless_answers_have_the_asked_length() -> None:
    """The text begins again when it has ended."""
    answer = story("vllm").answer("b1-01: x", limit=3000, endless=True)
    assert (answer.finish_reason, answer.tokens) == ("length", 3000)
    assert all(answer.texts)


def test_a_third_of_a_thinking_answer_is_reasoning() -> None:
    """Counted in tokens, whatever the length."""
    answer = story("vllm").answer("b1-01: x", limit=90, thinking=True)
    assert (len(answer.thinking), len(answer.texts)) == (30, 60)


def test_neighbours_in_a_burst_get_different_texts() -> None:
    """The number in the tag turns the paragraphs."""
    told = story("ollama")
    texts = [told.answer(f"b4-{n:02d}: x", limit=20).texts for n in range(1, 9)]
    assert all(one != other for one, other in pairwise(texts))


def test_a_stop_string_ends_the_text_before_it() -> None:
    """As with a real engine the string itself is not sent."""
    answer = story("vllm").answer("b1-00: x", limit=500, stops=("vLLM", "never said"))
    assert answer.finish_reason == "stop"
    assert "vLLM" not in "".join(answer.texts)


@pytest.mark.parametrize(("prompt", "number"), [("b3-07: hi", 7), ("warm-1: hi", 1), ("12: x", 12)])
def test_the_number_is_read_from_the_tag(prompt: str, number: int) -> None:
    """Any word that ends in a number and a colon is a tag."""
    assert request_number(prompt) == number


def test_a_prompt_without_a_number_decides_for_itself() -> None:
    """The same prompt always gets the same text."""
    assert request_number("hello: 12") == request_number("hello: 12") != request_number("bye")


def test_pieces_join_to_the_text() -> None:
    """Nothing is lost in the cutting, whatever the script."""
    text = "Grüße — naïve café, 日本語!\n\n  two  spaces\tand a tab."
    assert "".join(cut(text)) == text


@pytest.mark.parametrize(("text", "tokens"), [("", 1), ("a", 1), ("abcd", 1), ("abcde", 2)])
def test_four_characters_are_a_token(text: str, tokens: int) -> None:
    """Rounded up, at least one."""
    assert count_tokens(text) == tokens
