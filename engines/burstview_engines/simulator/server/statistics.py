"""What an engine counts about its requests, for its own /metrics."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

TTFT_BOUNDS = (
    0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75,
    1.0, 2.5, 5.0, 7.5, 10.0, 20.0, 40.0, 80.0, 160.0, 640.0, 2560.0,
)  # fmt: skip
E2E_BOUNDS = (
    0.3, 0.5, 0.8, 1.0, 1.5, 2.0, 2.5, 5.0, 10.0, 15.0, 20.0,
    30.0, 40.0, 50.0, 60.0, 120.0, 240.0, 480.0, 960.0, 1920.0, 7680.0,
)  # fmt: skip
"""Bucket bounds in seconds as vLLM 0.32 has them; queue, prefill and decode use the second row."""
STEP_BOUNDS = (
    1.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0, 8192.0, 16384.0,
)  # fmt: skip
"""In tokens."""


class Histogram:
    """Counts per bucket, cumulated only when shown."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = tuple(bounds)
        self.total = 0.0
        self._counts = [0] * (len(self.bounds) + 1)

    def observe(self, value: float) -> None:
        """One measurement; a value on a bound belongs to that bound's bucket."""
        self._counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    @property
    def count(self) -> int:
        """All measurements."""
        return sum(self._counts)

    def buckets(self) -> list[tuple[str, int]]:
        """(bound as text, measurements up to it), `+Inf` last."""
        shown = []
        running = 0
        for bound, count in zip((*map(str, self.bounds), "+Inf"), self._counts, strict=True):
            running += count
            shown.append((bound, running))
        return shown


@dataclass(slots=True)
class Statistics:
    """Totals since the server began."""

    prompt_tokens: int = 0
    generated_tokens: int = 0
    preemptions: int = 0
    steps: int = 0
    """Forward passes; waits are not counted."""
    step_tokens: int = 0
    """Tokens that went through the layers in them, those computed again included."""
    rows: int = 0
    """Sum over the forward passes of the requests that they computed."""
    memory_seconds: float = 0.0
    """Seconds that the GPU's memory was in use, reckoned at its full rate."""
    tensor_seconds: float = 0.0
    """The same of its tensor cores."""
    longest: int = 0
    """Longest prompt and answer together, in tokens."""
    prompt_time: float = 0.0
    """Seconds from a seat to the first token, summed over ended requests."""
    decode_time: float = 0.0
    ended_prompt_tokens: int = 0
    ended_generated_tokens: int = 0
    finished: Counter[str] = field(default_factory=Counter)
    """Ended requests by finish reason; a client that left counts nowhere."""
    ttft: Histogram = field(default_factory=lambda: Histogram(TTFT_BOUNDS))
    e2e: Histogram = field(default_factory=lambda: Histogram(E2E_BOUNDS))
    queue: Histogram = field(default_factory=lambda: Histogram(E2E_BOUNDS))
    prefill: Histogram = field(default_factory=lambda: Histogram(E2E_BOUNDS))
    decode: Histogram = field(default_factory=lambda: Histogram(E2E_BOUNDS))
    iteration: Histogram = field(default_factory=lambda: Histogram(STEP_BOUNDS))
    """Tokens of each pass as vLLM counts them: prompts whose first token came with it, and all
    tokens that it made."""

    def count_end(
        self,
        *,
        arrived: float,
        started: float,
        first: float,
        ended: float,
        prompt: int,
        output: int,
    ) -> None:
        """A request got its last token; the times are points on one clock."""
        self.e2e.observe(ended - arrived)
        self.queue.observe(started - arrived)
        self.prefill.observe(first - started)
        self.decode.observe(ended - first)
        self.prompt_time += first - started
        self.decode_time += ended - first
        self.ended_prompt_tokens += prompt
        self.ended_generated_tokens += output
        self.longest = max(self.longest, prompt + output)
