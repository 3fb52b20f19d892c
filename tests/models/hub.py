"""A Hugging Face cache as huggingface_hub leaves it: blobs, and links to them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

REVISION = "c1899de289a04d12100db370d81485cdf75e47ca"
SMALL = {"config.json": 700, "tokenizer.json": 900, "model.safetensors": 5000}


def cached(
    cache: Path,
    model: str = "Qwen/Qwen3-0.6B",
    files: Mapping[str, int] = SMALL,
    missing: tuple[str, ...] = (),
    incomplete: int = 0,
    main: str | None = REVISION,
) -> Path:
    """The snapshot's folder. `missing`: links whose blobs are not there."""
    folder = cache / f"models--{model.replace('/', '--')}"
    snapshot = folder / "snapshots" / REVISION
    (folder / "blobs").mkdir(parents=True, exist_ok=True)
    snapshot.mkdir(parents=True, exist_ok=True)
    for name, size in files.items():
        blob = folder / "blobs" / f"blob-{name}"
        if name not in missing:
            sized(blob, size)
        (snapshot / name).symlink_to(f"../../blobs/{blob.name}")
    if incomplete:
        sized(folder / "blobs" / "abc.incomplete", incomplete)
    if main is not None:
        (folder / "refs").mkdir(exist_ok=True)
        (folder / "refs" / "main").write_text(main)
    return snapshot


def sharded(cache: Path, count: int, there: int) -> Path:
    """A model of that many shards, some of them there."""
    names = [f"model-{n:05}-of-{count:05}.safetensors" for n in range(1, count + 1)]
    small = {"config.json": 10, "tokenizer_config.json": 10}
    snapshot = cached(cache, files=small | dict.fromkeys(names[:there], 1000))
    index = {"metadata": {"total_size": 1000 * count}, "weight_map": {n: n for n in names}}
    (snapshot / "model.safetensors.index.json").write_text(json.dumps(index))
    return snapshot


def sized(path: Path, size: int) -> Path:
    """A sparse file."""
    with path.open("wb") as file:
        file.truncate(size)
    return path
