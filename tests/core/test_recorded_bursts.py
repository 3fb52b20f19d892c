"""Bursts that this program recorded on an H100: what held them back is found again."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from burstview_engines.core.events import decode
from burstview_engines.core.session import SessionFold

RECORDINGS = Path(__file__).resolve().parents[1] / "data" / "recordings"
FOUND = {
    "llamacpp-np16-16x256": ("cpu", "one thread of llama-server filled 100 % of a core"),
    "llamacpp-np16-1x256": ("cpu", "one thread of llama-server filled 100 % of a core"),
    "llamacpp-np4-16x128": ("queue", "more seats may not help: 4 at once made only ×1.7"),
    "llamacpp-np1-16x128": ("queue", "1 seat for 16 requests, up to 15 waited"),
    "llamacpp-np16-4x256-beside-torch": ("other-process", r"hog.py (pid 7743) had 99 % of its SMs"),
    "llamacpp-4b-np1-1x256": ("unknown", "neither idle nor at a limit (SM 78 %, tensor 1.3 %"),
    "llamacpp-4b-np8-8x256": ("cpu", "one thread of llama-server filled 100 % of a core"),
}
"""By what was fired at which server: a real llama.cpp server with random weights (0.6B, or 4B where
named), alone on the card or beside matrix products."""


def session(name: str) -> SessionFold:
    """All of one recording."""
    fold = SessionFold()
    for line in gzip.decompress((RECORDINGS / f"h100-{name}.jsonl.gz").read_bytes()).splitlines():
        fold.apply(decode(line))
    fold.settle()
    return fold


def test_no_recording_is_left_out() -> None:
    """Each has its expected finding."""
    names = {path.name.removeprefix("h100-") for path in RECORDINGS.glob("h100-*.jsonl.gz")}
    assert names == {f"{name}.jsonl.gz" for name in FOUND}


@pytest.mark.parametrize("name", sorted(FOUND))
def test_what_held_a_recorded_burst_back_is_found_again(name: str) -> None:
    """From the samples in it alone."""
    found = session(name).snapshot().runs[-1].held_back
    assert found is not None
    assert (found.cause, FOUND[name][1] in found.sentence) == (FOUND[name][0], True), found


def test_a_burst_beside_matrix_products_is_marked() -> None:
    """Its four requests took 5.0 s there and 1.5 s alone."""
    found = session("llamacpp-np16-4x256-beside-torch").snapshot().runs[-1].held_back
    assert found is not None
    assert found.disturbed_by == "hog.py (pid 7743) used 99 % of the GPU"
    alone = session("llamacpp-np16-16x256").snapshot().runs[-1].held_back
    assert alone is not None
    assert alone.disturbed_by is None
