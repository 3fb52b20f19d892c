"""Ollama's models folder: manifests by name, blobs by digest; a volume keeps it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

HOST = "registry.ollama.ai"
NAMESPACE = "library"
MODEL_LAYER = "application/vnd.ollama.image.model"
MANIFEST_TYPE = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG_TYPE = "application/vnd.docker.container.image.v1+json"


class Layer(msgspec.Struct, frozen=True, rename="camel"):
    """One blob of a model."""

    digest: str
    size: int
    media_type: str = MODEL_LAYER


class Manifest(msgspec.Struct, frozen=True, rename="camel"):
    """What a registry says of a model, and what the store keeps of it."""

    layers: tuple[Layer, ...]
    config: Layer
    schema_version: int = 2
    media_type: str = MANIFEST_TYPE

    @property
    def blobs(self) -> tuple[Layer, ...]:
        """All of them, the configuration last, as they are pulled."""
        return (*self.layers, self.config)

    @property
    def weights(self) -> Layer | None:
        """The GGUF file."""
        return next((layer for layer in self.layers if layer.media_type == MODEL_LAYER), None)


class Description(msgspec.Struct, frozen=True):
    """The configuration blob."""

    model_format: str = "gguf"
    model_family: str = ""
    model_type: str = ""
    """`600M`."""
    file_type: str = ""
    """`Q4_K_M`."""


@dataclass(frozen=True, slots=True)
class ModelName:
    """`[host/][namespace/]model[:tag]`."""

    host: str
    namespace: str
    model: str
    tag: str
    is_plain: bool = False
    """`http://` stood in front."""

    @classmethod
    def parse(cls, text: str) -> ModelName | None:
        """None for what is no name."""
        scheme, separator, rest = text.strip().partition("://")
        path = rest if separator else scheme
        left, colon, tag = path.rpartition(":")
        if not colon or "/" in tag:
            left, tag = path, "latest"
        parts = left.split("/")
        if not all(parts) or len(parts) > 3 or not tag:
            return None
        model = parts.pop()
        namespace = parts.pop() if parts else NAMESPACE
        host = parts.pop() if parts else HOST
        return cls(host, namespace, model, tag, is_plain=separator != "" and scheme == "http")

    def __str__(self) -> str:
        """As lists show it: what is usual is left out."""
        name = f"{self.model}:{self.tag}"
        if self.host != HOST:
            return f"{self.host}/{self.namespace}/{name}"
        return name if self.namespace == NAMESPACE else f"{self.namespace}/{name}"


class Store:
    """The folder; looked at anew for each question."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def names(self) -> tuple[str, ...]:
        """Of all models with a readable manifest, the newest first."""
        found = [
            (path.stat().st_mtime, str(name))
            for path, name in self._entries()
            if self.manifest(str(name)) is not None
        ]
        return tuple(name for _, name in sorted(found, reverse=True))

    def manifest(self, name: str) -> Manifest | None:
        """None when it is not there or nonsense."""
        path = self._path(name)
        try:
            return None if path is None else msgspec.json.decode(path.read_bytes(), type=Manifest)
        except (OSError, msgspec.DecodeError):
            return None

    def digest(self, name: str) -> str:
        """Of the manifest, as lists show it."""
        path = self._path(name)
        try:
            return hashlib.sha256(path.read_bytes()).hexdigest() if path else ""
        except OSError:
            return ""

    def written(self, name: str) -> float:
        """When the model came, Unix seconds; 0 when it is not there."""
        path = self._path(name)
        try:
            return path.stat().st_mtime if path else 0.0
        except OSError:
            return 0.0

    def description(self, name: str) -> Description:
        """Empty where the blob does not tell."""
        manifest = self.manifest(name)
        if manifest is None:
            return Description()
        try:
            return msgspec.json.decode(self.blob(manifest.config).read_bytes(), type=Description)
        except (OSError, msgspec.DecodeError):
            return Description()

    def blob(self, layer: Layer) -> Path:
        """Where a blob lies once it is complete."""
        return self.folder / "blobs" / layer.digest.replace(":", "-")

    def partial(self, layer: Layer) -> Path:
        """Where it grows."""
        return self.folder / "blobs" / f"{layer.digest.replace(':', '-')}-partial"

    def write(self, name: str, manifest: bytes) -> None:
        """The model is there from now on. Raises OSError."""
        path = self._path(name)
        assert path is not None
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(manifest)

    def remove(self, name: str) -> bool:
        """Forget it and the blobs that no other model needs; False when it is not there."""
        manifest, path = self.manifest(name), self._path(name)
        if manifest is None or path is None:
            return False
        path.unlink(missing_ok=True)
        kept = {layer.digest for layer in self._all_blobs()}
        for layer in manifest.blobs:
            if layer.digest not in kept:
                self.blob(layer).unlink(missing_ok=True)
        return True

    def count_blobs(self) -> int:
        """For the log."""
        folder = self.folder / "blobs"
        return sum(1 for _ in folder.iterdir()) if folder.is_dir() else 0

    def _all_blobs(self) -> Iterator[Layer]:
        for name in self.names():
            if manifest := self.manifest(name):
                yield from manifest.blobs

    def _entries(self) -> Iterator[tuple[Path, ModelName]]:
        root = self.folder / "manifests"
        for path in root.glob("*/*/*/*"):
            host, namespace, model, tag = path.relative_to(root).parts
            yield path, ModelName(host, namespace, model, tag)

    def _path(self, name: str) -> Path | None:
        parsed = ModelName.parse(name)
        if parsed is None or any(".." in part for part in (parsed.host, parsed.namespace)):
            return None
        place = Path(parsed.host, parsed.namespace, parsed.model, parsed.tag)
        return self.folder / "manifests" / place


def encode(manifest: Manifest) -> bytes:
    """As registries write it."""
    return msgspec.json.encode(manifest)


def describe(family: str, size: str, quant: str) -> bytes:
    """A configuration blob."""
    told = {"model_format": "gguf", "model_family": family, "model_type": size, "file_type": quant}
    return json.dumps(told).encode()


def sha256(path: Path) -> str:
    """`sha256:` and the hexadecimal digest of a file."""
    told = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            told.update(piece)
    return f"sha256:{told.hexdigest()}"


def make_folder(folder: Path) -> None:
    """Blobs and manifests; a folder that cannot be made is found out by the first pull."""
    with suppress(OSError):
        (folder / "blobs").mkdir(parents=True, exist_ok=True)
        (folder / "manifests").mkdir(parents=True, exist_ok=True)
