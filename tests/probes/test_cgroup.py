"""What a cgroup may use and used, in both versions of the files."""

from __future__ import annotations

from pathlib import Path

import pytest

from burstview_engines.core.events import HostSampled
from burstview_engines.probes.cgroup import Use, our_use
from burstview_engines.probes.host import host_look, throttled


def _write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def test_version_2_with_limits_on_the_way_up(tmp_path: Path) -> None:
    """The tightest limit counts, wherever it is set."""
    root, ours = tmp_path / "fs", tmp_path / "cgroup"
    stat = "usage_usec 2500000\nuser_usec 1\nnr_periods 40\nnr_throttled 10\nthrottled_usec 7\n"
    _write(
        root,
        {
            "cgroup.controllers": "cpu memory\n",
            "a.slice/cpu.max": "200000 100000\n",
            "a.slice/memory.max": "1000\n",
            "a.slice/b/cpu.max": "max 100000\n",
            "a.slice/b/cpu.stat": stat,
            "a.slice/b/memory.current": "400\n",
            "a.slice/b/memory.max": "max\n",
        },
    )
    ours.write_text("0::/a.slice/b\n")
    assert our_use(root, ours) == Use(
        cpus=2.0,
        cpu_seconds=2.5,
        periods=40,
        throttled_periods=10,
        memory_used_bytes=400,
        memory_limit_bytes=1000,
    )


def test_version_2_inside_a_container(tmp_path: Path) -> None:
    """The path may be the host's: then the root is our group."""
    root, ours = tmp_path / "fs", tmp_path / "cgroup"
    _write(root, {"cgroup.controllers": "cpu\n", "cpu.max": "50000 100000\n"})
    ours.write_text("0::/../../docker/abc\n")
    assert our_use(root, ours).cpus == 0.5


def test_version_1(tmp_path: Path) -> None:
    """Controllers apart, -1 and a huge number for no limit."""
    root, ours = tmp_path / "fs", tmp_path / "cgroup"
    _write(
        root,
        {
            "cpu/docker/x/cpu.cfs_quota_us": "150000\n",
            "cpu/docker/x/cpu.cfs_period_us": "100000\n",
            "cpu/docker/x/cpu.stat": "nr_periods 8\nnr_throttled 2\nthrottled_time 5\n",
            "cpuacct/docker/x/cpuacct.usage": "3000000000\n",
            "memory/docker/x/memory.usage_in_bytes": "77\n",
            "memory/docker/x/memory.limit_in_bytes": "9223372036854771712\n",
        },
    )
    ours.write_text("11:memory:/docker/x\n4:cpu,cpuacct:/docker/x\n1:name=systemd:/y\n")
    told = our_use(root, ours)
    assert (told.cpus, told.cpu_seconds, told.periods) == (1.5, 3.0, 8)
    assert (told.throttled_periods, told.memory_used_bytes) == (2, 77)
    assert told.memory_limit_bytes is None
    (root / "cpu/docker/x/cpu.cfs_quota_us").write_text("-1\n")
    assert our_use(root, ours).cpus is None


def test_a_machine_without_cgroups(tmp_path: Path) -> None:
    """All is unknown."""
    assert our_use(tmp_path, tmp_path / "none") == Use()
    (tmp_path / "cgroup").write_text("0::/\n")
    assert our_use(tmp_path, tmp_path / "cgroup") == Use()


def test_lines_that_cannot_be_read_tell_nothing(tmp_path: Path) -> None:
    """Not as Linux writes them."""
    (tmp_path / "cgroup").write_bytes(b"0::/\nnonsense\n\xff:x\n")
    assert our_use(tmp_path, tmp_path / "cgroup") == Use()


def test_throttling_is_a_share_of_the_periods() -> None:
    """Unknown without a limit, without a period, and after the counters began anew."""
    assert throttled(
        Use(periods=10, throttled_periods=1), Use(periods=20, throttled_periods=6)
    ) == (0.5)
    assert throttled(Use(), Use()) is None
    same = Use(periods=10, throttled_periods=1)
    assert throttled(same, same) is None
    assert throttled(same, Use(periods=2, throttled_periods=0)) is None


def test_the_host_with_a_cgroup() -> None:
    """Rates are over the time between two looks."""
    uses = [
        Use(cpus=2.0, cpu_seconds=1.0, memory_limit_bytes=9),
        Use(cpus=2.0, cpu_seconds=4.0, memory_limit_bytes=9),
        Use(),
    ]
    moments = iter((10.0, 12.0, 12.0))
    look = host_look(lambda: next(moments), lambda: uses.pop(0))
    seen = look()
    assert isinstance(seen, HostSampled)
    assert (seen.cgroup_cpus, seen.cgroup_memory_limit_bytes) == (2.0, 9)
    assert seen.cgroup_cpu_percent == pytest.approx(150.0)
    again = look()
    assert (again.cgroup_cpus, again.cgroup_cpu_percent) == (None, None)
    assert again.disk_read_bytes_per_second is None


def test_this_machine_tells_all_that_linux_has() -> None:
    """Every core, load, swap and rates that are not negative."""
    moments = iter((1.0, 2.0))
    seen = host_look(lambda: next(moments))()
    assert len(seen.core_percents) == seen.cores
    assert seen.load is not None
    assert seen.swap_total_bytes is not None
    assert (seen.network_received_bytes_per_second or 0.0) >= 0.0
    assert 0 <= seen.cpu_percent <= 100
