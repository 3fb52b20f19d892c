"""What /proc says of the processes on a GPU."""

from __future__ import annotations

import getpass
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from burstview_engines.probes.nvml.cpu_use import CpuUse
from burstview_engines.probes.nvml.process import (
    Person,
    ancestors_of,
    command_of,
    person_of,
    started,
)
from burstview_engines.probes.nvml.process_table import ProcessTable
from burstview_engines.probes.nvml.rows import Row, Rows

PROC = Path("/proc")
FIRST = "pid:[4026531836]"


def test_a_process_of_this_machine() -> None:
    """Command, user and parents of a real one."""
    script = "print(flush=True); input()"
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdout.readline()
        person = person_of(PROC, child.pid)
        child.stdin.close()
    if str((PROC / "self/ns/pid").readlink()) != FIRST:
        pytest.skip("in a pid namespace of its own")
    assert person.command == " ".join(command)
    assert person.user == getpass.getuser()
    assert person.ancestors[0] == os.getpid()


def test_a_process_that_is_gone() -> None:
    """All unknown."""
    assert person_of(PROC, 4194303) == Person()
    assert started(PROC, 4194303) is None
    assert CpuUse(PROC, 4194303).look(1.0) == (None, None)


@pytest.mark.parametrize(
    ("cmdline", "command"),
    [
        ("vllm\0serve\0Qwen/Qwen3-0.6B\0", "vllm serve Qwen/Qwen3-0.6B"),
        ("VLLM::EngineCore\0\0\0", "VLLM::EngineCore"),
        ("", "python3"),
        ("a\x1b[31m\0b\n", "a [31m b"),
        ("x" * 5000, "x" * 300),
    ],
)
def test_command(cmdline: str, command: str) -> None:
    """As typed, on one line, without control characters."""
    assert command_of(cmdline, "python3\n") == command


def test_no_key_in_a_command() -> None:
    """Recordings are passed on."""
    command = command_of("vllm\0serve\0--api-key\0sk-SECRET\0--hf-token=hf_SECRET\0", "vllm")
    assert command is not None
    assert "SECRET" not in command
    assert command.startswith("vllm serve --api-key")


def test_another_namespace_is_not_believed(tmp_path: Path) -> None:
    """The same number may be another process there, unless it has a GPU open."""
    proc = a_proc(tmp_path, pid=7, namespace="pid:[4026532000]", opened="/dev/null")
    assert person_of(proc, 7) == Person()
    (proc / "7/fd/4").symlink_to("/dev/nvidia0")
    assert person_of(proc, 7).command == "python serve.py"


def test_the_busiest_thread_stands_out() -> None:
    """One full core beside idle threads."""
    script = (
        "import threading, time\n"
        "for _ in range(3): threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
        "print(flush=True)\n"
        "while True: pass\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        use = CpuUse(PROC, child.pid)
        assert use.look(time.monotonic()) == (None, None)
        whole, busiest = shares_after(use, 0.5)
        child.kill()
    assert busiest is not None
    assert whole is not None
    assert 20 < busiest <= 100  # other work may have the machine
    assert busiest == pytest.approx(whole, abs=15)


def shares_after(use: CpuUse, seconds: float) -> tuple[float | None, float | None]:
    """Of the next so many seconds."""
    threading.Event().wait(seconds)
    return use.look(time.monotonic())


def test_readings_too_close_together_repeat_the_last(tmp_path: Path) -> None:
    """The kernel counts in hundredths of a second."""
    proc = a_proc(tmp_path, pid=7)
    use = CpuUse(proc, 7)
    use.look(0.0)
    tick(proc, 7, 50)
    assert use.look(1.0) == (50.0, 50.0)
    tick(proc, 7, 60)
    assert use.look(1.1) == (50.0, 50.0)
    assert use.look(1.5) == (20.0, 20.0)


def test_many_threads_are_read_in_turns(tmp_path: Path) -> None:
    """The busy one is found, and from then on read every time."""
    proc = a_proc(tmp_path, pid=7, threads=300)
    use = CpuUse(proc, 7)
    for at in range(12):
        tick(proc, 7, at * 90, thread=150)
        _, busiest = use.look(float(at))
    assert busiest == pytest.approx(90, abs=1)


def test_a_stat_that_is_not_as_linux_writes_it_tells_nothing(tmp_path: Path) -> None:
    """It is no process that could be named."""
    proc = a_proc(tmp_path, pid=7)
    (proc / "7/stat").write_text("7 (x) S one 1 1 0 -1 0 0 0 0 0 a b c\n")
    assert CpuUse(proc, 7).look(1.0) == (None, None)
    assert started(proc, 7) is None
    assert ancestors_of(proc, 7) == ()


def test_names_are_read_once_a_process(tmp_path: Path) -> None:
    """The same number with another start is another process."""
    proc = a_proc(tmp_path, pid=7)
    card = SimpleNamespace(index=0, rows=Rows(1.0, (Row(7, memory_bytes=5), Row(0))))
    table = ProcessTable(lambda: 1.0, proc)
    names = [command(table, card)]
    (proc / "7/cmdline").write_text("another\0")
    names.append(command(table, card))
    stat(proc / "7", 0, start=99)
    names.append(command(table, card))
    assert names == ["python serve.py", "python serve.py", "another"]


def command(table: ProcessTable, card: SimpleNamespace) -> str | None:
    """Of the first process that has one."""
    seen = table.look([card])
    assert seen is not None
    assert [process.pid for process in seen.processes] == [7, 0]
    return seen.processes[0].command


def test_an_old_list_says_so(tmp_path: Path) -> None:
    """A GPU that hangs leaves its last list."""
    table = ProcessTable(lambda: 30.0, a_proc(tmp_path, pid=7))
    seen = table.look([SimpleNamespace(index=2, rows=Rows(1.0, (Row(7),)))])
    assert seen is not None
    assert seen.problem == "GPU 2 has not told its processes for a while: the list is old."
    assert table.look([SimpleNamespace(index=2, rows=None)]) is None


def a_proc(
    root: Path, *, pid: int, namespace: str = FIRST, opened: str = "", threads: int = 1
) -> Path:
    """A /proc with one process that has done nothing yet."""
    folder = root / str(pid)
    (folder / "fd").mkdir(parents=True)
    (root / "self/ns").mkdir(parents=True)
    (root / "self/ns/pid").symlink_to(namespace)
    (folder / "cmdline").write_text("python\0serve.py\0")
    (folder / "comm").write_text("python\n")
    (folder / "cgroup").write_text("0::/\n")
    if opened:
        (folder / "fd/3").symlink_to(opened)
    stat(folder, 0)
    for number in range(threads):
        (folder / "task" / str(pid + number)).mkdir(parents=True)
        stat(folder / "task" / str(pid + number), 0)
    return root


def tick(proc: Path, pid: int, ticks: int, thread: int = 0) -> None:
    """The process has run for so long, in this one of its threads."""
    stat(proc / str(pid), ticks)
    stat(proc / str(pid) / "task" / str(pid + thread), ticks)


def stat(folder: Path, ticks: int, start: int = 5) -> None:
    """Its name holds what breaks simple parsers."""
    fields = ["0"] * 50
    fields[0], fields[1], fields[11], fields[19] = "S", "1", str(ticks), str(start)
    (folder / "stat").write_text(f"7 (py) thon 1) {' '.join(fields)}\n")
