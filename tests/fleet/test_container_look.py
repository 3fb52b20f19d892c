"""What one look at a container says of the engine in it."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from burstview_engines.fleet.container_look import Found, described
from burstview_engines.launch.container import Setup, container_plan
from burstview_engines.launch.spec import ContainerPlan, LaunchSpec
from burstview_engines.places.docker.inspect import seen_of

SPEC = LaunchSpec(
    engine="ollama", name="one", image="ollama/ollama:1", options={"num-parallel": "4"}, gpus=()
)
SETUP = Setup(user="ann", owner="ann@box", session="1", port=11434)


def found(plan: ContainerPlan, labels: dict[str, str]) -> Found:
    """A container as Docker tells it that was created with that plan."""
    raw = {
        "Id": "abc",
        "Name": "/one",
        "Image": "sha256:1",
        "State": {"Status": "running", "Running": True, "StartedAt": "2026-01-01T00:00:00Z"},
        "Config": {"Image": plan.image, "Labels": labels},
    }
    seen = seen_of(raw)
    return Found(seen=seen, engine="ollama", owner="ours", plan=plan, url="http://127.0.0.1:11434")


def test_a_container_as_it_was_asked_for_differs_in_nothing() -> None:
    """Its label's wish and what it was created with agree."""
    plan = container_plan(SPEC, SETUP)
    engine = described(found(plan, plan.labels))
    assert engine.drift == ()
    assert engine.options == {"num-parallel": "4"}
    assert (engine.status, engine.who) == ("starting", "ann")


def test_one_made_by_an_edited_command_says_how_it_differs() -> None:
    """The label was copied, the variable was changed."""
    plan = container_plan(SPEC, SETUP)
    edited = replace(plan, environment=plan.environment | {"OLLAMA_NUM_PARALLEL": "1"})
    engine = described(found(edited, plan.labels))
    assert engine.drift == ("num-parallel is 1, asked for 4",)


def test_a_damaged_label_is_no_wish() -> None:
    """What it was created with tells then."""
    plan = container_plan(SPEC, SETUP)
    labels = plan.labels | {"io.burstview.spec": "{"}
    engine = described(found(plan, labels))
    assert engine.drift == ()
    assert engine.options == {"num-parallel": "4"}
    assert msgspec.json.encode(engine)
