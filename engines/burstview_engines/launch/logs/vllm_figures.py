"""Numbers for the sentences about vLLM's failures, worked out from the numbers of the line."""

from __future__ import annotations

import math
from collections.abc import Mapping

from burstview_engines.launch.log_facts import number

_ROUNDING = 0.002
"""vLLM prints gibibytes with two digits; the share that we offer must hold all the same."""
_LEAST = 0.05
"""A smaller share of a GPU holds no model."""


def share_that_fits(groups: Mapping[str, str]) -> dict[str, str]:
    """`way`: the utilisation that the free memory allows, or that there is none."""
    free, total = number(groups["free"]), number(groups["total"])
    share = free / total - _ROUNDING if free is not None and total else 0.0
    fit = math.floor(share * 100) / 100
    if fit < _LEAST:
        return {"way": "Stop the program that holds the GPU"}
    return {"way": f"Lower gpu-memory-utilization to {fit:.2f}, or stop what holds the rest"}


def room_for_one(groups: Mapping[str, str]) -> dict[str, str]:
    """`sizes` and `way`; in small tests both sizes are 0.0 GiB, and then they say nothing."""
    need, have, fit = groups["need"], groups["have"], groups["fit"]
    differ = number(need) != number(have)
    way = f"Lower max-model-len to {fit}" if fit else "Lower max-model-len"
    return {
        "sizes": f": it needs {need} GiB, and {have} GiB are left" if differ else "",
        "wanted": f"{int(groups['asked']):,}",
        "way": way,
    }


def allocation(groups: Mapping[str, str]) -> dict[str, str]:
    """`what` it asked for, where the line says it."""
    size = groups["size"]
    return {"what": f" when it asked for {size} more" if size else ""}


def model_name(groups: Mapping[str, str]) -> dict[str, str]:
    """`which` model it is that nobody knows, where the line names it."""
    name = groups["id"] or groups["path"] or groups["folder"]
    return {"which": f"{name} is no model" if name else "There is no model of that name"}
