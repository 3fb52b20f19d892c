"""A container of other people is changed in what was asked for, and in nothing else."""

from __future__ import annotations

import random

import msgspec
import pytest

from burstview_engines.launch.checked import checked
from burstview_engines.launch.container import container_plan
from burstview_engines.launch.difference import differences
from burstview_engines.launch.edited import with_options
from burstview_engines.launch.error import LaunchError
from burstview_engines.launch.read_back import labelled_spec, spec_from
from burstview_engines.launch.registry import LAUNCH
from burstview_engines.launch.spec import ContainerPlan, LaunchSpec, MountPlan
from tests.launch.docker_run import parsed
from tests.launch.specs import SETUP, random_specs
from tests.launch.test_read_back import OLLAMA_README, VLLM_README


def changed(family: str, old: ContainerPlan, **fields: object) -> ContainerPlan:
    """`old` with some fields of its spec changed; options and variables are added."""
    profile = LAUNCH[family]
    spec = spec_from(profile, old)
    for name in ("options", "environment"):
        if name in fields:
            fields[name] = getattr(spec, name) | fields[name]
    return with_options(old, profile, msgspec.structs.replace(spec, **fields))


@pytest.mark.parametrize("spec", list(random_specs(200, seed=7)))
def test_an_unchanged_spec_changes_nothing(spec: LaunchSpec) -> None:
    old = msgspec.structs.replace(container_plan(spec, SETUP), labels={"com.example": "a"})

    assert changed(spec.engine, old) == old


def test_an_unchanged_spec_keeps_every_spelling() -> None:
    for engine, line in (("ollama", OLLAMA_README), ("vllm", VLLM_README)):
        old = parsed(line)

        assert changed(engine, old) == old


def test_any_spec_can_become_any_other_of_its_engine() -> None:
    chance = random.Random(8)
    specs = [checked(spec) for spec in random_specs(160, seed=8)]
    for old_spec in specs:
        new_spec = chance.choice([s for s in specs if s.engine == old_spec.engine])
        old = container_plan(old_spec, SETUP)
        wanted = msgspec.structs.replace(
            spec_from(LAUNCH[old_spec.engine], old),
            options=new_spec.options,
            arguments=new_spec.arguments,
            environment=new_spec.environment,
            gpus=new_spec.gpus,
            port=new_spec.port or 9999,
            lan=new_spec.lan,
            token_file=new_spec.token_file,
            weights=new_spec.weights,
        )

        new = with_options(old, LAUNCH[old_spec.engine], wanted)

        read = spec_from(LAUNCH[old_spec.engine], new)
        assert msgspec.structs.replace(read, offline=wanted.offline) == wanted


def test_the_ollama_of_the_readme_gets_four_slots() -> None:
    old = parsed(OLLAMA_README)

    new = changed("ollama", old, options={"num-parallel": "4"})

    assert new == msgspec.structs.replace(old, environment={"OLLAMA_NUM_PARALLEL": "4"})
    assert differences(old, new) == ("OLLAMA_NUM_PARALLEL unset → 4",)


def test_the_vllm_of_the_readme_gets_fewer_seats_and_keeps_all_else() -> None:
    old = parsed(VLLM_README)

    new = changed("vllm", old, options={"max-num-seqs": "4", "enforce-eager": "on"})

    assert new.command == (*_replaced(old.command, "128", "4"), "--enforce-eager")
    assert msgspec.structs.replace(new, command=old.command) == old
    assert new.environment == {"HF_TOKEN": "hf_0123456789abcdefghijkl"}


def _replaced(words: tuple[str, ...], old: str, new: str) -> tuple[str, ...]:
    return tuple(new if word == old else word for word in words)


@pytest.mark.parametrize(
    ("old", "options", "new"),
    [
        ("M --max_num_seqs=8", {"max-num-seqs": "4"}, "M --max_num_seqs=4"),
        ("M -tp 2 --seed 1", {"tensor-parallel-size": "1"}, "M -tp 1 --seed 1"),
        ("M --max-num-seqs 2 --max-num-seqs 8", {"max-num-seqs": "4"}, "M --max-num-seqs 4"),
        (
            "M --no-enable-prefix-caching --seed 1",
            {"prefix-caching": "on"},
            "M --enable-prefix-caching --seed 1",
        ),
        ("M --seed 1", {"max-num-seqs": "4"}, "M --seed 1 --max-num-seqs 4"),
        ("M --max-model-len 4k", {"max-num-seqs": "4"}, "M --max-model-len 4k --max-num-seqs 4"),
        (
            "vllm serve M --api-key one two --seed 1",
            {"max-num-seqs": "4"},
            "vllm serve M --api-key one two --seed 1 --max-num-seqs 4",
        ),
        ("M --port 8000", {"max-num-seqs": "4"}, "M --port 8000 --max-num-seqs 4"),
    ],
)
def test_words_of_vllm_keep_their_place_and_spelling(
    old: str, options: dict[str, str], new: str
) -> None:
    plan = ContainerPlan(name="x1", image="i", command=tuple(old.split()))

    assert changed("vllm", plan, options=options).command == tuple(new.split())


