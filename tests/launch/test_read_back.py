"""How a container or process was started is read back from what can be seen of it."""

from __future__ import annotations

import msgspec
import pytest

from burstview_engines.launch.checked import checked
from burstview_engines.launch.container import container_plan
from burstview_engines.launch.process import process_plan
from burstview_engines.launch.read_back import (
    gpus_of,
    labelled_spec,
    read_options,
    spec_from,
    spec_from_process,
)
from burstview_engines.launch.registry import LAUNCH
from burstview_engines.launch.run_line import run_line
from burstview_engines.launch.spec import ContainerPlan, LaunchSpec
from tests.launch.docker_run import parsed
from tests.launch.specs import SETUP, random_specs, spec_of

OLLAMA_README = (
    "docker run -d --gpus=all -v ollama:/root/.ollama -p 11434:11434 --name ollama ollama/ollama"
)
VLLM_README = """docker run -d --name vllm_container --runtime nvidia --gpus all \
    -v /home/ann/.cache/huggingface:/root/.cache/huggingface \
    --env "HF_TOKEN=hf_0123456789abcdefghijkl" -p 8000:8000 --ipc=host \
    vllm/vllm-openai:latest --model Qwen/Qwen3-0.6B --max-model-len 4096 \
    --max-num-seqs 128 --gpu-memory-utilization 0.7"""


@pytest.mark.parametrize("spec", list(random_specs(240, seed=2)))
def test_a_container_of_ours_tells_its_spec_without_its_label(spec: LaunchSpec) -> None:
    asked = checked(spec)
    plan = container_plan(spec, SETUP)

    read = spec_from(LAUNCH[spec.engine], plan)

    assert read.options == asked.options
    assert read.arguments == asked.arguments
    assert read.environment == asked.environment
    assert (read.model, read.gpus, read.lan) == (asked.model, asked.gpus, asked.lan)
    assert (read.token_file, read.weights) == (asked.token_file, asked.weights)
    assert labelled_spec(plan.labels) == asked


@pytest.mark.parametrize("spec", list(random_specs(240, seed=3)))
def test_a_process_of_ours_tells_its_spec(spec: LaunchSpec) -> None:
    asked = checked(
        msgspec.structs.replace(spec, place="process", image=None, name="engine-1", environment={})
    )
    plan = process_plan(asked, name="engine-1", port=8123)

    read = spec_from_process(
        LAUNCH[spec.engine], "engine-1", plan.argv, plan.environment | {"PATH": "/bin"}
    )

    assert read == msgspec.structs.replace(asked, port=8123)


def test_the_ollama_of_the_readme_tells_its_defaults() -> None:
    spec = spec_from(LAUNCH["ollama"], parsed(OLLAMA_README))

    assert spec == LaunchSpec(
        engine="ollama", name="ollama", image="ollama/ollama", port=11434, lan=True
    )


def test_the_vllm_of_the_readme_tells_its_options_and_no_token() -> None:
    spec = spec_from(LAUNCH["vllm"], parsed(VLLM_README))

    assert spec == LaunchSpec(
        engine="vllm",
        name="vllm_container",
        image="vllm/vllm-openai:latest",
        model="Qwen/Qwen3-0.6B",
        options={
            "max-model-len": "4096",
            "max-num-seqs": "128",
            "gpu-memory-utilization": "0.7",
        },
        port=8000,
        lan=True,
    )


