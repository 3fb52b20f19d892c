"""The first line's words on the machine."""

from __future__ import annotations

import pytest

from burstview.widgets.title import place
from burstview_engines.core.events import AnyEvent, DockerSeen, GpuSampled, decode, encode
from burstview_engines.core.gpu import Gpu
from burstview_engines.core.session import SessionFold
from burstview_engines.core.views import Snapshot

WHERE = "unix:///var/run/docker.sock"


def seen(*events: AnyEvent) -> Snapshot:
    """The snapshot after these events, read back from a recording's lines."""
    fold = SessionFold()
    for event in events:
        fold.apply(decode(encode(event)))
    return fold.snapshot()


@pytest.mark.parametrize(
    ("docker", "words"),
    [
        (DockerSeen(at=1.0, version="28.2.2", endpoint=WHERE), " · docker 28.2"),
        (DockerSeen(at=1.0, version="29", endpoint=WHERE), " · docker 29"),
        (DockerSeen(at=1.0, version="1\x1b[2J.4.9", endpoint=WHERE), " · docker 1.4"),
        (DockerSeen(at=1.0, endpoint=WHERE, problem="No Docker daemon listens."), ""),
    ],
)
def test_docker(docker: DockerSeen, words: str) -> None:
    """Its version in short after the GPUs; nothing where it could not be asked."""
    gpus = GpuSampled(at=0.5, gpus=(Gpu(index=0, name="H200"),))
    snapshot = seen(gpus, docker)
    assert snapshot.docker == docker
    assert place("box", snapshot) == f"box · 1 × H200{words}"


def test_the_newest_look_at_docker_counts() -> None:
    """A daemon that went is not shown any more."""
    came = DockerSeen(at=1.0, version="28.2.2", endpoint=WHERE)
    went = DockerSeen(at=2.0, endpoint=WHERE, problem="No Docker daemon listens.")
    assert seen(came, went).docker == went
    assert place("box", seen(came, went)) == "box"
    assert seen().docker is None
