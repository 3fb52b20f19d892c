"""Local engines as real processes: started, found by others, stopped whole, never lost."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from burstview_engines.launch.spec import LaunchSpec
from burstview_engines.places.process import local
from burstview_engines.places.process.local import LocalEngine
from burstview_engines.places.process.record import Asked, Folder
from burstview_engines.places.process.usage import UsageLook
from burstview_engines.source import SessionError

LIMIT = 20.0
FAMILY = """
import signal, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"],
                         start_new_session=True)
print("child", child.pid, flush=True)
time.sleep(600)
"""
"""Like vLLM: a child in a session of its own, that outlives its parent's death."""
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(600)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    """One of its own; whatever was started in it is killed at the end."""
    place = Folder(tmp_path / "processes")
    yield place
    for engine in local.find(place):
        local.kill(engine)
        until(lambda e=engine: not local.get(place, e.asked.name).is_running)


def until(condition: Callable[[], object]) -> None:
    """Fails after the limit."""
    deadline = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.01)


def asked(program: str, name: str = "engine", stop_seconds: float = 5.0) -> Asked:
    """A Python program in the place of an engine."""
    return Asked(
        name=name,
        argv=(sys.executable, "-c", program),
        environment={"GREETING": "hello"},
        url="http://127.0.0.1:1",
        spec=LaunchSpec(engine="vllm", place="process", name=name),
        stop_seconds=stop_seconds,
    )


def ended(folder: Folder, name: str = "engine") -> LocalEngine:
    """Once it is over."""
    until(lambda: not local.get(folder, name).is_running)
    return local.get(folder, name)


def log(folder: Folder, name: str = "engine") -> str:
    """All it printed."""
    path = folder.log_path(name)
    return path.read_text() if path.exists() else ""


def family(folder: Folder) -> list[psutil.Process]:
    """The engine and the child it told of."""
    until(lambda: "child" in log(folder))
    became = local.get(folder, "engine").became
    assert became is not None
    assert became.pid is not None
    child = int(log(folder).split("child ")[1])
    return [psutil.Process(became.pid), psutil.Process(child)]


def test_an_engine_is_started_and_its_end_is_told(folder: Folder) -> None:
    """Exit status, output and both environments."""
    program = "import os; print(os.environ['GREETING'], os.environ['SECRET']); raise SystemExit(3)"
    engine = local.start(folder, asked(program), {"SECRET": "s3cret"})
    assert engine.asked.url == "http://127.0.0.1:1"
    became = ended(folder).became
    assert became is not None
    assert became.exit_code == 3
    assert not became.was_asked_to_stop
    assert "hello s3cret" in log(folder)
    written = folder.asked_path("engine").read_text() + folder.became_path("engine").read_text()
    assert "s3cret" not in written


def test_stop_ends_what_the_engine_left_behind(folder: Folder) -> None:
    """No orphan keeps the GPU's memory."""
    local.start(folder, asked(FAMILY), {})
    processes = family(folder)
    local.stop(local.get(folder, "engine"))
    became = ended(folder).became
    assert became is not None
    assert became.exit_code == 128 + signal.SIGTERM
    assert became.was_asked_to_stop
    assert not any(process.is_running() for process in processes)


def test_kill_ends_all_of_it(folder: Folder) -> None:
    """The whole family, at once."""
    local.start(folder, asked(FAMILY), {})
    processes = family(folder)
    local.kill(local.get(folder, "engine"))
    became = ended(folder).became
    assert became is not None
    assert became.exit_code == 128 + signal.SIGKILL
    assert not any(process.is_running() for process in processes)


def test_an_engine_that_dies_takes_its_family_along(folder: Folder) -> None:
    """Somebody kills the first process from outside: the rest would hold gigabytes."""
    local.start(folder, asked(FAMILY), {})
    processes = family(folder)
    processes[0].kill()
    ended(folder)
    assert not processes[1].is_running()


def test_one_that_does_not_listen_is_killed_after_its_time(folder: Folder) -> None:
    """SIGTERM first, SIGKILL then."""
    local.start(folder, asked(STUBBORN, stop_seconds=0.2), {})
    until(lambda: "deaf" in log(folder))
    local.stop(local.get(folder, "engine"))
    became = ended(folder).became
    assert became is not None
    assert became.exit_code == 128 + signal.SIGKILL


def test_another_session_finds_it_and_may_stop_it(folder: Folder) -> None:
    """What is on disk is all that is needed."""
    local.start(folder, asked("import time; time.sleep(600)"), {})
    other = Folder(folder.path)
    (found,) = local.find(other)
    assert found.is_running
    assert found.asked.spec.engine == "vllm"
    local.stop(found)
    assert not ended(other).is_running


def test_a_name_is_used_once_at_a_time(folder: Folder) -> None:
    """A running one is in the way, an ended one is not."""
    local.start(folder, asked("import time; time.sleep(600)"), {})
    with pytest.raises(SessionError, match="runs already"):
        local.start(folder, asked("pass"), {})
    with pytest.raises(SessionError, match="stop it before removing"):
        local.remove(folder, local.get(folder, "engine"))
    local.kill(local.get(folder, "engine"))
    ended(folder)
    local.start(folder, asked("pass"), {})
    ended(folder)
    local.remove(folder, local.get(folder, "engine"))
    assert local.find(folder) == ()
    with pytest.raises(SessionError, match="There is no local engine engine"):
        local.get(folder, "engine")


def test_a_command_that_is_not_there_is_one_sentence(folder: Folder) -> None:
    """Before anything is written."""
    missing = Asked(
        name="engine",
        argv=("no-such-engine", "serve"),
        environment={},
        url="http://127.0.0.1:1",
        spec=LaunchSpec(engine="vllm", place="process"),
    )
    with pytest.raises(SessionError, match="no command `no-such-engine` on the PATH"):
        local.start(folder, missing, {})
    assert local.find(folder) == ()


@pytest.mark.parametrize("name", ["../x", "", "a b", "-x", "x/y"])
def test_a_name_cannot_leave_the_folder(folder: Folder, name: str) -> None:
    """It becomes a file's name."""
    with pytest.raises(SessionError, match="is no name"):
        local.start(folder, asked("pass", name), {})


def test_a_supervisor_that_was_killed_takes_its_engine_with_it(folder: Folder) -> None:
    """Nobody could stop it any more; and nobody told the end, so nobody knows it."""
    local.start(folder, asked("import time; time.sleep(600)"), {})
    engine = local.get(folder, "engine")
    assert engine.became is not None
    assert engine.became.pid is not None
    psutil.Process(engine.became.supervisor).kill()
    until(lambda: local.get(folder, "engine").was_lost)
    assert not local.get(folder, "engine").is_running
    pid = engine.became.pid
    until(lambda: not psutil.pid_exists(pid))


def test_what_it_uses_is_summed_over_its_processes(folder: Folder) -> None:
    """The first look knows no CPU; later ones do, and it is that of the burning child."""
    burn = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'while True: pass'])"
    local.start(folder, asked(burn), {})
    became = local.get(folder, "engine").became
    assert became is not None
    look = UsageLook(became)
    first = look.look()
    assert first is not None
    assert first.cpu_percent is None
    seen: list[float] = []

    def burns() -> bool:
        usage = look.look()
        assert usage is not None
        seen.append(usage.cpu_percent or 0.0)
        return usage.pids == 2 and seen[-1] > 10

    until(burns)
    local.kill(local.get(folder, "engine"))
    ended(folder)
    assert look.look() is None
