"""Numbers of NVML's interface that are used here; they are part of its ABI and never change."""

from __future__ import annotations

SUCCESS = 0
UNINITIALIZED = 1
NOT_SUPPORTED = 3
NO_PERMISSION = 4
NOT_FOUND = 6
DRIVER_NOT_LOADED = 9
LIBRARY_NOT_FOUND = 12
FUNCTION_NOT_FOUND = 13
GPU_IS_LOST = 15
RESET_REQUIRED = 16
LIB_RM_VERSION_MISMATCH = 18
ARGUMENT_VERSION_MISMATCH = 25
DEPRECATED = 26
GPU_NOT_FOUND = 28

FINAL = frozenset({NOT_SUPPORTED, FUNCTION_NOT_FOUND, ARGUMENT_VERSION_MISMATCH, DEPRECATED})
"""What is answered so once is answered so always."""
GONE = frozenset({UNINITIALIZED, DRIVER_NOT_LOADED, GPU_IS_LOST, RESET_REQUIRED, GPU_NOT_FOUND})
"""The GPU itself cannot be asked any more."""

MEMORY_V2 = 0x02000028
"""Size and version of the structure, as the second memory call wants them."""

SENSOR_GPU = 0
SHUTDOWN, SLOWDOWN, MEMORY_MAX, GPU_MAX = 0, 1, 2, 3
"""Temperature thresholds."""
CLOCK_SM, CLOCK_MEMORY = 1, 2
PCIE_SENT, PCIE_RECEIVED = 0, 1
CORRECTED, UNCORRECTED = 0, 1
VOLATILE = 0
"""Counted since the driver was loaded."""

POWER_SAMPLES, UTILISATION_SAMPLES = 0, 1

MEMORY_TEMPERATURE = 82
POWER_INSTANT = 186
NVLINK_SENT, NVLINK_RECEIVED = 138, 139
"""KiB of data, counted."""
ALL_LINKS = 0xFFFFFFFF

NO_INSTANCE = 0xFFFFFFFF
"""The process is on no MIG instance."""

GPM_VERSION = 1
GPM_SM, GPM_OCCUPANCY, GPM_TENSOR, GPM_DRAM = 2, 3, 5, 10
