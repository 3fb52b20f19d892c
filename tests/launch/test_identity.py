"""Names, and what makes two starts alike."""

from __future__ import annotations

import msgspec
import pytest

from burstview_engines.launch.error import LaunchError
from burstview_engines.launch.identity import check_name, default_name, spec_hash, volume_name
from tests.launch.specs import spec_of


def test_starts_that_take_equally_long_are_alike() -> None:
    spec = spec_of("vllm", options={"max-num-seqs": "4", "dtype": "auto"}, gpus=("0", "1"))

    for changes in (
        {"name": "other", "port": 9000, "lan": True},
        {"token_file": "/t", "api_key_env": "KEY", "offline": True},
        {"image": "vllm/vllm-openai:v0.33.0"},
        {"gpus": ("1", "0")},
        {"options": {"dtype": "auto", "max-num-seqs": "4"}},
    ):
        assert spec_hash(msgspec.structs.replace(spec, **changes)) == spec_hash(spec)


def test_starts_that_differ_in_time_are_not_alike() -> None:
    spec = spec_of("vllm")
    others = [
        msgspec.structs.replace(spec, **changes)
        for changes in (
            {"model": "Qwen/Qwen3-4B"},
            {"image": "vllm/vllm-openai:v0.32.0"},
            {"options": {"enforce-eager": "on"}},
            {"arguments": ("--enforce-eager",)},
            {"gpus": ("0",)},
            {"place": "process"},
            {"engine": "sglang"},
        )
    ]

    assert len({spec_hash(one) for one in (spec, *others)}) == len(others) + 1


def test_the_hash_is_the_same_in_every_session() -> None:
    assert spec_hash(spec_of("ollama")) == "01e4b9126deccbff"


def test_names_are_told_apart_by_user() -> None:
    assert default_name("ann", "vllm") == "burstview-ann-vllm"
    assert default_name("Ann Müller@corp", "ollama") == "burstview-Ann-M-ller-corp-ollama"
    assert default_name("…", "ollama") == "burstview-user-ollama"
    assert volume_name("ann", "huggingface") == "burstview-ann-huggingface"
    assert check_name(default_name("…", "ollama"))


@pytest.mark.parametrize("name", ["a", "", "-a", "_ab", "a b", "ä1", "a/b", "ab\n"])
def test_names_that_docker_refuses_are_refused(name: str) -> None:
    with pytest.raises(LaunchError, match="no name for an engine"):
        check_name(name)
