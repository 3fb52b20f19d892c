"""The profiles agree with themselves and with what the rest of the program counts on."""

from __future__ import annotations

from pathlib import Path

import pytest

from burstview_engines.fleet.links import SEATS
from burstview_engines.launch.error import LaunchError
from burstview_engines.launch.option import Option, OptionError
from burstview_engines.launch.profile import LaunchProfile
from burstview_engines.launch.registry import LAUNCH, profile_of
from burstview_engines.launch.words import arguments, handed_over, variables

PAGE = Path(__file__).parents[2] / "docs" / "launching.md"
PROFILES = tuple(LAUNCH.values())
OPTIONS = tuple(
    pytest.param(option, id=f"{profile.engine}-{option.name}")
    for profile in PROFILES
    for option in profile.options
)


@pytest.mark.parametrize("option", OPTIONS)
def test_an_option_says_what_it_is_and_how_it_travels(option: Option) -> None:
    assert option.meaning
    assert option.default
    assert option.source
    assert option.flag or option.env
    assert (option.kind == "choice") == bool(option.choices)
    assert option.ours is None or option.check(option.ours) == option.ours


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.engine)
def test_names_flags_and_variables_are_used_once(profile: LaunchProfile) -> None:
    for words in (
        [option.name for option in profile.options],
        [option.env for option in profile.options if option.env],
        [f for o in profile.options for f in (o.flag, o.off_flag, *o.aliases) if f],
    ):
        assert len(words) == len(set(words))
    assert all(o.times is None or profile.option(o.times) for o in profile.options)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.engine)
def test_the_image_is_pinned(profile: LaunchProfile) -> None:
    assert profile.tag != "latest"
    assert any(character.isdigit() for character in profile.tag)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.engine)
def test_the_seats_are_an_option(profile: LaunchProfile) -> None:
    assert profile.option(SEATS[profile.engine]) is not None


def test_a_family_that_nobody_can_start_is_refused() -> None:
    with pytest.raises(LaunchError, match="choose one of ollama, vllm, llamacpp, sglang"):
        profile_of("openai")


def test_llamacpp_is_told_the_context_of_all_slots() -> None:
    told = handed_over(LAUNCH["llamacpp"], {"parallel": "8", "context": "4096"})

    assert (told["parallel"], told["context"]) == ("8", "32768")


def test_without_slots_llamacpp_is_told_the_context_as_it_is() -> None:
    assert handed_over(LAUNCH["llamacpp"], {"context": "4096"})["context"] == "4096"


def test_gauges_are_on_unless_they_were_turned_off() -> None:
    assert arguments(LAUNCH["llamacpp"], {}) == ("--metrics",)
    assert arguments(LAUNCH["sglang"], {}) == ("--enable-metrics",)
    assert arguments(LAUNCH["sglang"], {"enable-metrics": "off"}) == ()


def test_a_switch_has_a_flag_for_each_side() -> None:
    vllm = LAUNCH["vllm"]

    assert arguments(vllm, {"prefix-caching": "on"}) == ("--enable-prefix-caching",)
    assert arguments(vllm, {"prefix-caching": "off"}) == ("--no-enable-prefix-caching",)


def test_ollama_is_told_by_variables_alone() -> None:
    options = {"num-parallel": "4", "flash-attention": "on", "keep-alive": "-1"}

    assert arguments(LAUNCH["ollama"], options) == ()
    assert variables(LAUNCH["ollama"], options) == {
        "OLLAMA_NUM_PARALLEL": "4",
        "OLLAMA_FLASH_ATTENTION": "1",
        "OLLAMA_KEEP_ALIVE": "-1",
    }


def test_a_number_may_have_words_too() -> None:
    layers = LAUNCH["llamacpp"].option("gpu-layers")
    assert layers is not None

    assert [layers.check(value) for value in ("auto", "all", "20")] == ["auto", "all", "20"]
    with pytest.raises(OptionError, match="a whole number of at least 0 or auto or all"):
        layers.check("some")


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.engine)
def test_the_page_on_launching_tells_every_option(profile: LaunchProfile) -> None:
    page = PAGE.read_text()
    for option in profile.options:
        row = f"| `{option.name}` | `{option.flag or option.env}`"
        assert row in page
        assert f"| {option.meaning} | {option.default} |" in page
    assert f"{profile.image}:{profile.tag}" in page
