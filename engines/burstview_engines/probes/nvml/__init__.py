"""NVIDIA GPUs, from NVML: what is asked, how often and what it costs is in docs/gpu.md.

The library blocks and may hang, so every GPU has threads of its own, and none is waited for.
"""
