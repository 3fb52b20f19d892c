"""The command of a local process."""

from __future__ import annotations

import pytest

from burstview_engines.launch.error import LaunchError
from burstview_engines.launch.process import process_plan
from burstview_engines.launch.spec import ProcessPlan
from tests.launch.specs import spec_of


def plan_of(engine: str, **fields: object) -> ProcessPlan:
    """At port 8123."""
    return process_plan(spec_of(engine, place="process", **fields), name="mine", port=8123)


def test_ollama_listens_where_a_variable_says() -> None:
    plan = plan_of("ollama", options={"num-parallel": "4"})

    assert plan.argv == ("ollama", "serve")
    assert plan.environment["OLLAMA_HOST"] == "127.0.0.1:8123"
    assert plan.environment["OLLAMA_NUM_PARALLEL"] == "4"
    assert plan.url == "http://127.0.0.1:8123"


def test_vllm_takes_its_model_first() -> None:
    plan = plan_of("vllm", options={"enforce-eager": "on"})

    assert plan.argv == (
        *("vllm", "serve", "Qwen/Qwen3-0.6B"),
        *("--host", "127.0.0.1", "--port", "8123", "--enforce-eager"),
    )


@pytest.mark.parametrize(
    ("model", "words"),
    [("./tiny.gguf", ("-m", "./tiny.gguf")), ("a/b:Q8_0", ("-hf", "a/b:Q8_0"))],
)
def test_llamacpp_takes_a_file_or_a_repository(model: str, words: tuple[str, ...]) -> None:
    plan = plan_of("llamacpp", model=model)

    assert plan.argv == (
        *("llama-server", *words),
        *("--host", "127.0.0.1", "--port", "8123", "--metrics"),
    )


def test_sglang_is_a_module_of_python() -> None:
    assert plan_of("sglang").argv[:5] == (
        *("python3", "-m", "sglang.launch_server"),
        *("--model-path", "Qwen/Qwen3-0.6B"),
    )


@pytest.mark.parametrize(
    ("gpus", "visible"),
    [(("all",), None), (("1", "3"), "1,3"), ((), "-1"), (("GPU-ab",), "GPU-ab")],
)
def test_gpus_are_chosen_by_a_variable(gpus: tuple[str, ...], visible: str | None) -> None:
    environment = plan_of("vllm", gpus=gpus).environment

    assert environment.get("CUDA_VISIBLE_DEVICES") == visible
    assert ("CUDA_DEVICE_ORDER" in environment) == (visible is not None)


def test_the_lan_is_a_choice() -> None:
    plan = plan_of("vllm", lan=True)

    assert plan.argv[3:5] == ("--host", "0.0.0.0")
    assert plan.url == "http://127.0.0.1:8123"
    assert plan_of("ollama", lan=True).environment["OLLAMA_HOST"] == "0.0.0.0:8123"


def test_tokens_and_models_of_this_machine_are_places_in_variables() -> None:
    plan = plan_of("vllm", token_file="/home/ann/token", weights="/srv/hub", offline=True)

    assert plan.environment["HF_TOKEN_PATH"] == "/home/ann/token"
    assert plan.environment["HF_HUB_CACHE"] == "/srv/hub"
    assert plan.environment["HF_HUB_OFFLINE"] == "1"
    assert plan_of("ollama", weights="/srv/o").environment["OLLAMA_MODELS"] == "/srv/o"


def test_a_key_is_in_no_plan() -> None:
    plan = plan_of("vllm", api_key_env="DEMO_KEY")

    assert not any("KEY" in word.upper() for word in (*plan.argv, *plan.environment))


def test_an_image_belongs_to_a_container() -> None:
    with pytest.raises(LaunchError, match="has no image"):
        plan_of("vllm", image="vllm/vllm-openai:v0.33.0")
