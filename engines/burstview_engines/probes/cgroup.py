"""The limits that our own cgroup sets, and what it used of them (cgroup v2 and v1).

Files and units as Linux documents them: Documentation/admin-guide/cgroup-v2.rst and cgroup-v1.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
OURS = Path("/proc/self/cgroup")
_NO_LIMIT = 1 << 60
"""cgroup v1 writes some huge number where there is none."""


@dataclass(frozen=True, slots=True)
class Use:
    """Unknown, and no limit, is None."""

    cpus: float | None = None
    """Cores that it may use at most."""
    cpu_seconds: float | None = None
    """Counter."""
    periods: float | None = None
    """Counter: periods of the limit in which anything ran."""
    throttled_periods: float | None = None
    """Counter: those of them in which it was held back."""
    memory_used_bytes: int | None = None
    memory_limit_bytes: int | None = None


def our_use(root: Path = ROOT, ours: Path = OURS) -> Use:
    """Of the group that this process is in; all unknown where there are no cgroups."""
    try:
        lines = ours.read_text(errors="replace").splitlines()
    except OSError:
        return Use()
    split = (line.split(":", 2) for line in lines)
    paths = {parts[1]: parts[2] for parts in split if len(parts) == 3}
    if (root / "cgroup.controllers").exists():
        return _version_2(root, paths.get("", "/"))
    return _version_1(root, paths)


def _version_2(root: Path, path: str) -> Use:
    """Limits hold on the way up: the tightest counts. In a container the root is our own group."""
    group = _existing(root, path)
    chain = [group, *(up for up in group.parents if up == root or root in up.parents)]
    quotas = [quota for each in chain if (quota := _quota(each / "cpu.max")) is not None]
    limits = [limit for each in chain if (limit := _number(each / "memory.max")) is not None]
    stat = _pairs(group / "cpu.stat")
    usage = stat.get("usage_usec")
    return Use(
        cpus=min(quotas, default=None),
        cpu_seconds=None if usage is None else usage / 1e6,
        periods=stat.get("nr_periods") if quotas else None,
        throttled_periods=stat.get("nr_throttled") if quotas else None,
        memory_used_bytes=_number(group / "memory.current"),
        memory_limit_bytes=min(limits, default=None),
    )


def _version_1(root: Path, paths: dict[str, str]) -> Use:
    cpu = _existing(root / "cpu", _of("cpu", paths))
    account = _existing(root / "cpuacct", _of("cpuacct", paths))
    memory = _existing(root / "memory", _of("memory", paths))
    quota, period = _number(cpu / "cpu.cfs_quota_us"), _number(cpu / "cpu.cfs_period_us")
    is_limited = quota is not None and quota > 0 and bool(period)
    stat = _pairs(cpu / "cpu.stat") if is_limited else {}
    used = _number(account / "cpuacct.usage")
    limit = _number(memory / "memory.limit_in_bytes")
    return Use(
        cpus=quota / period if is_limited and quota and period else None,
        cpu_seconds=None if used is None else used / 1e9,
        periods=stat.get("nr_periods"),
        throttled_periods=stat.get("nr_throttled"),
        memory_used_bytes=_number(memory / "memory.usage_in_bytes"),
        memory_limit_bytes=limit if limit is not None and limit < _NO_LIMIT else None,
    )


def _of(controller: str, paths: dict[str, str]) -> str:
    return next((path for names, path in paths.items() if controller in names.split(",")), "/")


def _existing(root: Path, path: str) -> Path:
    """In a container the path in /proc may be the host's, and the root is the group itself."""
    group = root / path.lstrip("/")
    try:
        return group if group.is_dir() else root
    except OSError:  # it may not be looked at
        return root


def _quota(file: Path) -> float | None:
    """`cpu.max`: `QUOTA PERIOD` in microseconds, or `max PERIOD`."""
    try:
        quota, period = file.read_text().split()
        return int(quota) / int(period)
    except (OSError, ValueError, ZeroDivisionError):
        return None


def _number(file: Path) -> int | None:
    """None of `max`, too."""
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return None


def _pairs(file: Path) -> dict[str, float]:
    try:
        lines = file.read_text().splitlines()
    except OSError:
        return {}
    split = (line.split() for line in lines)
    return {parts[0]: float(parts[1]) for parts in split if len(parts) == 2 and parts[1].isdigit()}
