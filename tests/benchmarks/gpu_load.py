"""Works on a GPU as it is told on standard input; prints a line when it is done. Needs torch.

work SECONDS [GPU]   one matrix product after the other
grow GIBS            takes memory, a GiB each 0.5 s
burst MILLISECONDS   works for so long, then is idle
copy SECONDS         from GPU 0 to GPU 1
free                 gives back what it grew
"""

from __future__ import annotations

import sys
import time

import torch

SIZE = 8192
GIB = 1 << 30


def main() -> None:
    """Until standard input ends."""
    device = torch.device("cuda:0")
    left = torch.randn(SIZE, SIZE, device=device, dtype=torch.bfloat16)
    out = left @ left
    torch.cuda.synchronize()
    held: list[torch.Tensor] = []
    say("ready")
    for line in sys.stdin:
        word, *numbers = line.split()
        began = time.time()
        if word in ("work", "burst"):
            length = float(numbers[0]) / (1000 if word == "burst" else 1)
            until = time.perf_counter() + length
            while time.perf_counter() < until:
                torch.matmul(left, left, out=out)
                torch.cuda.synchronize()
        elif word == "grow":
            for _ in range(int(numbers[0])):
                held.append(torch.empty(GIB, dtype=torch.uint8, device=device))
                torch.cuda.synchronize()
                say(f"holds {len(held)} {time.time():.3f}")
                time.sleep(0.5)
        elif word == "free":
            held.clear()
            torch.cuda.empty_cache()
        elif word == "copy":
            copied = copy(float(numbers[0]))
            say(f"copied {copied:.0f}")
        say(f"done {word} {began:.3f} {time.time():.3f}")


def copy(seconds: float) -> float:
    """Bytes a second from GPU 0 to GPU 1."""
    source = torch.empty(GIB, dtype=torch.uint8, device="cuda:0")
    target = torch.empty(GIB, dtype=torch.uint8, device="cuda:1")
    began, moved = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        target.copy_(source)
        torch.cuda.synchronize(0)
        torch.cuda.synchronize(1)
        moved += GIB
    return moved / (time.perf_counter() - began)


def say(line: str) -> None:
    """At once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
