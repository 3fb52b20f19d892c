"""What else may be said where NVML is missing: another system, or another maker's GPU."""

from __future__ import annotations

import sys
from pathlib import Path

NO_LIBRARY = "No NVIDIA driver on this machine: real GPU gauges stay empty."
ON_MACOS = "macOS has no NVML; GPU gauges stay empty."
AMD = "This machine's AMD GPU is not read: only NVIDIA's are; watch it with `rocm-smi`."
INTEL = "This machine's Intel GPU is not read: only NVIDIA's are; watch it with `xpu-smi`."
DRIVER_LESS = (
    "There is an NVIDIA GPU but no driver library: install NVIDIA's driver, or in a container "
    "start it with `--gpus all`."
)

VENDORS = {"0x1002": AMD, "0x8086": INTEL}


def without_library(platform: str = sys.platform, root: Path = Path("/")) -> str:
    """One sentence for a machine on which NVML's library cannot be found."""
    if platform == "darwin":
        return ON_MACOS
    vendors = display_vendors(root)
    if "0x10de" in vendors:
        return DRIVER_LESS
    if (root / "dev/kfd").exists():
        return AMD
    return next((say for vendor, say in VENDORS.items() if vendor in vendors), NO_LIBRARY)


def display_vendors(root: Path) -> set[str]:
    """PCI vendors of the cards that the kernel has a graphics driver for, and NVIDIA's where
    its devices are there without one."""
    found = {_text(path) for path in root.glob("sys/class/drm/card[0-9]*/device/vendor")}
    for device in root.glob("sys/bus/pci/devices/*"):
        if _text(device / "class")[:4] == "0x03" and _text(device / "vendor") == "0x10de":
            found.add("0x10de")
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
