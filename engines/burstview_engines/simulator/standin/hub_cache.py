"""A Hugging Face cache as huggingface_hub lays it out, filled with simulated weights."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from burstview_engines.simulator.presets import Model

REVISION_LENGTH = 40


def hub_folder(environment: Mapping[str, str]) -> Path:
    """HF_HUB_CACHE, else HF_HOME's, else the home's."""
    if cache := environment.get("HF_HUB_CACHE") or environment.get("HUGGINGFACE_HUB_CACHE"):
        return Path(cache)
    home = environment.get("HF_HOME") or f"{environment.get('HOME', '/root')}/.cache/huggingface"
    return Path(home) / "hub"


def has_token(environment: Mapping[str, str]) -> bool:
    """Whether huggingface_hub would find a token: a variable, or a readable file."""
    if environment.get("HF_TOKEN") or environment.get("HUGGING_FACE_HUB_TOKEN"):
        return True
    home = environment.get("HF_HOME") or f"{environment.get('HOME', '/root')}/.cache/huggingface"
    path = Path(environment.get("HF_TOKEN_PATH") or f"{home}/token")
    try:
        return bool(path.read_text().strip())
    except OSError:
        return False


@dataclass(frozen=True, slots=True)
class CachedModel:
    """One repository in the cache. The weights are a sparse file: their size and no content."""

    hub: Path
    repository: str
    weight_bytes: int
    file: str = "model.safetensors"

    @property
    def folder(self) -> Path:
        """Of this repository."""
        return self.hub / f"models--{self.repository.replace('/', '--')}"

    @property
    def is_complete(self) -> bool:
        """A snapshot has weights that are really there."""
        kind = f"*{Path(self.file).suffix}"
        return any(
            all(weights.exists() for weights in found)
            for snapshot in self.folder.glob("snapshots/*")
            if (found := list(snapshot.glob(kind)))
        )

    @property
    def partial(self) -> Path:
        """Where the weights grow while they are downloaded."""
        return self.folder / "blobs" / f"{self._digest}.incomplete"

    def grow(self, size: int) -> None:
        """The download has come so far. Raises OSError."""
        self.partial.parent.mkdir(parents=True, exist_ok=True)
        with self.partial.open("ab") as file:
            file.truncate(size)

    def finish(self, model: Model) -> None:
        """The download is over: blob, snapshot and reference. Raises OSError."""
        blob = self.folder / "blobs" / self._digest
        self.grow(self.weight_bytes)
        self.partial.rename(blob)
        revision = self._digest[:REVISION_LENGTH]
        snapshot = self.folder / "snapshots" / revision
        snapshot.mkdir(parents=True, exist_ok=True)
        (snapshot / "config.json").write_text(json.dumps(configuration(model), indent=2))
        weights = snapshot / self.file
        if not weights.is_symlink():
            weights.symlink_to(Path("../../blobs") / blob.name)
        (self.folder / "refs").mkdir(exist_ok=True)
        (self.folder / "refs" / "main").write_text(revision)

    @property
    def _digest(self) -> str:
        return hashlib.sha256(f"simulated {self.repository}".encode()).hexdigest()


def configuration(model: Model) -> dict[str, object]:
    """The model's config.json, as far as anybody computes with it."""
    family = "Qwen3" if model.name.startswith("qwen3") else "Llama"
    return {
        "architectures": [f"{family}ForCausalLM"],
        "model_type": family.lower(),
        "num_hidden_layers": model.layers,
        "hidden_size": model.hidden,
        "num_attention_heads": model.heads,
        "num_key_value_heads": model.kv_heads,
        "head_dim": model.head_dim,
        "intermediate_size": model.ffn,
        "vocab_size": model.vocab,
        "tie_word_embeddings": model.tied,
        "max_position_embeddings": model.context_tokens,
        "torch_dtype": "bfloat16",
    }
