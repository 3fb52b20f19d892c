"""Where a model of this machine is seen inside a container."""

from __future__ import annotations

import posixpath
import re

from burstview_engines.launch.spec import MountPlan

MODELS_PATH = "/models"

_PART = re.compile(r"-\d{5}-of-\d{5}\.gguf$")


def is_path(model: str | None) -> bool:
    """Whether it names something on this machine; a Hugging Face id and a tag do not."""
    return model is not None and model.startswith(("/", "./", "../"))


def is_file(model: str) -> bool:
    """Whether it is a GGUF file instead of a repository or folder."""
    return model.endswith(".gguf")


def model_mount(path: str) -> MountPlan:
    """A file or folder, read-only; of a model in several files, their folder."""
    path = path.rstrip("/")
    if _PART.search(path):
        return MountPlan(
            kind="bind", source=posixpath.dirname(path), target=MODELS_PATH, read_only=True
        )
    return MountPlan(kind="bind", source=path, target=inner_path(path), read_only=True)


def inner_path(path: str) -> str:
    """Its name in the container."""
    return posixpath.join(MODELS_PATH, posixpath.basename(path.rstrip("/")))


def model_store(path: str) -> str:
    """The folder that holds the models, where the one above it was named: only that is mounted,
    for the one above holds the person's token or keys."""
    path = path.rstrip("/") or "/"
    below = {"huggingface": "hub", ".ollama": "models"}.get(posixpath.basename(path))
    return posixpath.join(path, below) if below else path