def test_the_sglang_and_llamacpp_of_the_documentation_are_read() -> None:
    sglang = spec_from(
        LAUNCH["sglang"],
        parsed(
            "docker run -d --gpus all --shm-size 32g --ipc=host -p 30000:30000 lmsysorg/sglang"
            " python3 -m sglang.launch_server --model-path Qwen/Qwen3-0.6B --host 0.0.0.0"
            " --port 30000 --tp 2 --enable-metrics"
        ),
    )
    llamacpp = spec_from(
        LAUNCH["llamacpp"],
        parsed(
            "docker run --gpus all -p 8080:8080 ghcr.io/ggml-org/llama.cpp:server-cuda"
            " -hf ggml-org/Qwen3-0.6B-GGUF:Q8_0 -np 8 -c 32768"
        ),
    )

    assert (sglang.model, sglang.options, sglang.arguments) == (
        "Qwen/Qwen3-0.6B",
        {"tp-size": "2"},
        (),
    )
    assert llamacpp.model == "ggml-org/Qwen3-0.6B-GGUF:Q8_0"
    assert llamacpp.options == {"parallel": "8", "context": "4096", "metrics": "off"}


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("--max-num-seqs=4", {"max-num-seqs": "4"}),
        ("--max_num_seqs 4", {"max-num-seqs": "4"}),
        ("--max_num_seqs=4", {"max-num-seqs": "4"}),
        ("-tp 2", {"tensor-parallel-size": "2"}),
        ("-tp=2", {"tensor-parallel-size": "2"}),
        ("--max-num-seqs 4 --max-num-seqs 8", {"max-num-seqs": "8"}),
        ("--no-enable-prefix-caching", {"prefix-caching": "off"}),
        ("--enable-prefix-caching --no-enable-prefix-caching", {"prefix-caching": "off"}),
        ("--enforce-eager", {"enforce-eager": "on"}),
        ("--max-model-len auto", {"max-model-len": "auto"}),
    ],
)
def test_vllm_spells_one_option_in_many_ways(command: str, options: dict[str, str]) -> None:
    read = read_options(LAUNCH["vllm"], ("m", *command.split()), {})

    assert (read.model, read.options, read.arguments) == ("m", options, ())


@pytest.mark.parametrize(
    "command",
    [
        "M --max-num-seqs 4",
        "serve M --max-num-seqs 4",
        "vllm serve M --max-num-seqs 4",
        "/usr/local/bin/vllm serve M --max-num-seqs 4",
        "--model M --max-num-seqs 4",
        "--model=M --max-num-seqs 4",
        "--max-num-seqs 4 M",
        "--enforce-eager M --no-enforce-eager --max-num-seqs 4",
        "python3 -m vllm.entrypoints.openai.api_server --model M --max-num-seqs 4",
        "/opt/bin/python3.12 -m vllm.entrypoints.openai.api_server --model M --max-num-seqs=4",
    ],
)
def test_vllm_is_told_its_model_in_many_ways(command: str) -> None:
    read = read_options(LAUNCH["vllm"], command.split(), {})

    assert (read.model, read.options["max-num-seqs"], read.arguments) == ("M", "4", ())


@pytest.mark.parametrize(
    "words",
    [
        ("--max-model-len", "4k"),
        ("--served-model-name", "one", "two"),
        ("--kv-cache-dtype", "turboquant_k8v4"),
        ("--seed", "-1"),
        ("--max-num-seqs",),
        ("--override-generation-config", '{"a": 1}'),
    ],
)
def test_words_that_no_option_takes_are_kept_as_they_are(words: tuple[str, ...]) -> None:
    read = read_options(LAUNCH["vllm"], ("--model", "M", *words, "--enforce-eager"), {})

    assert (read.options, read.arguments) == ({"enforce-eager": "on"}, words)


@pytest.mark.parametrize(
    ("command", "environment", "options"),
    [
        ("-c 32768", {}, {"context": "32768"}),
        ("-c 32768 -np 8", {}, {"parallel": "8", "context": "4096"}),
        ("-c 32768", {"LLAMA_ARG_N_PARALLEL": "8"}, {"parallel": "8", "context": "4096"}),
        ("-np 4", {"LLAMA_ARG_N_PARALLEL": "8"}, {"parallel": "4"}),
        ("", {"LLAMA_ARG_CTX_SIZE": "8192"}, {"context": "8192"}),
        ("-ngl all -fa on", {}, {"gpu-layers": "all", "flash-attn": "on"}),
        ("--gpu-layers 99 -ctk q8_0", {}, {"gpu-layers": "99", "cache-type-k": "q8_0"}),
    ],
)
def test_llamacpp_takes_flags_and_variables(
    command: str, environment: dict[str, str], options: dict[str, str]
) -> None:
    words = ("-m", "/models/x.gguf", "--metrics", *command.split())
    read = read_options(LAUNCH["llamacpp"], words, environment)

    assert (read.options, read.arguments, read.environment) == (options, (), {})
    assert read.model == "/models/x.gguf"


