"""What differs is told in one phrase each."""

from __future__ import annotations

import msgspec
import pytest

from burstview_engines.launch.container import container_plan
from burstview_engines.launch.difference import differences, drift
from burstview_engines.launch.registry import LAUNCH
from burstview_engines.launch.spec import ContainerPlan, MountPlan, PortBinding
from tests.launch.specs import SETUP, random_specs, spec_of

PLAN = ContainerPlan(
    name="ollama",
    image="ollama/ollama:0.33.0",
    command=("--flag", "1", "--switch"),
    environment={"OLLAMA_NUM_PARALLEL": "1"},
    ports=(PortBinding(container=11434, host=11434),),
    mounts=(MountPlan(kind="volume", source="ollama", target="/root/.ollama"),),
    gpus=("all",),
    gpu_way="device-request",
    labels={"com.example": "a"},
)
OPEN = PortBinding(container=11434, host=11434, ip="0.0.0.0")


@pytest.mark.parametrize(
    ("change", "phrases"),
    [
        ({"environment": {"OLLAMA_NUM_PARALLEL": "4"}}, ["OLLAMA_NUM_PARALLEL 1 → 4"]),
        ({"environment": {}}, ["OLLAMA_NUM_PARALLEL 1 → unset"]),
        ({"image": "ollama/ollama:0.34.0"}, ["image ollama/ollama:0.33.0 → ollama/ollama:0.34.0"]),
        ({"command": ("--flag", "2", "--switch")}, ["--flag 1 → 2"]),
        ({"command": ("--flag=1",)}, ["--switch on → unset"]),
        ({"command": ("serve", *PLAN.command)}, ["command unset → serve"]),
        ({"ports": (OPEN,)}, ["port 11434 opened to the LAN"]),
        ({"ports": ()}, ["port 11434 no longer published"]),
        (
            {"ports": (PortBinding(container=11434, host=None),)},
            ["port 11434 → any free"],
        ),
        (
            {"ports": (*PLAN.ports, PortBinding(container=9, host=9))},
            ["port 9 published at 9"],
        ),
        ({"gpus": ("0",)}, ["GPUs all → 0"]),
        ({"gpus": ()}, ["GPUs all → none"]),
        ({"runtime": "nvidia"}, ["runtime — → nvidia"]),
        (
            {"mounts": (MountPlan(kind="bind", source="/m", target="/root/.ollama"),)},
            ["ollama → /m at /root/.ollama"],
        ),
        (
            {"mounts": (*PLAN.mounts, MountPlan(kind="bind", source="/m", target="/x"))},
            ["/m mounted at /x"],
        ),
        ({"mounts": ()}, ["ollama no longer mounted at /root/.ollama"]),
        ({"restart": "always"}, ["restart policy no → always"]),
        ({"shm_bytes": 8 << 30}, ["shared memory — → 8 GiB"]),
        ({"ipc": "host"}, ["ipc — → host"]),
        ({"cap_drop": ("ALL",)}, ["capabilities dropped none → ALL"]),
        ({"init": True}, ["init off → on"]),
        ({"log_options": {"max-size": "10m"}}, ["log option max-size unset → 10m"]),
        ({"labels": {"com.example": "b"}}, ["label com.example a → b"]),
        ({"labels": {"com.example": "a", "io.burstview.session": "x"}}, []),
        ({"name": "other"}, ["name ollama → other"]),
    ],
)
def test_each_change_has_its_phrase(change: dict[str, object], phrases: list[str]) -> None:
    assert list(differences(PLAN, msgspec.structs.replace(PLAN, **change))) == phrases


def test_what_is_alike_has_none() -> None:
    for spec in random_specs(40, seed=9):
        plan = container_plan(spec, SETUP)

        assert differences(plan, plan) == ()


def test_two_addresses_of_one_port_are_one() -> None:
    both = msgspec.structs.replace(
        PLAN, ports=(OPEN, PortBinding(container=11434, host=11434, ip="::"))
    )

    assert differences(both, msgspec.structs.replace(PLAN, ports=(OPEN,))) == ()


def test_changed_secrets_are_told_without_being_shown() -> None:
    old = msgspec.structs.replace(
        PLAN, environment={"HF_TOKEN": "hf_one"}, command=("--api-key", "one")
    )
    new = msgspec.structs.replace(
        PLAN, environment={"HF_TOKEN": "hf_two"}, command=("--api-key", "two")
    )

    assert differences(old, new) == ("HF_TOKEN changed", "--api-key changed")
    assert differences(PLAN, old)[0] == "OLLAMA_NUM_PARALLEL 1 → unset"
    assert not any("one" in phrase.replace("none", "") for phrase in differences(PLAN, old))


def test_drift_is_told_in_the_words_of_the_options() -> None:
    asked = spec_of("ollama", options={"num-parallel": "4"}, image="ollama/ollama:0.33.0")

    assert drift(LAUNCH["ollama"], asked, PLAN) == ("num-parallel is 1, asked for 4",)
    assert drift(LAUNCH["ollama"], asked, container_plan(asked, SETUP)) == ()
    opened = msgspec.structs.replace(container_plan(asked, SETUP), ports=(OPEN,))
    assert drift(LAUNCH["ollama"], asked, opened) == ("it is open to the LAN, asked for loopback",)
