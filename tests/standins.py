"""Executables named like the real engines that run the stand-ins of this interpreter."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

import burstview_engines

PROGRAMS = {"vllm": "vllm", "ollama": "ollama", "llama-server": "llamacpp"}
"""What is on the PATH, and the stand-in behind it."""


def shims(folder: Path) -> Path:
    """Write `vllm`, `ollama` and `llama-server` into the folder; it belongs first on a PATH."""
    folder.mkdir(parents=True, exist_ok=True)
    root = Path(burstview_engines.__file__).parents[1]
    for name, engine in PROGRAMS.items():
        path = folder / name
        path.write_text(
            "#!/bin/sh\n"
            f"export PYTHONPATH={shlex.quote(str(root))}\n"
            f"exec {shlex.quote(sys.executable)} -m burstview_engines.simulator.standin "
            f'{engine} "$@"\n'
        )
        path.chmod(0o755)
    return folder


def environment(folder: Path, home: Path, **more: str) -> Mapping[str, str]:
    """The shims first on the PATH, everything that an engine keeps in `home`, and a quick start;
    `more` are variables such as BURSTVIEW_STANDIN_FAIL."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OLLAMA_", "VLLM_", "LLAMA_", "HF_", "BURSTVIEW_STANDIN_"))
    }
    own = {"PATH": f"{shims(folder)}{os.pathsep}{kept.get('PATH', '')}", "HOME": str(home)}
    return kept | own | {"BURSTVIEW_STANDIN_START_SECONDS": "0.2"} | more
