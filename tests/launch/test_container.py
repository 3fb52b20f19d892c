"""What Docker is asked to create: safe by default, secrets in files alone."""

from __future__ import annotations

import dataclasses

import msgspec
import pytest

from burstview_engines.launch.container import Setup, container_plan, volume_labels
from burstview_engines.launch.error import LaunchError
from burstview_engines.launch.registry import LAUNCH
from burstview_engines.launch.spec import LaunchSpec, MountPlan, PortBinding
from tests.launch.specs import SETUP, random_specs, spec_of

ENGINES = tuple(LAUNCH)


def setup(**changes: object) -> Setup:
    """The usual one with some changes."""
    return dataclasses.replace(SETUP, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_container_is_safe_by_default(engine: str) -> None:
    plan = container_plan(spec_of(engine), SETUP)

    assert [port.ip for port in plan.ports] == ["127.0.0.1"]
    assert plan.restart is None
    assert (plan.cap_drop, plan.cap_add) == (("ALL",), ())
    assert plan.security == ("no-new-privileges:true",)
    assert (plan.ipc, plan.network, plan.runtime) == ("private", None, None)
    assert plan.log_options == {"max-size": "10m", "max-file": "3"}
    assert plan.init
    assert plan.pids_limit == 16384


@pytest.mark.parametrize("engine", ENGINES)
def test_the_lan_is_a_choice(engine: str) -> None:
    plan = container_plan(spec_of(engine, lan=True, port=9000), SETUP)

    assert plan.ports == (PortBinding(container=LAUNCH[engine].port, host=9000, ip="0.0.0.0"),)


def test_vllm_is_asked_for_as_its_documentation_does() -> None:
    options = {"max-model-len": "4096", "max-num-seqs": "128", "gpu-memory-utilization": "0.7"}

    plan = container_plan(spec_of("vllm", options=options, gpus=("0",)), SETUP)

    assert plan.image == "vllm/vllm-openai:v0.33.0"
    assert plan.entrypoint is None
    assert plan.command == (
        *("--model", "Qwen/Qwen3-0.6B", "--max-model-len", "4096"),
        *("--max-num-seqs", "128", "--gpu-memory-utilization", "0.7"),
    )
    assert plan.environment["VLLM_NO_USAGE_STATS"] == "1"
    assert (plan.gpus, plan.gpu_way) == (("0",), "device-request")
    assert plan.shm_bytes == 8 << 30
    assert plan.stop_seconds == 30
    assert plan.mounts == (
        _volume("burstview-ann-huggingface", "/root/.cache/huggingface"),
        _volume("burstview-ann-vllm-compile", "/root/.cache/vllm"),
    )


def test_ollama_runs_its_images_own_command() -> None:
    plan = container_plan(spec_of("ollama", options={"num-parallel": "4"}), SETUP)

    assert (plan.image, plan.command) == ("ollama/ollama:0.33.0", ())
    assert plan.environment == {"OLLAMA_NO_CLOUD": "1", "OLLAMA_NUM_PARALLEL": "4"}
    assert plan.mounts == (_volume("burstview-ann-ollama", "/root/.ollama"),)
    assert plan.ports == (PortBinding(container=11434, host=18000),)


def test_sglang_gets_a_whole_command_that_listens_outside_the_container() -> None:
    plan = container_plan(spec_of("sglang"), SETUP)

    assert plan.command[:5] == (
        *("python3", "-m", "sglang.launch_server"),
        *("--model-path", "Qwen/Qwen3-0.6B"),
    )
    assert plan.command[5:9] == ("--host", "0.0.0.0", "--port", "30000")


def test_without_gpus_a_smaller_image_is_taken_where_there_is_one() -> None:
    spec = spec_of("llamacpp", gpus=())

    assert container_plan(spec, SETUP).image == "ghcr.io/ggml-org/llama.cpp:server-b10481"
    lacking = container_plan(spec_of("llamacpp"), setup(gpu_way="none"))
    assert (lacking.image, lacking.gpus, lacking.gpu_way) == (
        "ghcr.io/ggml-org/llama.cpp:server-b10481",
        (),
        "none",
    )
    named = msgspec.structs.replace(spec, image="mine:1")
    assert container_plan(named, SETUP).image == "mine:1"


def test_a_token_is_a_file_and_nothing_else() -> None:
    plan = container_plan(spec_of("vllm", token_file="/home/ann/token"), SETUP)

    assert _secret("/home/ann/token", "/run/secrets/hf_token") in plan.mounts
    assert plan.environment["HF_TOKEN_PATH"] == "/run/secrets/hf_token"
    assert "HF_TOKEN" not in plan.environment
    copy = container_plan(
        spec_of("vllm", token_file="/home/ann/token"), setup(token_file="/run/copy")
    )
    assert _secret("/run/copy", "/run/secrets/hf_token") in copy.mounts


def test_llamacpp_reads_its_key_from_the_file() -> None:
    plan = container_plan(spec_of("llamacpp", api_key_env="KEY"), setup(key_file="/run/key"))

    assert plan.command[-2:] == ("--api-key-file", "/run/secrets/api_key")
    assert _secret("/run/key", "/run/secrets/api_key") in plan.mounts
    assert not any("KEY" in name for name in plan.environment)


def test_vllm_gets_its_key_by_a_program_that_reads_the_file() -> None:
    plan = container_plan(spec_of("vllm", api_key_env="KEY"), setup(key_file="/run/key"))

    assert plan.entrypoint == ("python3",)
    assert plan.command[0] == "-c"
    assert "/run/secrets/api_key" in plan.command[1]
    assert plan.command[2:6] == ("vllm", "serve", "--model", "Qwen/Qwen3-0.6B")
    assert _secret("/run/key", "/run/secrets/api_key") in plan.mounts
    assert not any("KEY" in name for name in plan.environment)


def test_a_key_without_its_file_is_refused() -> None:
    with pytest.raises(LaunchError, match="KEY was not written to a file"):
        container_plan(spec_of("vllm", api_key_env="KEY"), SETUP)


def test_files_of_their_owner_alone_need_one_capability() -> None:
    plan = container_plan(spec_of("vllm"), setup(private_files=True))

    assert (plan.cap_drop, plan.cap_add) == (("ALL",), ("DAC_OVERRIDE",))


def test_models_of_this_machine_are_mounted_read_only_and_the_network_is_not_asked() -> None:
    for engine, target, variable in (
        ("vllm", "/root/.cache/huggingface/hub", "HF_HUB_OFFLINE"),
        ("llamacpp", "/root/.cache/huggingface/hub", "LLAMA_ARG_OFFLINE"),
        ("ollama", "/root/.ollama/models", "OLLAMA_NOPRUNE"),
    ):
        for plan in (
            container_plan(spec_of(engine, weights="/srv/hub"), SETUP),
            container_plan(spec_of(engine), setup(hub_folder="/srv/hub")),
        ):
            assert _secret("/srv/hub", target) in plan.mounts
            assert plan.environment[variable] == "1"


def test_offline_is_told_to_the_engine() -> None:
    environment = container_plan(spec_of("vllm", offline=True), SETUP).environment

    assert environment["HF_HUB_OFFLINE"] == environment["TRANSFORMERS_OFFLINE"] == "1"


@pytest.mark.parametrize(
    ("path", "source", "target", "inside"),
    [
        ("/srv/a.gguf", "/srv/a.gguf", "/models/a.gguf", "/models/a.gguf"),
        (
            "/srv/big-00001-of-00002.gguf",
            "/srv",
            "/models",
            "/models/big-00001-of-00002.gguf",
        ),
    ],
)
def test_a_gguf_file_is_mounted(path: str, source: str, target: str, inside: str) -> None:
    plan = container_plan(spec_of("llamacpp", model=path), SETUP)

    assert _secret(source, target) in plan.mounts
    assert plan.command[:2] == ("-m", inside)


def test_a_model_folder_is_mounted() -> None:
    plan = container_plan(spec_of("vllm", model="/srv/tiny-qwen3/"), SETUP)

    assert _secret("/srv/tiny-qwen3", "/models/tiny-qwen3") in plan.mounts
    assert plan.command == ("--model", "/models/tiny-qwen3")


def test_a_model_that_was_found_here_keeps_its_name() -> None:
    plan = container_plan(spec_of("vllm"), setup(model_file="/srv/snapshots/abc"))

    assert plan.command == (
        *("--model", "/models/abc"),
        *("--served-model-name", "Qwen/Qwen3-0.6B"),
    )


def test_labels_tell_who_started_what() -> None:
    spec = spec_of("vllm", options={"max-num-seqs": "4"}, token_file="/home/ann/token")

    labels = container_plan(spec, SETUP).labels

    told = {name.removeprefix("io.burstview."): value for name, value in labels.items()}
    assert told.keys() == {
        "managed",
        "engine",
        "owner",
        "session",
        "port",
        "spec-hash",
        "spec",
    }
    assert (told["owner"], told["port"]) == ("ann@box", "8000")
    assert msgspec.json.decode(told["spec"].encode(), type=LaunchSpec) == spec
    assert volume_labels(spec, SETUP) == {
        "io.burstview.managed": "true",
        "io.burstview.engine": "vllm",
        "io.burstview.owner": "ann@box",
    }


def test_the_specs_name_and_port_win_over_the_chosen_ones() -> None:
    plan = container_plan(spec_of("vllm", name="mine", port=9000), SETUP)

    assert (plan.name, plan.ports[0].host) == ("mine", 9000)
    assert container_plan(spec_of("vllm"), setup(port=None)).ports[0].host is None


def test_what_a_person_adds_wins_over_what_we_set() -> None:
    spec = spec_of("vllm", arguments=("--seed", "7"), environment={"DO_NOT_TRACK": "0"})

    plan = container_plan(spec, SETUP)

    assert plan.command[-2:] == ("--seed", "7")
    assert plan.environment["DO_NOT_TRACK"] == "0"


def test_the_plan_is_the_same_each_time() -> None:
    for spec in random_specs(20, seed=5):
        assert container_plan(spec, SETUP) == container_plan(spec, SETUP)


def _volume(source: str, target: str) -> MountPlan:
    return MountPlan(kind="volume", source=source, target=target)


def _secret(source: str, target: str) -> MountPlan:
    return MountPlan(kind="bind", source=source, target=target, read_only=True)
