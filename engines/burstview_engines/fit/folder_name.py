"""What a folder of weights is called in a sentence."""

from __future__ import annotations

from pathlib import Path

_CACHED = "models--"


def folder_name(folder: Path) -> str:
    """`ORG/NAME` of a snapshot in a Hugging Face cache, whose own name is 40 hex digits."""
    if folder.parent.name == "snapshots" and folder.parents[1].name.startswith(_CACHED):
        return folder.parents[1].name.removeprefix(_CACHED).replace("--", "/")
    return folder.name
