"""Fires one burst from the monitor, which draws it in a terminal of 120x40 meanwhile.

Takes the same options as `fire_once.py`. The terminal is read on the core of the server, so that
only the monitor and its workers run on that of the tool.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from tests.pty_terminal import PtyTerminal

SERVER_CORE, TOOL_CORE = 0, 1
CONFIG = '[[backends]]\nname = "truth"\nurl = "{url}"\nmodel = "truth"\n'
PATIENCE = 60.0
"""Seconds for the whole burst."""
LOOK = 0.1
READY = "Move the slider, then press"
"""The monitor's first advice, given once an engine is ready."""


def fire(chosen: argparse.Namespace, config: Path) -> None:
    """Open the monitor, press f, wait for the run's end in the recording, press q."""
    burst = ["-c", str(chosen.c), "-n", str(chosen.n), "--no-warm-up"]
    files = ["--config", str(config), "--record", str(chosen.record)]
    pinned = ["taskset", "-c", str(TOOL_CORE), sys.executable, "-m", "burstview"]
    with PtyTerminal([*pinned, *files, *burst]) as terminal:
        if not terminal.wait_for_text(READY):
            raise RuntimeError("the monitor did not find the server")
        terminal.send(b"f")
        end = time.monotonic() + PATIENCE
        while b'"run-ended"' not in chosen.record.read_bytes():
            if time.monotonic() > end:
                raise RuntimeError("the burst did not end")
            time.sleep(LOOK)
        terminal.close(b"q")


def main() -> None:
    """Take the options; leave the tool's core to the tool."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("-c", type=int, required=True)
    parser.add_argument("-n", type=int, required=True)
    parser.add_argument("--record", type=Path, required=True)
    chosen = parser.parse_args()
    os.sched_setaffinity(0, {SERVER_CORE})
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config.toml"
        config.write_text(CONFIG.format(url=chosen.url))
        fire(chosen, config)


if __name__ == "__main__":
    main()