def test_an_option_can_be_taken_away() -> None:
    plan = parsed(VLLM_README)
    spec = msgspec.structs.replace(spec_from(LAUNCH["vllm"], plan), options={})

    new = with_options(plan, LAUNCH["vllm"], spec)

    assert new.command == ("--model", "Qwen/Qwen3-0.6B")


def test_more_slots_of_llamacpp_keep_the_context_of_each() -> None:
    command = ("-m", "/models/x.gguf", "-c", "32768", "-np", "8")
    plan = ContainerPlan(name="x1", image="i", command=command)

    new = changed("llamacpp", plan, options={"parallel": "16"})

    assert new.command == ("-m", "/models/x.gguf", "-c", "65536", "-np", "16")


def test_what_a_variable_told_is_told_by_it_again() -> None:
    environment = {"LLAMA_ARG_N_PARALLEL": "8", "LLAMA_ARG_CTX_SIZE": "32768", "NOTE": "n"}
    plan = ContainerPlan(name="x1", image="i", command=("-m", "x"), environment=environment)

    new = changed("llamacpp", plan, options={"parallel": "4"})

    assert new.command == ("-m", "x")
    assert new.environment == {
        "LLAMA_ARG_N_PARALLEL": "4",
        "LLAMA_ARG_CTX_SIZE": "16384",
        "NOTE": "n",
    }


def test_another_model_takes_the_place_of_the_first() -> None:
    for old, new in (
        ("--model M --seed 1", "--model N --seed 1"),
        ("M --seed 1", "N --seed 1"),
        ("--seed 1", "--seed 1 --model N"),
    ):
        plan = ContainerPlan(name="x1", image="i", command=tuple(old.split()))

        assert changed("vllm", plan, model="N").command == tuple(new.split())


def test_a_model_of_this_machine_is_mounted_unless_the_container_sees_it() -> None:
    folder = MountPlan(kind="bind", source="/data", target="/models")
    plan = ContainerPlan(
        name="x1", image="i", command=("-m", "/models/a.gguf", "--metrics"), mounts=(folder,)
    )

    seen = changed("llamacpp", plan, model="/models/b.gguf")
    other = changed("llamacpp", msgspec.structs.replace(plan, mounts=()), model="/srv/b.gguf")

    assert (seen.command[1], seen.mounts) == ("/models/b.gguf", (folder,))
    assert other.command[1] == "/models/b.gguf"
    assert other.mounts == (
        MountPlan(kind="bind", source="/srv/b.gguf", target="/models/b.gguf", read_only=True),
    )


def test_gpus_port_and_image_are_changed_alone() -> None:
    old = parsed(VLLM_README)

    new = changed("vllm", old, gpus=("1",), lan=False, port=8001, image="vllm/vllm-openai:v0.33.0")

    assert differences(old, new) == (
        "image vllm/vllm-openai:latest → vllm/vllm-openai:v0.33.0",
        "port 8000 → 8001",
        "port 8000 closed to the LAN",
        "GPUs all → 1",
    )
    assert (new.runtime, new.ipc, new.mounts) == (old.runtime, old.ipc, old.mounts)


def test_nvidias_runtime_is_told_to_give_no_gpu() -> None:
    new = changed("vllm", parsed(VLLM_README), gpus=())

    assert new.environment["NVIDIA_VISIBLE_DEVICES"] == "void"
    assert spec_from(LAUNCH["vllm"], new).gpus == ()


def test_the_network_can_be_left_out_and_taken_in_again() -> None:
    old = parsed(VLLM_README)

    new = changed("vllm", old, offline=True)

    assert new.environment["HF_HUB_OFFLINE"] == "1"
    assert changed("vllm", new, offline=False) == old


def test_the_label_of_another_user_tells_the_new_spec() -> None:
    old = container_plan(next(random_specs(1)), SETUP)

    new = changed("ollama", old, options={"num-parallel": "7"})

    told = labelled_spec(new.labels)
    assert told is not None
    assert told.options["num-parallel"] == "7"
    assert new.labels["io.burstview.owner"] == "ann@box"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"api_key_env": "KEY"}, "start a new engine with it"),
        ({"engine": "ollama"}, "needs a new start"),
        ({"environment": {"HF_TOKEN": "hf_x"}}, "HF_TOKEN would show a secret"),
        ({"arguments": ("--api-key", "k")}, "--api-key would show a secret"),
        ({"options": {"max-num-seqs": "0"}}, "at least 1"),
        ({"options": {"slots": "1"}}, "no option slots"),
    ],
)
def test_what_cannot_be_changed_is_refused(fields: dict[str, object], words: str) -> None:
    with pytest.raises(LaunchError, match=words):
        changed("vllm", parsed(VLLM_README), **fields)
