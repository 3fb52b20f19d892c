"""The pure parts of the GPU probe."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace

import pytest

from burstview_engines.core.gpu import Gpu, GpuActivity
from burstview_engines.probes.nvml import plausible
from burstview_engines.probes.nvml.cadence import Cadence
from burstview_engines.probes.nvml.cgroup import container_of
from burstview_engines.probes.nvml.driver import open_driver
from burstview_engines.probes.nvml.machine import (
    AMD,
    DRIVER_LESS,
    INTEL,
    NO_LIBRARY,
    ON_MACOS,
    without_library,
)
from burstview_engines.probes.nvml.rows import Row, merged, with_use
from burstview_engines.probes.nvml.standing import Answer, bare, joined, standing, with_unshown
from burstview_engines.probes.nvml.throttle import reasons_of

ID = "3f" * 32
OTHER = "a0" * 32
WINDOW = GpuActivity(begin=1.0, end=1.5, sm=90.0, occupancy=10.0, tensor=80.0, dram=20.0)
SEEN = Gpu(
    index=0,
    name="H100",
    utilisation=99.0,
    activity=WINDOW,
    power_history=((1.1, 700.0),),
    utilisation_history=((1.2, 99.0),),
)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (f"12:memory:/docker/{ID}\n11:cpu:/docker/{ID}\n0::/", ID),
        (f"0::/system.slice/docker-{ID}.scope", ID),
        (f"0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-{ID}.scope", ID),
        (f"0::/machine.slice/libpod-{ID}.scope/container", ID),
        (f"0::/machine.slice/libpod-conmon-{ID}.scope", None),
        (f"0::/kubepods.slice/kubepods-pod1_2.slice/cri-containerd-{ID}.scope", ID),
        (f"11:cpu:/kubepods/besteffort/pod8a1c/{ID}", ID),
        (f"0::/kubepods.slice/kubepods-besteffort.slice/crio-{ID}.scope", ID),
        (f"0::/system.slice/containerd.service/kubepods-pod1.slice:cri-containerd:{ID}", ID),
        (f"0::/docker/{ID}/kubelet/kubepods/pod8a1c/{OTHER}", ID),
        (f"0::/../docker-{ID}.scope", ID),
        ("0::/user.slice/user-1000.slice/session-3.scope", None),
        (f"0::/jobs/{ID}0", None),
        ("", None),
    ],
)
def test_container(path: str, found: str | None) -> None:
    """Docker, Podman, containerd and CRI-O, with both kinds of cgroups."""
    assert container_of(path) == found


@pytest.mark.parametrize(
    ("bits", "words"),
    [
        (None, None),
        (0, ()),
        (1, ()),
        (4, ("power cap",)),
        (0x60, ("software thermal slowdown", "hardware thermal slowdown")),
        (0x8000, ("reason 0x8000",)),
    ],
)
def test_throttle_reasons(bits: int | None, words: tuple[str, ...] | None) -> None:
    """Idle is none; what is not known yet is named by its bit."""
    assert reasons_of(bits) == words


def test_numbers_that_cannot_be_true() -> None:
    """Drivers say "not known" by all bits set, and worse."""
    assert [plausible.percent(one) for one in (0, 100, 100.4, 102, -1, math.nan, None)] == [
        0,
        100,
        100,
        None,
        None,
        None,
        None,
    ]
    assert [plausible.size(one) for one in (0, (1 << 64) - 1, -1, None)] == [0, None, None, None]
    assert [plausible.watts(one) for one in (412_000, 0xFFFFFFFF, None)] == [412, None, None]
    assert [plausible.celsius(one) for one in (48, 0, 255, None)] == [48, None, None, None]
    assert [plausible.megahertz(one) for one in (0, 1980, 0xFFFFFFFF)] == [0, 1980, None]
    assert [plausible.count(one, 16) for one in (0, 15, 32, None)] == [0, 15, None, None]


def test_a_late_answer_is_shown_with_its_age() -> None:
    """Without what belongs to its own look."""
    shown = standing(0, Answer(5.0, SEEN), 6.0, waiting_since=5.5, lost_since=None)
    assert shown is not None
    assert (shown.state, shown.seen_at, shown.utilisation) == ("ok", 5.0, 99.0)
    assert (shown.activity, shown.power_history, shown.utilisation_history) == (None, (), ())


def test_slow_after_two_seconds() -> None:
    """Since the question that has no answer."""
    shown = standing(0, Answer(5.0, SEEN), 7.5, waiting_since=5.5, lost_since=None)
    assert shown is not None
    assert (shown.state, shown.state_since, shown.seen_at) == ("slow", 5.5, 5.0)


def test_lost_is_more_than_slow() -> None:
    """Also where it never answered."""
    shown = standing(3, None, 9.0, waiting_since=5.5, lost_since=2.0)
    assert shown == Gpu(index=3, name="GPU 3", state="lost", state_since=2.0)


def test_nothing_is_shown_before_the_first_answer() -> None:
    """Unless that takes long."""
    assert standing(0, None, 1.0, waiting_since=0.5, lost_since=None) is None
    shown = standing(0, None, 3.0, waiting_since=0.5, lost_since=None)
    assert shown == Gpu(index=0, name="GPU 0", state="slow", state_since=0.5)


def test_what_came_too_late_is_told_with_the_next() -> None:
    """Histories grow, and windows become one whose means are those of both."""
    later = GpuActivity(begin=1.5, end=1.6, sm=30.0, occupancy=4.0, tensor=None, dram=8.0)
    told = with_unshown(
        Gpu(index=0, name="H100", activity=later, power_history=((1.5, 90.0),)), SEEN
    )
    assert told.power_history == ((1.1, 700.0), (1.5, 90.0))
    assert told.utilisation_history == ((1.2, 99.0),)
    assert told.activity is not None
    assert (told.activity.begin, told.activity.end) == (1.0, 1.6)
    assert told.activity.sm == pytest.approx(80.0)
    assert told.activity.tensor is None
    assert joined(WINDOW, None) == joined(None, WINDOW) == WINDOW
    assert bare(told).activity is None


def test_processes_in_two_lists_are_one_row() -> None:
    """Computing and drawing is both; a client of MPS is called so."""
    lists = {
        "C": [running(7, 100), running(9, None), running(5, 50)],
        "G": [running(7, 120)],
        "M": [running(5, 50)],
    }
    assert merged(lists) == (
        Row(5, "M", 50),
        Row(7, "C+G", 120),
        Row(9, "C", None),
    )


def test_a_process_on_two_instances_has_two_rows() -> None:
    """MIG instances are told apart."""
    rows = merged({"C": [running(7, 1, instance=2), running(7, 3, instance=1)]})
    assert [(row.mig_instance, row.memory_bytes) for row in rows] == [(1, 3), (2, 1)]


def test_the_newest_use_counts() -> None:
    """And only what can be true."""
    uses = [
        SimpleNamespace(pid=7, timeStamp=2, smUtil=40, memUtil=10),
        SimpleNamespace(pid=7, timeStamp=1, smUtil=90, memUtil=50),
        SimpleNamespace(pid=9, timeStamp=1, smUtil=4_000_000_000, memUtil=3),
    ]
    used = with_use((Row(5), Row(7), Row(9)), uses)
    assert [(row.sm_percent, row.memory_percent) for row in used] == [
        (None, None),
        (40.0, 10.0),
        (None, 3.0),
    ]


def running(pid: int, memory: int | None, instance: int = 0xFFFFFFFF) -> SimpleNamespace:
    """As NVML lists it."""
    return SimpleNamespace(pid=pid, usedGpuMemory=memory, gpuInstanceId=instance)


def test_cadence() -> None:
    """At once, then every so often, and otherwise in a hurry."""
    cadence = Cadence(2.0, 0.5)
    assert cadence.is_due(10.0, hurries=False)
    assert not cadence.is_due(11.0, hurries=False)
    assert cadence.seconds_left(11.0, hurries=False) == 1.0
    assert cadence.is_due(11.0, hurries=True)
    assert cadence.is_due(13.0, hurries=False)


def test_what_is_not_for_a_hurry_waits() -> None:
    """But for its first time."""
    cadence = Cadence(2.0)
    assert cadence.is_due(0.0, hurries=True)
    assert cadence.seconds_left(9.0, hurries=True) == math.inf
    assert cadence.is_due(9.0, hurries=False)


def test_a_machine_without_the_library(tmp_path: Path) -> None:
    """What is said depends on what there is instead."""
    assert without_library("darwin", tmp_path) == ON_MACOS
    assert without_library("linux", tmp_path) == NO_LIBRARY
    card(tmp_path, "card0", "0x8086")
    assert without_library("linux", tmp_path) == INTEL
    card(tmp_path, "card1", "0x1002")
    assert without_library("linux", tmp_path) == AMD
    device = tmp_path / "sys/bus/pci/devices/0000:06:00.0"
    device.mkdir(parents=True)
    (device / "class").write_text("0x030200\n")
    (device / "vendor").write_text("0x10de\n")
    assert without_library("linux", tmp_path) == DRIVER_LESS


def test_amd_without_a_screen(tmp_path: Path) -> None:
    """Its compute device is enough."""
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/kfd").touch()
    assert "rocm-smi" in without_library("linux", tmp_path)


def card(root: Path, name: str, vendor: str) -> None:
    """One graphics card, as the kernel lists it."""
    folder = root / "sys/class/drm" / name / "device"
    folder.mkdir(parents=True)
    (folder / "vendor").write_text(vendor + "\n")


def test_a_machine_without_nvml_is_asked_what_it_has() -> None:
    """The sentence is the machine's."""
    from tests.probes.gpu.fake_nvml import FakeNvml, refusal

    from burstview_engines.probes.nvml.driver import NoGpuError

    nvml = FakeNvml({"nvmlInit": refusal(12)})
    with pytest.raises(NoGpuError, match="only an abacus"):
        open_driver(lambda: nvml, lambda: "There is only an abacus.")
