"""What a command says while it waits, and engines as they are named."""

from __future__ import annotations

import io
from dataclasses import dataclass

import pytest

from burstview.cli_commands.engine_names import find
from burstview.cli_commands.live_line import LiveLine
from burstview_engines.core.backend import Engine
from burstview_engines.core.managed import ManagedEngine, ManagedPlace, Owner
from burstview_engines.source import SessionError


class Terminal(io.StringIO):
    """A stream that says it is one."""

    def isatty(self) -> bool:
        """It is."""
        return True


@dataclass
class Clock:
    """A time that tests set."""

    now: float = 0.0

    def __call__(self) -> float:
        """The second it is."""
        return self.now


def line_on(stream: io.StringIO, clock: Clock) -> LiveLine:
    """Twenty columns wide."""
    return LiveLine(stream, columns=lambda: 20, clock=clock)


def test_a_terminal_keeps_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is rewritten, cut to the width, put below what stays, and taken away at the end."""
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    line = line_on(stream, Clock())
    line.show("a", "pulling 1 of 7 layers, 1.2 of 4.0 GB")
    line.say("a warning")
    line.clear()
    assert stream.getvalue() == (
        "\rpulling 1 of 7 laye\x1b[K\r\x1b[Ka warning\n\rpulling 1 of 7 laye\x1b[K\r\x1b[K"
    )


def test_elsewhere_a_new_topic_is_a_line_and_its_words_only_now_and_then() -> None:
    """A log of a script does not fill with ten lines a second; no escape codes."""
    stream, clock = io.StringIO(), Clock()
    line = line_on(stream, clock)
    line.show("pull", "pulling 1%")
    clock.now = 1.9
    line.show("pull", "pulling 2%")
    clock.now = 2.1
    line.show("pull", "pulling 3%")
    line.show("pull", "pulling 3%")
    line.show("load", "load\x1b[31ming")
    line.clear()
    assert stream.getvalue() == "pulling 1%\npulling 3%\nloading\n"


def engine(
    name: str,
    kind: Engine = "vllm",
    *,
    owner: Owner = "ours",
    id: str = "",
    place: ManagedPlace = "container",
) -> ManagedEngine:
    """One that is ready."""
    key = f"{place}:{name}"
    return ManagedEngine(
        key=key, name=name, engine=kind, place=place, owner=owner, status="ready", id=id
    )


HERE = (
    engine("burstview-ann-vllm", id="abc123"),
    engine("burstview-ann-ollama", "ollama", id="abd456"),
    engine("vllm_container", owner="foreign", id="fff"),
    engine("burstview-ann-ollama-2", "ollama", owner="theirs", id="e77"),
    engine("twin", id="111"),
    engine("twin", place="process", id="222"),
    engine("burstview", "llamacpp", place="process", id="4711"),
)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("burstview-ann-vllm", "container:burstview-ann-vllm"),
        ("burstview-ann-ollama", "container:burstview-ann-ollama"),
        ("burstview", "process:burstview"),
        ("process:twin", "process:twin"),
        ("ollama", "container:burstview-ann-ollama"),
        ("vllm_c", "container:vllm_container"),
        ("abc", "container:burstview-ann-vllm"),
        ("4711", "process:burstview"),
    ],
)
def test_an_engine_is_named_by_name_kind_or_beginning(name: str, key: str) -> None:
    """A whole name wins over a kind, a kind over a beginning; a kind means yours."""
    assert find(HERE, name) == key


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("twin", "twin may be container:twin or process:twin; name the one that you mean."),
        ("ab", "ab may be burstview-ann-vllm or burstview-ann-ollama;"),
        ("47", "There is no engine '47'; those here: burstview-ann-vllm,"),
        ("", "There is no engine ''"),
    ],
)
def test_what_is_not_clear_is_asked_back(name: str, words: str) -> None:
    """The ones that may be meant are named, else all; a pid may not be cut short."""
    with pytest.raises(SessionError) as refusal:
        find(HERE, name)
    assert str(refusal.value).startswith(words)


def test_trouble_with_docker_is_told_where_a_name_is_missing() -> None:
    """The engine may be in a container that cannot be seen."""
    with pytest.raises(SessionError, match=r"those here: none\. Docker is away\."):
        find((), "x", "Docker is away.")
