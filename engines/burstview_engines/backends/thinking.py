"""How thinking is asked for by engines that fill in a chat template."""

from __future__ import annotations

from burstview_engines.backends.profile import Field
from burstview_engines.core.plan import BurstPlan


def template_switch(plan: BurstPlan) -> dict[str, Field]:
    """`enable_thinking` for the template; templates that do not know it ignore it.

    It must be a boolean: llama.cpp refuses a string with 400.
    """
    if plan.thinking == "as-is":
        return {}
    return {"chat_template_kwargs": {"enable_thinking": plan.thinking == "on"}}
