"""Weights on this machine: what is found, whether it is whole, what must still be downloaded."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from burstview_engines.fit.shape import ModelShape
from burstview_engines.fit.words import decimal

_TELLING = 1000
"""Bytes of a rest below which its size says nothing: what is missing are other files than weights,
or the whole was reckoned too small."""
Kind = Literal["huggingface", "ollama", "gguf"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalModel:
    """One model's weights in a folder of this machine."""

    name: str
    """As its engine calls it: a Hugging Face id, a tag, a file."""
    kind: Kind
    path: Path
    """What tells its shape: a snapshot's folder, or a GGUF file (the first of several)."""
    bytes: int
    """Of weights that are really here."""
    complete: bool
    """An engine can start from it with the network off."""
    sentence: str
    quant: str | None = None
    parameters: str | None = None
    """As its own metadata writes it: `751.63M`."""


@dataclass(frozen=True, slots=True)
class Stock:
    """What a folder holds."""

    models: tuple[LocalModel, ...] = ()
    remark: str = ""
    """One sentence if something could not be looked at; empty otherwise."""

    def find(self, name: str) -> LocalModel | None:
        """The model of that name; a tag without `:` is `:latest`."""
        wanted = {name.lower(), f"{name.lower()}:latest"}
        return next((model for model in self.models if model.name.lower() in wanted), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """What a start would have to fetch."""

    is_needed: bool
    bytes: int | None = None
    """Still to come; None where it is not known."""
    is_estimate: bool = False
    fits_on_disk: bool | None = None
    sentence: str = ""


def download_needed(
    model: str,
    found: LocalModel | None,
    *,
    size: int | None = None,
    shape: ModelShape | None = None,
    free_disk: int | None = None,
    offline: bool = False,
) -> Download:
    """What is missing of that model. `size` is the whole download's where it was read; else it is
    reckoned from the shape."""
    if found is not None and found.complete:
        return Download(is_needed=False, bytes=0, fits_on_disk=True, sentence=found.sentence)
    if offline:
        return Download(is_needed=True, sentence=_offline(model, found))
    whole = size if size is not None else (shape.stored_bytes if shape else None)
    missing = None if whole is None else whole - (found.bytes if found else 0)
    if missing is not None and missing < _TELLING:
        missing = None
    fits = None if missing is None or free_disk is None else missing < free_disk
    return Download(
        is_needed=True,
        bytes=missing,
        is_estimate=size is None,
        fits_on_disk=fits,
        sentence=_missing(model, found, missing, free_disk, about=size is None),
    )


def free_disk(folder: Path) -> int | None:
    """Bytes free where that folder is or would be made; None where nobody tells."""
    for place in (folder, *folder.parents):
        try:
            return shutil.disk_usage(place).free
        except FileNotFoundError:
            continue
        except OSError:
            return None
    return None


def _offline(model: str, found: LocalModel | None) -> str:
    here = "is here only in part" if found else "is not on this machine"
    return f"{model} {here} and the network is off: download it first, or choose one that is here."


def _missing(
    model: str, found: LocalModel | None, missing: int | None, free: int | None, *, about: bool
) -> str:
    what = f"the rest of {model}" if found else model
    if missing is None and found is not None:
        return f"{found.sentence} The rest must be downloaded; how much that is, is not known."
    if missing is None:
        return f"{what} must be downloaded; how much that is, is not known."
    amount = f"{'about ' if about else ''}{decimal(missing)}"
    if free is not None and missing >= free:
        return (
            f"{what} must be downloaded, {amount}, and the disk has {decimal(free)} free:"
            " make room, or choose a smaller model."
        )
    return f"{what} must be downloaded: {amount}" + (
        "." if free is None else f"; the disk has {decimal(free)} free."
    )
