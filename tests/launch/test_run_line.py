"""The line to copy asks for what is created, and shows no secret."""

from __future__ import annotations

import shlex

import msgspec
import pytest

from burstview_engines.launch.container import Setup, container_plan
from burstview_engines.launch.process import process_plan
from burstview_engines.launch.run_line import FOLDED, process_line, run_line
from burstview_engines.launch.spec import (
    ContainerPlan,
    LaunchSpec,
    MountPlan,
    PortBinding,
    ProcessPlan,
)
from tests.launch.docker_run import parsed
from tests.launch.specs import SETUP, random_specs, spec_of


@pytest.mark.parametrize("spec", list(random_specs(200)))
def test_the_line_asks_for_the_plan(spec: LaunchSpec) -> None:
    plan = container_plan(spec, SETUP)

    kept = {name: value for name, value in plan.labels.items() if name not in FOLDED}
    assert parsed(run_line(plan)) == msgspec.structs.replace(plan, labels=kept)


def test_the_line_is_ours_when_pasted() -> None:
    labels = parsed(run_line(container_plan(spec_of("vllm"), SETUP))).labels

    assert labels["io.burstview.managed"] == "true"
    assert labels["io.burstview.engine"] == "vllm"
    assert labels["io.burstview.owner"] == "ann@box"


def test_devices_of_a_cdi_machine_and_a_key_are_in_the_line() -> None:
    setup = Setup(
        user="ann",
        owner="ann@box",
        session="s1",
        name="engine-1",
        gpu_way="cdi",
        key_file="/run/user/1000/key",
        private_files=True,
    )
    for engine in ("vllm", "llamacpp"):
        plan = container_plan(spec_of(engine, gpus=("0", "1"), api_key_env="DEMO_KEY"), setup)

        read = parsed(run_line(plan))

        assert read.gpus == ("0", "1")
        assert read.gpu_way == "cdi"
        assert read.cap_add == ("DAC_OVERRIDE",)
        assert (read.entrypoint, read.command) == (plan.entrypoint, plan.command)


def test_a_foreign_container_keeps_all_that_it_has() -> None:
    plan = ContainerPlan(
        name="ollama",
        image="ollama/ollama",
        ports=(PortBinding(container=11434, host=11434, ip="::"),),
        mounts=(MountPlan(kind="bind", source="/a,b", target='/x"y', read_only=True),),
        gpus=("all",),
        gpu_way="device-request",
        runtime="nvidia",
        ipc="host",
        network="host",
        restart="always",
        shm_bytes=64 << 20,
        labels={"com.example": "a b"},
    )

    assert parsed(run_line(plan)) == plan


def test_a_long_entrypoint_becomes_the_first_arguments() -> None:
    plan = ContainerPlan(name="x1", image="i", entrypoint=("sh", "-c", "a b"), command=("c",))

    assert run_line(plan).endswith("--entrypoint sh i -c 'a b' c")


@pytest.mark.parametrize(
    ("environment", "command"),
    [
        ({"HF_TOKEN": "hf_0123456789abcdefghij"}, ()),
        ({"HUGGING_FACE_HUB_TOKEN": "hf_0123456789abcdefghij"}, ()),
        ({"NOTE": "use hf_0123456789abcdefghij here"}, ()),
        ({"VLLM_API_KEY": "hf_0123456789abcdefghij"}, ()),
        ({"HTTPS_PROXY": "http://me:hf_0123456789abcdefghij@proxy:3128"}, ()),
        ({}, ("--api-key", "hf_0123456789abcdefghij")),
        ({}, ("--api-key=hf_0123456789abcdefghij",)),
        ({}, ("--api-key", "one", "hf_0123456789abcdefghij", "--port", "8000")),
        ({}, ("--hf-token", "hf_0123456789abcdefghij")),
    ],
)
def test_secrets_are_masked(environment: dict[str, str], command: tuple[str, ...]) -> None:
    plan = ContainerPlan(name="x1", image="i", environment=environment, command=command)
    process = ProcessPlan(name="x1", argv=("vllm", *command), environment=environment, url="u")

    for line in (run_line(plan), process_line(process)):
        assert "0123456789" not in line
        assert "one" not in line
        assert "…" in line


def test_what_only_looks_like_a_secret_stays() -> None:
    environment = {
        "HF_TOKEN_PATH": "/run/secrets/hf_token",
        "TOKENIZERS_PARALLELISM": "false",
        "MAX_TOKENS": "100",
        "OLLAMA_KEEP_ALIVE": "30m",
        "NCCL_KEY_SIZE": "12",
    }
    command = ("--max-num-batched-tokens", "2048", "--api-key-file", "/run/secrets/api_key")
    plan = ContainerPlan(name="x1", image="i", environment=environment, command=command)

    assert "…" not in run_line(plan)


def test_a_password_in_a_word_is_masked_whatever_its_form() -> None:
    plan = ContainerPlan(name="x1", image="i", environment={"DB_PASSWORD": "12345"})

    assert "12345" not in run_line(plan)


def test_a_process_line_can_be_pasted() -> None:
    plan = process_plan(
        spec_of("vllm", place="process", gpus=("1",), options={"served-model-name": "it's"}),
        name="engine-1",
        port=8123,
    )

    words = shlex.split(process_line(plan))

    settings = dict(word.split("=", 1) for word in words[: len(plan.environment)])
    assert settings == plan.environment
    assert tuple(words[len(plan.environment) :]) == plan.argv
