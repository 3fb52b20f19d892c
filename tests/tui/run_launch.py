"""Shows a form or the models on a scripted control.

`python -m tests.tui.run_launch [new|edit|store]`
"""

from __future__ import annotations

import sys
import time

from tests.tui.scripted_control import OLLAMA_READY, EnginesSession
from tests.tui.scripted_launch import CHOICES, PlanningControl, marked

from burstview.app import BurstviewApp
from burstview.screens.launch import LaunchScreen
from burstview.screens.store import StoreScreen
from burstview_engines.core.managed import StoredModel
from burstview_engines.core.plan import BurstPlan
from burstview_engines.launch.spec import LaunchSpec

BEFORE = LaunchSpec(
    engine="ollama",
    name="burstview-ai-ollama",
    model="qwen3:0.6b",
    port=11434,
    image="ollama/ollama:0.33.0",
    options={"num-parallel": "1"},
)
CHANGES = ("num-parallel 1 → 4: +13.1 GiB of KV cache, the model is loaded anew",)

STORED = (
    StoredModel(
        name="qwen3:0.6b",
        size_bytes=522_653_767,
        quant="Q4_K_M",
        parameters="751.63M",
        loaded=True,
        on_gpu=1.0,
        expires_wall=time.time() + 252,
    ),
    StoredModel(
        name="qwen3:8b",
        size_bytes=5_225_387_923,
        quant="Q4_K_M",
        parameters="8.2B",
        loaded=True,
        on_gpu=0.71,
    ),
    StoredModel(name="llama3.2:1b", size_bytes=1_321_098_329, quant="Q8_0", parameters="1.2B"),
)


def shown(mode: str) -> BurstviewApp:
    """The monitor with one of the screens on top."""
    control = PlanningControl(before=BEFORE, changes=CHANGES)
    session = EnginesSession(OLLAMA_READY, control=control)
    app = BurstviewApp(session, BurstPlan())
    control.stored = STORED
    edited = OLLAMA_READY.key if mode == "edit" else None
    screen = LaunchScreen(
        control,
        BEFORE if edited else LaunchSpec(engine="ollama", model="qwen3:0.6b"),
        edited,
        CHOICES,
        session.snapshot,
        find_models=marked,
    )
    if mode == "store":
        tags = [choice.names["ollama"] for choice in CHOICES]
        app.call_later(app.push_screen, StoreScreen(session, control, OLLAMA_READY.key, tags=tags))
    else:
        app.call_later(app.push_screen, screen)
    return app


if __name__ == "__main__":
    shown(*(sys.argv[1:2] or ["new"])).run()
