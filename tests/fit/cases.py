"""GPUs, shapes and specs that the tests of memory share."""

from __future__ import annotations

from burstview_engines.core.backend import Engine
from burstview_engines.fit.gpus import GpuMemory
from burstview_engines.fit.shape import ModelShape
from burstview_engines.fit.table import shape_of
from burstview_engines.launch.spec import LaunchSpec

MIB, GIB = 2**20, 2**30
H200 = GpuMemory(0, "NVIDIA H200", 143_771 * MIB, 0)
H100 = GpuMemory(0, "NVIDIA H100 80GB HBM3", 81_559 * MIB, 0)
RTX4090 = GpuMemory(0, "NVIDIA GeForce RTX 4090", 24_564 * MIB, 400 * MIB)
RTX3060 = GpuMemory(0, "NVIDIA GeForce RTX 3060", 12_288 * MIB, 300 * MIB)


def shape(key: str, quant: str = "q4_k_m") -> ModelShape:
    """From the shipped table."""
    found = shape_of(key, quant)
    assert found is not None
    return found


def spec(engine: Engine, model: str | None = None, **options: str) -> LaunchSpec:
    """`spec("ollama", num_parallel="4")`."""
    named = {name.replace("_", "-"): value for name, value in options.items()}
    return LaunchSpec(engine=engine, model=model, options=named)
