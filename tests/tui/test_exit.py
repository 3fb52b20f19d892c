"""However the monitor ends: terminal restored, session closed, nothing left behind."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.pty_terminal import PtyTerminal

ROOT = Path(__file__).parents[2]
RUN = [sys.executable, str(Path(__file__).with_name("run_monitor.py"))]
RESTORED = (rb"\x1b\[\?1049l", rb"\x1b\[\?25h", rb"\x1b\[\?1000l", rb"\x1b\[\?1003l", rb"\x1b\[<u")
"""Alternate screen left, cursor shown, both mouse modes and the keyboard protocol off."""


@pytest.fixture
def diary(tmp_path: Path) -> Path:
    """Where the session tells what became of it."""
    return tmp_path / "diary"


@pytest.fixture
def terminal(diary: Path) -> Iterator[PtyTerminal]:
    """The monitor, painted and with its session open."""
    env = {"PYTHONPATH": f"{ROOT / 'tui'}:{ROOT / 'engines'}:{ROOT}"}
    with PtyTerminal([*RUN, str(diary)], env=env, cwd=ROOT) as terminal:
        assert terminal.wait_for_text("Ollama", 20.0)
        yield terminal


def assert_restored(terminal: PtyTerminal, since: int) -> None:
    """What was switched on is off again, and nothing was complained about."""
    for sequence in RESTORED:
        assert terminal.wait_for(sequence, since) is not None, sequence
    assert b"Traceback" not in terminal.data()
    assert b"Error" not in terminal.data()


@pytest.mark.parametrize("key", [b"q", b"\x03"], ids=["q", "ctrl+c"])
def test_keys_leave_cleanly(terminal: PtyTerminal, diary: Path, key: bytes) -> None:
    """Status 0."""
    since = len(terminal.chunks)
    terminal.send(key)
    assert terminal.wait() == 0
    assert diary.read_text().split() == ["opened", "closed"]
    assert_restored(terminal, since)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_signals_leave_cleanly(terminal: PtyTerminal, diary: Path, number: signal.Signals) -> None:
    """The status tells of the signal, as a shell would."""
    since = len(terminal.chunks)
    terminal.process.send_signal(number)
    assert terminal.wait() == 128 + number
    assert diary.read_text().split() == ["opened", "closed"]
    assert_restored(terminal, since)


def test_a_dead_terminal_ends_the_monitor(terminal: PtyTerminal, diary: Path) -> None:
    """It neither spins nor blocks, and the session is closed."""
    terminal.hang_up()
    assert terminal.wait() == 128 + signal.SIGHUP
    assert diary.read_text().split() == ["opened", "closed"]


def test_a_dead_terminal_in_mid_burst(terminal: PtyTerminal, diary: Path) -> None:
    """The same while a burst is drawn and a worker waits for its end."""
    terminal.send(b"d")
    assert terminal.wait_for_text("CANCEL")
    terminal.hang_up()
    assert terminal.wait() == 128 + signal.SIGHUP
    assert diary.read_text().split() == ["opened", "closed"]


def test_a_dead_terminal_without_sighup(diary: Path) -> None:
    """Under nohup the hang-up itself is noticed."""
    env = {"PYTHONPATH": f"{ROOT / 'tui'}:{ROOT / 'engines'}:{ROOT}"}
    shell = ["/bin/sh", "-c", 'trap "" HUP; exec "$@"', "sh"]
    with PtyTerminal([*shell, *RUN, str(diary)], env=env, cwd=ROOT) as terminal:
        assert terminal.wait_for_text("Ollama", 20.0)
        terminal.hang_up()
        assert terminal.wait() == 128 + signal.SIGHUP
    assert diary.read_text().split() == ["opened", "closed"]
