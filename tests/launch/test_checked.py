"""What makes no sense is refused in words, before anything is done."""

from __future__ import annotations

import pytest

from burstview_engines.launch.checked import checked
from burstview_engines.launch.error import LaunchError
from tests.launch.specs import random_specs, spec_of

REFUSED = [
    ("vllm", {"model": None}, "vLLM needs a model; give a Hugging Face id or a folder's path."),
    ("llamacpp", {"model": " "}, "llama.cpp needs a model; give a Hugging Face id or a file's"),
    ("vllm", {"model": "--trust-remote-code"}, "is no model's name"),
    ("vllm", {"model": "a b"}, "is no model's name"),
    ("llamacpp", {"model": "./x.gguf"}, "give the whole path"),
    ("vllm", {"options": {"max-num-seq": "4"}}, "no option max-num-seq; max-num-seqs is near."),
    ("ollama", {"options": {"parallel": "4"}}, "no option parallel; num-parallel is near."),
    ("ollama", {"options": {"zzz": "4"}}, "there are num-parallel, context-length"),
    ("vllm", {"options": {"max-num-seqs": "0"}}, "a whole number of at least 1, not '0'"),
    ("vllm", {"options": {"max-num-seqs": "1.5"}}, "a whole number of at least 1"),
    ("vllm", {"options": {"max-model-len": "-1"}}, "at least 1 or auto, not '-1'"),
    ("vllm", {"options": {"gpu-memory-utilization": "1.2"}}, "a number from 0.01 to 1"),
    ("vllm", {"options": {"gpu-memory-utilization": "nan"}}, "a number from 0.01 to 1"),
    ("vllm", {"options": {"kv-cache-dtype": "fp4"}}, "one of auto, bfloat16"),
    ("ollama", {"options": {"keep-alive": "soon"}}, "a duration like 30m"),
    ("ollama", {"options": {"context-length": "4k"}}, "a whole number of at least 1"),
    ("vllm", {"gpus": ("all", "0")}, "'all' is no GPU, which goes with no other"),
    ("vllm", {"gpus": ("first",)}, "'first' is no GPU; give all, none, numbers like 0,1, or UUIDs"),
    ("vllm", {"gpus": ("0", "0")}, "named twice"),
    ("vllm", {"gpus": ("0",), "options": {"tensor-parallel-size": "2"}}, "needs 2 GPUs, and 1 is"),
    ("sglang", {"gpus": ("0",), "options": {"tp-size": "4"}}, "needs 4 GPUs"),
    ("vllm", {"image": "VLLM:latest:x"}, "is no image"),
    ("vllm", {"image": "--privileged"}, "is no image"),
    ("vllm", {"image": ""}, "is no image"),
    ("vllm", {"port": 0}, "0 is no port"),
    ("vllm", {"port": 70000}, "70000 is no port"),
    ("vllm", {"name": "x"}, "'x' is no name"),
    ("vllm", {"name": "-rm"}, "is no name"),
    ("vllm", {"environment": {"HF_TOKEN": "hf_x"}}, "HF_TOKEN would show a secret"),
    ("vllm", {"environment": {"NOTE": "hf_0123456789abcdefghij"}}, "NOTE would show a secret"),
    ("vllm", {"environment": {"MY_PASSWORD": "x"}}, "give a Hugging Face token as a token file"),
    ("vllm", {"environment": {"A B": "x"}}, "is no variable's name"),
    ("vllm", {"arguments": ("--api-key", "k")}, "--api-key would show a secret"),
    ("vllm", {"arguments": ("--api_key=k",)}, "would show a secret"),
    ("llamacpp", {"arguments": ("--hf-token", "k")}, "--hf-token would show a secret"),
    ("vllm", {"arguments": ("--port", "9000")}, "--port is set by the start"),
    ("vllm", {"arguments": ("--model", "other")}, "choose model instead"),
    ("vllm", {"arguments": ("other",)}, "choose model instead"),
    ("vllm", {"arguments": ("a\nb",)}, "choose model instead|cannot be printed"),
    ("vllm", {"arguments": ("--max-num-seqs", "many")}, "is nothing that max-num-seqs takes"),
    (
        "vllm",
        {"arguments": ("--max-num-seqs", "4"), "options": {"max-num-seqs": "8"}},
        "max-num-seqs is 8 in one place and 4 in arguments",
    ),
    ("ollama", {"arguments": ("--verbose",)}, "Ollama takes no arguments"),
    ("ollama", {"environment": {"OLLAMA_HOST": "0.0.0.0"}}, "choose port and LAN instead"),
    ("ollama", {"environment": {"OLLAMA_NUM_PARALLEL": "x"}}, "nothing that num-parallel takes"),
    ("ollama", {"api_key_env": "KEY"}, "Ollama has no API key; leave it on loopback"),
    ("sglang", {"api_key_env": "KEY"}, "only where everyone on the machine can read it"),
    ("vllm", {"api_key_env": "sk-0123456789abcdefghij"}, "by the name of the variable"),
    ("ollama", {"token_file": "/t"}, "Ollama needs no Hugging Face token"),
    ("llamacpp", {"token_file": "/t"}, "llama.cpp reads no token file; download the model first"),
    ("vllm", {"token_file": "token"}, "is no whole path"),
    ("vllm", {"weights": "~/models"}, "is no whole path"),
]


