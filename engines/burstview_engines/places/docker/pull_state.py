"""How far the pull of an image is, folded from the daemon's events. Pure; time comes in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import msgspec

from burstview_engines.core.prepared import prepare
from burstview_engines.core.text import one_line
from burstview_engines.fit.words import decimal

STALL = 20.0
"""Seconds without a byte after which a download counts as stalled."""
UNPACKING = 0.25
"""Share of a layer's work that unpacking takes, roughly; the rest is its download."""

Step = Literal["waiting", "downloading", "downloaded", "unpacking", "complete"]
_STEPS: dict[str, Step] = {
    "Pulling fs layer": "waiting",
    "Waiting": "waiting",
    "Downloading": "downloading",
    "Verifying Checksum": "downloaded",
    "Download complete": "downloaded",
    "Extracting": "unpacking",
    "Pull complete": "complete",
    "Already exists": "complete",
}


class Detail(msgspec.Struct, frozen=True):
    """Bytes of a layer; unpacking counts the same bytes again."""

    current: int | None = None
    total: int | None = None


class _Error(msgspec.Struct, frozen=True):
    message: str = ""


class PullEvent(msgspec.Struct, frozen=True):
    """One line of a pull."""

    status: str = ""
    id: str = ""
    detail: Detail = msgspec.field(name="progressDetail", default=Detail())
    error: str | None = None
    more: _Error | None = msgspec.field(name="errorDetail", default=None)

    @property
    def failure(self) -> str | None:
        """The daemon's words; the pull then ends as if nothing were wrong."""
        return (self.more.message if self.more else "") or self.error


prepare(PullEvent)


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of the image. Bytes are those of the download, packed."""

    step: Step = "waiting"
    received_bytes: int = 0
    total_bytes: int | None = None
    """None until its download begins, and of a layer that was here already."""
    unpacked: float = 0.0
    """Share."""


@dataclass(frozen=True, slots=True)
class PullState:
    """Begins empty: the registry is asked."""

    layers: Mapping[str, Layer] = field(default_factory=dict)
    retry: str = ""
    """`Retrying in 5 seconds`: the daemon tries a broken download five times, for minutes."""
    moved_at: float = 0.0
    """When the last byte or step came."""
    now: float = 0.0

    @property
    def complete_layers(self) -> int:
        """Unpacked, or here already."""
        return sum(layer.step == "complete" for layer in self.layers.values())

    @property
    def received_bytes(self) -> int:
        """Of all layers that were not here already."""
        return sum(layer.received_bytes for layer in self.layers.values())

    @property
    def total_bytes(self) -> int | None:
        """None while no layer has told; layers that wait are not in it, see `is_total_known`."""
        told = [layer.total_bytes for layer in self.layers.values() if layer.total_bytes]
        return sum(told) or None

    @property
    def is_total_known(self) -> bool:
        """No layer waits for its download."""
        return all(layer.step != "waiting" for layer in self.layers.values())

    @property
    def stalled_seconds(self) -> float | None:
        """How long nothing has come; None below 20 s."""
        silent = self.now - self.moved_at
        return silent if silent >= STALL else None

    @property
    def fraction(self) -> float | None:
        """0 to 1; layers of unknown size count as an average one. None before any layer."""
        sizes = [layer.total_bytes for layer in self.layers.values() if layer.total_bytes]
        if not self.layers or (not sizes and not self.complete_layers):
            return 0.0 if self.layers else None
        usual = sum(sizes) / len(sizes) if sizes else 1.0
        weights = [(layer.total_bytes or usual, _done(layer)) for layer in self.layers.values()]
        return sum(weight * done for weight, done in weights) / sum(size for size, _ in weights)

    @property
    def words(self) -> str:
        """`3 of 7 layers, 1.2 of 4.0 GB`; what goes wrong comes first."""
        if not self.layers:
            return self._trouble or "asking the registry"
        parts = [self._trouble, f"{self.complete_layers} of {len(self.layers)} layers", self._bytes]
        return ", ".join(part for part in parts if part)

    @property
    def _trouble(self) -> str:
        if self.retry:
            return self.retry
        silent = self.stalled_seconds
        return "" if silent is None else f"no byte for {silent:.0f} s"

    @property
    def _bytes(self) -> str:
        total = self.total_bytes
        if total is None:
            return ""
        if all(
            layer.step in ("downloaded", "unpacking", "complete") for layer in self.layers.values()
        ):
            return "unpacking" if self.complete_layers < len(self.layers) else decimal(total)
        least = "" if self.is_total_known else "at least "
        received, whole = decimal(self.received_bytes), decimal(total)
        if received.split()[-1] == whole.split()[-1]:
            received = received.split()[0]
        return f"{received} of {least}{whole}"

    def at(self, now: float) -> PullState:
        """The same, later."""
        return replace(self, now=now)

    def fold(self, event: PullEvent, now: float) -> PullState:
        """With one more event. Events that tell nothing of a layer change only the time."""
        if event.status.startswith("Retrying in"):
            return replace(self, retry=one_line(event.status, 40), now=now)
        step = _STEPS.get(event.status)
        if step is None or not event.id:
            return replace(self, now=now)
        old = self.layers.get(event.id, Layer())
        new = _stepped(old, step, event.detail)
        moved_at = self.moved_at if new == old and event.id in self.layers else now
        retry = (
            "" if new.received_bytes != old.received_bytes or step != "downloading" else self.retry
        )
        layers = {**self.layers, event.id: new}
        return replace(self, layers=layers, retry=retry, moved_at=moved_at, now=now)


def _stepped(old: Layer, step: Step, detail: Detail) -> Layer:
    total = detail.total or old.total_bytes
    match step:
        case "waiting":
            return replace(old, step=step)
        case "downloading":
            return Layer(step, detail.current or 0, total)
        case "downloaded":
            return replace(old, step=step, received_bytes=old.total_bytes or old.received_bytes)
        case "unpacking":
            whole = old.total_bytes or total
            share = (detail.current or 0) / total if total else 0.0
            return Layer(step, whole or 0, whole, min(share, 1.0))
        case "complete":
            return Layer(step, old.total_bytes or 0, old.total_bytes, 1.0)


def _done(layer: Layer) -> float:
    if layer.step == "complete":
        return 1.0
    received = layer.received_bytes / layer.total_bytes if layer.total_bytes else 0.0
    return (1 - UNPACKING) * min(received, 1.0) + UNPACKING * layer.unpacked