def test_a_context_that_slots_do_not_share_evenly_stays_a_word() -> None:
    read = read_options(LAUNCH["llamacpp"], ("-m", "x", "-c", "10000", "-np", "3"), {})

    assert (read.options, read.arguments) == (
        {"parallel": "3", "metrics": "off"},
        ("-c", "10000"),
    )


def test_llamacpp_may_be_told_its_model_by_a_variable() -> None:
    read = read_options(LAUNCH["llamacpp"], (), {"LLAMA_ARG_HF_REPO": "a/b"})

    assert (read.model, read.environment) == ("a/b", {})


@pytest.mark.parametrize("value", ["1", "true", "TRUE", "t"])
def test_ollama_turns_a_switch_on_in_many_ways(value: str) -> None:
    read = read_options(LAUNCH["ollama"], ("serve",), {"OLLAMA_FLASH_ATTENTION": value})

    assert read.options == {"flash-attention": "on"}


def test_what_no_option_takes_stays_a_variable() -> None:
    environment = {"OLLAMA_NUM_PARALLEL": "many", "OLLAMA_DEBUG": "1", "OLLAMA_HOST": "0.0.0.0"}

    read = read_options(LAUNCH["ollama"], ("serve",), environment)

    assert read.options == {}
    assert read.environment == {"OLLAMA_NUM_PARALLEL": "many", "OLLAMA_DEBUG": "1"}


def test_secrets_are_read_into_no_spec() -> None:
    plan = ContainerPlan(
        name="x1",
        image="i",
        command=("--model", "M", "--api-key", "one", "two", "--zz", "3", "--hf-token=hf_x"),
        environment={"HUGGING_FACE_HUB_TOKEN": "hf_x", "VLLM_API_KEY": "k", "NOTE": "n"},
    )

    spec = spec_from(LAUNCH["vllm"], plan)

    assert (spec.arguments, spec.environment) == (("--zz", "3"), {"NOTE": "n"})


def test_a_shell_is_not_looked_into() -> None:
    read = read_options(LAUNCH["vllm"], ("bash", "-c", "vllm serve M"), {})

    assert (read.options, read.arguments) == ({}, ("-c", "vllm serve M"))


@pytest.mark.parametrize(
    ("environment", "gpus"),
    [
        ({}, ("all",)),
        ({"NVIDIA_VISIBLE_DEVICES": "all"}, ("all",)),
        ({"NVIDIA_VISIBLE_DEVICES": "0,2"}, ("0", "2")),
        ({"NVIDIA_VISIBLE_DEVICES": "void"}, ()),
    ],
)
def test_the_nvidia_runtime_gives_what_its_variable_says(
    environment: dict[str, str], gpus: tuple[str, ...]
) -> None:
    plan = ContainerPlan(name="x1", image="i", runtime="nvidia", environment=environment)

    assert gpus_of(plan) == gpus


def test_a_model_of_this_machine_is_told_by_its_path_here() -> None:
    for path in ("/srv/tiny.gguf", "/srv/big-00001-of-00003.gguf"):
        plan = container_plan(spec_of("llamacpp", model=path), SETUP)

        assert spec_from(LAUNCH["llamacpp"], plan).model == path


def test_a_pasted_line_tells_the_same_as_the_plan() -> None:
    for spec in random_specs(40, seed=4):
        plan = container_plan(spec, SETUP)
        profile = LAUNCH[spec.engine]

        assert spec_from(profile, parsed(run_line(plan))) == spec_from(profile, plan)


def test_a_damaged_label_tells_nothing() -> None:
    assert labelled_spec({"io.burstview.spec": "{"}) is None
    assert labelled_spec({}) is None
