"""The harness for programs in a pseudo-terminal."""

from __future__ import annotations

import sys

from tests.pty_terminal import PtyTerminal

ECHO = """
import sys, termios, tty
tty.setraw(0)
print("size", *__import__("os").get_terminal_size(0)[::-1], end="\\r\\n", flush=True)
sys.stdout.write("\\x1b[6n"); sys.stdout.flush()
answer = sys.stdin.read(6)
print("answer", repr(answer), end="\\r\\n", flush=True)
print("key", repr(sys.stdin.read(1)), end="\\r\\n", flush=True)
sys.stdin.read(1)
"""


def test_a_program_has_a_terminal_of_its_own() -> None:
    """Size, answers to queries, keys, what is on screen and when, and an end."""
    with PtyTerminal([sys.executable, "-c", ECHO], columns=90, lines=20) as terminal:
        assert terminal.wait_for_text("answer '\\x1b[1;1R'")
        sent = terminal.send(b"k")
        shown = terminal.wait_for(rb"key 'k'")
        assert shown is not None
        assert sent <= shown + 0.05
        assert terminal.screen().display[0].rstrip() == "size 20 90"
        assert (terminal.first_paint() or 9.9) <= shown
        assert terminal.resident_bytes() > 1 << 20
        assert terminal.cpu_seconds() >= 0.0
    assert terminal.process.poll() is not None


def test_a_hang_up_reaches_the_program() -> None:
    """When the terminal dies, its session leader gets SIGHUP."""
    program = (
        "import signal; signal.signal(signal.SIGHUP, signal.SIG_DFL); "  # nohup's is inherited
        "print('up', flush=True); signal.pause()"
    )
    with PtyTerminal([sys.executable, "-c", program]) as terminal:
        assert terminal.wait_for_text("up")
        terminal.hang_up()
        assert terminal.wait() == -1
