"""How long a key waits on the engines screen while two engines start, log and are asked.

Local processes on stand-ins, the real monitor in a real pseudo-terminal. Run it on a quiet machine:
`python -m tests.benchmarks.bench_engine_keys [--keys N] [--json]`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path

from tests.pty_terminal import PtyTerminal
from tests.standins import environment

from burstview_engines.core.metrics import percentile

BOUND_MS = 100.0
UP, DOWN = b"\x1b[A", b"\x1b[B"
SHOWN = r"▸".encode()
BURSTVIEW = (sys.executable, "-m", "burstview")
ENGINES = (("ollama", "one"), ("vllm", "two"))


def start_engines(env: Mapping[str, str]) -> None:
    """Two local engines that take half a minute to get ready."""
    slow = "BURSTVIEW_STANDIN_START_SECONDS=30"
    for engine, name in ENGINES:
        model = ("-m", "Qwen/Qwen3-0.6B") if engine == "vllm" else ()
        line = (
            "up",
            engine,
            "--process",
            "--docker-host",
            "none",
            "--name",
            name,
            "--gpus",
            "none",
        )
        subprocess.run([*BURSTVIEW, *line, *model, "-e", slow, "--no-wait"], env=env, check=True)


def stop_engines(env: Mapping[str, str]) -> None:
    """Whatever became of them."""
    line = (*BURSTVIEW, "down", "--all", "--docker-host", "none")
    subprocess.run(line, env=env, check=False)


def waits(env: Mapping[str, str], keys: int) -> list[float]:
    """Seconds from each arrow key to the bytes that show it; 2 where none came."""
    argv = (*BURSTVIEW, "--docker-host", "none")
    found = []
    with PtyTerminal(argv, env=env) as terminal:
        assert terminal.wait_for_text("starting", 20.0), "the engines did not come"
        terminal.send(b"g")
        assert terminal.wait_for_text("Owner", 10.0), "the engines screen did not come"
        for number in range(keys):
            threading.Event().wait(0.1 + 0.013 * (number % 8))
            chunk = len(terminal.chunks)
            sent = terminal.send(DOWN if number % 2 == 0 else UP)
            shown = terminal.wait_for(SHOWN, since=chunk, timeout=2.0)
            found.append(2.0 if shown is None else shown - sent)
        terminal.close(b"q")
    return found


def main() -> int:
    """Print the times; status 1 when the worst is beyond the bound."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=60)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        env = dict(environment(home / "bin", home, XDG_STATE_HOME=str(home / "state")))
        try:
            start_engines(env)
            times = waits(env, args.keys)
        finally:
            stop_engines(env)
    told = {f"p{at}_ms": round(1000 * (percentile(times, at) or 0), 1) for at in (50, 95)}
    told |= {"max_ms": round(1000 * max(times), 1), "bound_ms": BOUND_MS}
    print(json.dumps(told) if args.json else "\n".join(f"{n:<9} {v:>7}" for n, v in told.items()))
    return 0 if told["max_ms"] <= BOUND_MS else 1


if __name__ == "__main__":
    raise SystemExit(main())
