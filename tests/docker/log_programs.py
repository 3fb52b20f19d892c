"""What runs in the containers whose logs are followed."""

from __future__ import annotations

COUNT = """
import os, signal, sys, time

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
run = open("/proc/uptime").read().split()[0]
lines, rate = int(os.environ["LINES"]), int(os.environ["RATE"])
step = min(max(rate // 100, 1), 100)
began = time.monotonic()
for at in range(0, lines, step):
    text = "".join(f"{run} {number}\\n" for number in range(at, min(at + step, lines)))
    (sys.stderr if at // step % 7 == 3 else sys.stdout).write(text)
    sys.stdout.flush()
    time.sleep(max(0.0, began + (at + step) / rate - time.monotonic()))
end = os.environ["END"]
if end == "wait":
    signal.pause()
sys.exit(int(end))
"""
"""Numbered lines of the run, LINES of them at RATE a second, on both streams; then END: an exit
code, or `wait`."""

SILENT = "import signal; signal.signal(15, lambda *_: exit()); signal.pause()"

BURN = "while True: pass"

LONG = """
import sys
sys.stdout.write("a" * 40_000 + "z\\n")
sys.stdout.flush()
sys.stdout.write("bar\\rb" * 8_000 + "ready\\n")
sys.stdout.flush()
sys.stdout.buffer.write("ä".encode() * 20_000 + b"\\n")
sys.stdout.flush()
print("\\x1b[31mred\\x1b[0m and \\x1b]0;title\\x07plain")
print("10 %\\r50 %\\rdone")
"""
"""Lines of more than one message, a progress bar, and control sequences."""