@pytest.mark.parametrize(("engine", "fields", "words"), REFUSED)
def test_it_is_refused_in_words(engine: str, fields: dict[str, object], words: str) -> None:
    spec = spec_of(engine, **fields)

    with pytest.raises(LaunchError, match=words):
        checked(spec)


@pytest.mark.parametrize(("engine", "fields", "words"), REFUSED)
def test_no_refusal_shows_a_secret(engine: str, fields: dict[str, object], words: str) -> None:
    spec = spec_of(engine, **fields)

    with pytest.raises(LaunchError) as refusal:
        checked(spec)

    assert "0123456789" not in str(refusal.value)
    assert str(refusal.value).endswith(".")


@pytest.mark.parametrize(
    "image",
    [
        "ollama/ollama",
        "vllm/vllm-openai:v0.33.0",
        "ghcr.io/ggml-org/llama.cpp:server-cuda-b10481",
        "localhost:5000/team/vllm-openai:v0.33.0",
        "127.0.0.1:5000/x",
        "vllm/vllm-openai@sha256:" + "a" * 64,
        "sha256:" + "0" * 64,
    ],
)
def test_images_of_all_kinds_are_taken(image: str) -> None:
    assert checked(spec_of("vllm", image=image)).image == image


def test_checking_twice_changes_nothing() -> None:
    for spec in random_specs(200, seed=6):
        assert checked(checked(spec)) == checked(spec)


def test_options_among_the_free_words_become_options() -> None:
    vllm = checked(spec_of("vllm", arguments=("--seed", "1", "--max_num_seqs=4")))
    ollama = checked(spec_of("ollama", environment={"OLLAMA_NUM_PARALLEL": "4", "A": "b"}))
    llamacpp = checked(
        spec_of("llamacpp", arguments=("-c", "32768"), environment={"LLAMA_ARG_N_PARALLEL": "8"})
    )

    assert (vllm.options, vllm.arguments) == ({"max-num-seqs": "4"}, ("--seed", "1"))
    assert (ollama.options, ollama.environment) == ({"num-parallel": "4"}, {"A": "b"})
    assert llamacpp.options == {"parallel": "8", "context": "4096"}


def test_what_is_so_anyway_is_no_choice() -> None:
    spec = checked(spec_of("sglang", options={"enable-metrics": "on", "disable-radix-cache": "no"}))

    assert spec.options == {}


def test_only_the_models_of_a_cache_are_mounted() -> None:
    for given, taken in (
        ("/home/ann/.cache/huggingface/", "/home/ann/.cache/huggingface/hub"),
        ("/home/ann/.cache/huggingface/hub", "/home/ann/.cache/huggingface/hub"),
        ("/srv/models", "/srv/models"),
    ):
        assert checked(spec_of("vllm", weights=given)).weights == taken
    assert checked(spec_of("ollama", weights="/h/.ollama")).weights == "/h/.ollama/models"


def test_the_field_that_is_to_blame_is_named() -> None:
    for fields, field in (
        ({"options": {"max-num-seqs": "0"}}, "option max-num-seqs"),
        ({"gpus": ("x",)}, "gpus"),
        ({"model": None}, "model"),
        ({"name": "-"}, "name"),
    ):
        with pytest.raises(LaunchError) as refusal:
            checked(spec_of("vllm", **fields))
        assert refusal.value.field == field
