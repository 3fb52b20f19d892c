"""Slots of an Ollama in a container, as its log tells them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from burstview_engines.core.events import EngineSampled, RequestEnded, decode
from burstview_engines.core.plan import BurstPlan
from tests.docker.images import StandinImages
from tests.docker.sessions import Held, ollama, session, with_option
from tests.fleet.fleets import until

PLAN = BurstPlan(concurrency=6, max_tokens=16, alone=1)


def looks(file: Path) -> list[EngineSampled]:
    """What its log told, in order."""
    events = [decode(line) for line in file.read_bytes().splitlines()]
    ends = [event.at for event in events if isinstance(event, RequestEnded)]
    assert ends
    return [event for event in events if isinstance(event, EngineSampled)]


def newest(held: Held, key: str) -> EngineSampled | None:
    """The newest look at its slots."""
    return held.session.fold.history.engine(key).newest


async def fired(held: Held, key: str, slots: int) -> None:
    """A burst, until the log told that all slots are free again."""
    await held.until_fireable(key)
    await until(lambda: (one := newest(held, key)) is not None and one.seats == slots)
    await held.session.fire([key], PLAN)
    await until(lambda: (one := newest(held, key)) is not None and one.running == 0)


async def test_slots_of_a_container_are_told_and_those_of_its_successor(
    tmp_path: Path, standin_images: StandinImages, unique_name: Callable[[str], str]
) -> None:
    """Two at a time; after it was replaced, four."""
    name, owner = unique_name("slots"), f"{unique_name('me')}@test"
    file = tmp_path / "session.jsonl"
    spec = msgspec.structs.replace(
        with_option(ollama(name, standin_images), "num-parallel", "2"), model="qwen3:0.6b"
    )
    async with session(tmp_path / "state", owner, record=file) as held:
        key = await held.fleet.up(spec)
        assert (await held.wait(key)).status == "ready"
        await fired(held, key, 2)
        two = looks(file)
        await held.fleet.recreate(
            key, with_option(await held.fleet.spec_of(key), "num-parallel", "4")
        )
        assert (await held.wait(key)).status == "ready"
        await fired(held, key, 4)
        four = looks(file)[len(two) :]
        await held.fleet.remove(key, volumes=True)
    assert max(look.running or 0 for look in two) == 2
    assert max(look.running or 0 for look in four) == 4
    for look in (*two, *four):
        assert look.source == "log"
        assert look.slots is None or look.seats == len(look.slots)
    times = [look.at for look in two]
    assert times == sorted(times)
