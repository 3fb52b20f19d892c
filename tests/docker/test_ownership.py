"""Whose a container is, and who may change it."""

from __future__ import annotations

import re

import pytest

from burstview_engines.launch.container import Setup, labels
from burstview_engines.launch.spec import LaunchSpec
from burstview_engines.places.docker import ownership
from burstview_engines.places.docker.ownership import Guard
from burstview_engines.source import SessionError

ME, ANN = "me@box-00000000", "ann@box-00000000"
SPEC = LaunchSpec(engine="vllm", model="Qwen/Qwen3-0.6B", options={"max-num-seqs": "8"})
OURS = labels(SPEC, Setup(user="me", owner=ME, session="session-1"))


def test_labels_tell_whose_it_is_and_how_it_was_started() -> None:
    assert OURS["io.burstview.managed"] == "true"
    assert (OURS["io.burstview.owner"], OURS["io.burstview.session"]) == (ME, "session-1")
    assert OURS["io.burstview.engine"] == "vllm"
    assert ownership.spec_in(OURS) == SPEC
    assert ownership.who_of(OURS) == "me"


@pytest.mark.parametrize("told", [{}, {"io.burstview.spec": "{"}, {"io.burstview.spec": "[]"}])
def test_a_spec_that_cannot_be_read_is_none(told: dict[str, str]) -> None:
    assert ownership.spec_in(told) is None


@pytest.mark.parametrize(
    ("labels", "adopted", "owner"),
    [
        (OURS, (), "ours"),
        (OURS, ("id",), "ours"),
        (OURS | {"io.burstview.owner": ANN}, (), "theirs"),
        (OURS | {"io.burstview.owner": ANN}, ("id",), "adopted"),
        ({}, (), "foreign"),
        ({}, ("other",), "foreign"),
        ({}, ("id",), "adopted"),
        ({"io.burstview.owner": ME}, (), "foreign"),
        ({"io.burstview.engine": "vllm"}, (), "foreign"),  # as the stand-ins' images have it
    ],
)
def test_whose_it_is(labels: dict[str, str], adopted: tuple[str, ...], owner: str) -> None:
    assert ownership.owner_of(labels, "id", ME, adopted) == owner


def test_volumes_tell_owner_and_engine_only() -> None:
    assert ownership.volume_labels(OURS).keys() == {
        *("io.burstview.managed", "io.burstview.owner", "io.burstview.engine")
    }


def test_the_guard_says_why_not() -> None:
    adopted: set[str] = set()
    guard = Guard(ME, lambda: adopted)
    guard.check("mine", OURS, "id")
    with pytest.raises(SessionError, match="hers belongs to ann; adopt it"):
        guard.check("hers", OURS | {"io.burstview.owner": ANN}, "id")
    with pytest.raises(SessionError, match="old was not started by burstview; adopt it"):
        guard.check("old", {}, "id")
    adopted.add("id")  # by another session, meanwhile
    guard.check("old", {}, "id")


def test_a_read_only_session_may_change_nothing() -> None:
    guard = Guard(ME, is_read_only=True)
    for check in (
        lambda: guard.check("mine", OURS, "id"),
        lambda: guard.check_volume("models", OURS),
        guard.check_writable,
    ):
        with pytest.raises(SessionError, match="read-only"):
            check()


def test_other_peoples_volumes_are_kept() -> None:
    guard = Guard(ME)
    guard.check_volume("models", ownership.volume_labels(OURS))
    for of_volume in ({}, OURS | {"io.burstview.owner": ANN}):
        with pytest.raises(SessionError, match="docker volume rm models"):
            guard.check_volume("models", of_volume)


def test_this_user_on_this_machine() -> None:
    """The same each time, and a label's value that anybody can read."""
    me = ownership.this_owner()
    assert me == ownership.this_owner()
    assert re.fullmatch(r"\S+@\S+-[0-9a-f]{8}", me)
    assert ownership.who_of({"io.burstview.owner": "a\x1b[31mb@box"}) == "ab"
