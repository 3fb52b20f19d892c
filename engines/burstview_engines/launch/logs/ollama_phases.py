"""The lines that tell how far Ollama is, and how far the model is that it loads."""

from __future__ import annotations

import re

from burstview_engines.launch.logs.llama_lines import MODEL_PHASES
from burstview_engines.launch.profile import PhaseRule

PHASES: tuple[PhaseRule, ...] = (
    PhaseRule(
        name="config",
        pattern=re.compile(
            r'msg="server config" env="map\[.{0,3000}?OLLAMA_NUM_PARALLEL:(?P<seats>\d{1,6})'
        ),
        phase="booting",
        anew="run",
    ),
    PhaseRule(
        name="listening",
        pattern=re.compile(r'msg="Listening on \S{1,100} \(version (?P<version>[^)]{1,60})\)"'),
        phase="opening HTTP",
    ),
    PhaseRule(
        name="gpu",
        pattern=re.compile(
            r'msg="inference compute" .{0,200}?library=(?P<gpu>CUDA|ROCm|Vulkan|Metal)\b'
        ),
    ),
    PhaseRule(
        name="no-gpu",
        pattern=re.compile(r'msg="inference compute" id=(?P<cpu>cpu) '),
    ),
    PhaseRule(
        name="load",
        pattern=re.compile(r'msg="using llama-server for model"'),
        phase="loading weights",
        anew="load",
    ),
    PhaseRule(
        name="runner",
        pattern=re.compile(r'msg="starting llama-server" cmd=".{0,2000}? -np (?P<seats>\d{1,6}) '),
        phase="loading weights",
    ),
    *MODEL_PHASES,
    PhaseRule(
        name="loaded",
        pattern=re.compile(r'msg="llama-server started in (?P<load_seconds>[\d.]{1,12}) seconds"'),
        phase="ready",
    ),
)
