"""How long a key waits in the form of a start: when it opens, and when another engine is chosen.

The real monitor in a real pseudo-terminal, without Docker. Run it on a quiet machine:
`python -m tests.benchmarks.bench_launch_keys [--runs N] [--pause SECONDS] [--json]`.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path

import pyte
from tests.pty_terminal import PtyTerminal
from tests.standins import environment

BOUND_MS = 100.0
ARGV = (sys.executable, "-m", "burstview", "--docker-host", "none")
RIGHT, DOWN = b"\x1b[C", b"\x1b[B"
KEYS = (
    ("open", b"n", "Start an engine"),
    ("form", b"", "Options of Ollama"),
    ("to vLLM", RIGHT, "Options of vLLM"),
    ("to llama.cpp", RIGHT, "Options of llama.cpp"),
    ("to SGLang", RIGHT, "Options of SGLang"),
    ("back to Ollama", RIGHT, "Options of Ollama"),
    ("again vLLM", RIGHT, "Options of vLLM"),
)
"""What is measured, the key, and what stands on the screen then."""


def waits(env: Mapping[str, str], pause: float) -> dict[str, float]:
    """Seconds from each key to the bytes that show what it does."""
    sent: list[tuple[str, float, str]] = []
    with PtyTerminal(ARGV, env=env) as terminal:
        assert terminal.wait_for_text("burstview", 20.0), "the monitor did not come"
        threading.Event().wait(1.0)
        terminal.send(b"g")
        assert terminal.wait_for_text("Engines", 10.0), "the engines screen did not come"
        for name, key, text in KEYS:
            if key:
                threading.Event().wait(pause)
            sent.append((name, terminal.send(key) if key else sent[-1][1], text))
        threading.Event().wait(1.0)
        chunks = list(terminal.chunks)
        terminal.close(b"\x1b")
    found = _shown(chunks, sent)
    assert len(found) == len(KEYS), f"only these were shown: {found}"
    return found


def _shown(
    chunks: list[tuple[float, bytes]], sent: list[tuple[str, float, str]]
) -> dict[str, float]:
    """When each text came to stand there. A terminal reads it all again, chunk by chunk: at once it
    would take as much of the machine as the monitor."""
    screen = pyte.Screen(120, 40)
    stream, found = pyte.ByteStream(screen), dict[str, float]()
    left = list(sent)
    for second, data in chunks:
        stream.feed(data)
        lines = screen.display
        while left and second > left[0][1] and any(left[0][2] in line for line in lines):
            name, sent_at, _ = left.pop(0)
            found[name] = second - sent_at
    return found


def main() -> int:
    """Print the longest of each; status 1 when one is beyond the bound."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--pause", type=float, default=1.0, help="seconds between two keys")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        env = environment(home / "bin", home, XDG_STATE_HOME=str(home / "state"))
        runs = [waits(env, args.pause) for _ in range(args.runs)]
    told = {name: [round(1000 * run[name], 1) for run in runs if name in run] for name, *_ in KEYS}
    print(json.dumps(told) if args.json else "\n".join(f"{n:<15} {v}" for n, v in told.items()))
    return 0 if max(max(times) for times in told.values()) <= BOUND_MS else 1


if __name__ == "__main__":
    raise SystemExit(main())
