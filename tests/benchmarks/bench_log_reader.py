"""What it costs to read an engine's log, beside trying every pattern on every line.

    python -m tests.benchmarks.bench_log_reader [LOG ...]

Without arguments it reads the log of a real Ollama that served 202 requests.
"""

from __future__ import annotations

import gzip
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.launch.logs import FOLDER, RULES

from burstview_engines.launch.log_reader import LogReader
from burstview_engines.launch.log_rules import RuleSet
from burstview_engines.launch.slot_lines import SlotBook

REPEATS = 5
"""The best of them is shown: others share the machine."""


def main(paths: list[Path]) -> None:
    """One table a log; all ways of reading it take turns."""
    for path in paths or [FOLDER / "ollama-np1.log.gz"]:
        data = path.read_bytes()
        text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8", "replace")
        table(path, text, RULES[next(engine for engine in RULES if path.name.startswith(engine))])


def table(path: Path, text: str, rules: RuleSet) -> None:
    """Lines a second, CPU a line and a megabyte."""
    lines = text.split("\n")
    size = len(text.encode()) / 1e6
    print(f"{path.name}: {len(lines):,} lines, {size:.1f} MB, {len(_patterns(rules))} patterns")
    ways = {
        "reader, line by line": lambda: one_by_one(lines, rules),
        "reader, all at once": lambda: LogReader(rules).feed(text),
        "every pattern": lambda: naive(lines, rules),
        "slots only": lambda: slots(lines),
    }
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(REPEATS):
        for name, way in ways.items():
            best[name] = min(best[name], _cpu(way))
    for name, seconds in best.items():
        each = seconds / len(lines)
        print(
            f"  {name:22} {1 / each:12,.0f} lines/s {each * 1e6:8.2f} µs a line"
            f" {seconds / size * 1e3:8.1f} ms of CPU a MB"
        )


def one_by_one(lines: list[str], rules: RuleSet) -> object:
    """As a follower hands them over."""
    reader = LogReader(rules)
    for line in lines:
        reader.feed(line)
    return reader


def naive(lines: list[str], rules: RuleSet) -> object:
    """Without hints."""
    patterns = _patterns(rules)
    return [pattern for line in lines for pattern in patterns if pattern.search(line)]


def slots(lines: list[str]) -> object:
    """Who sits where."""
    book = SlotBook()
    for line in lines:
        book.feed(line)
    return book


def _patterns(rules: RuleSet) -> list[re.Pattern[str]]:
    return [rule.pattern for rule in (*rules.phases, *rules.failures)]


def _cpu(way: Callable[[], object]) -> float:
    begun = time.process_time()
    way()
    return time.process_time() - begun


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
