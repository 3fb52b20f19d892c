"""What /proc says of one process. Every answer is None when it is not to be seen from here."""

from __future__ import annotations

import pwd
from dataclasses import dataclass
from pathlib import Path

from burstview_engines.launch.mask import masked_words
from burstview_engines.probes.nvml.cgroup import container_of

LONGEST = 300
"""Characters of a command that are kept."""
MOST_ANCESTORS = 12
FIRST_NAMESPACE = "pid:[4026531836]"
"""The machine's own: the kernel gives it this number."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who a process is; nothing of it changes while it lives."""

    command: str | None = None
    user: str | None = None
    container: str | None = None
    ancestors: tuple[int, ...] = ()


def started(proc: Path, pid: int) -> int | None:
    """Clock ticks since boot: with the pid it names a process for good."""
    return _number(_fields(proc / str(pid) / "stat"), 19)


def person_of(proc: Path, pid: int) -> Person:
    """Costs about a tenth of a millisecond: once a process."""
    if not _is_ours_to_name(proc, pid):
        return Person()
    folder = proc / str(pid)
    return Person(
        command=command_of(_text(folder / "cmdline"), _text(folder / "comm")),
        user=_user(folder),
        container=container_of(_text(folder / "cgroup")),
        ancestors=ancestors_of(proc, pid),
    )


def command_of(cmdline: str, comm: str) -> str | None:
    """Its words with secrets masked, without control characters; its short name where it hides
    them."""
    words = masked_words([word for word in cmdline.split("\0") if word])
    shown = " ".join(words) or comm.strip()
    plain = "".join(letter if letter.isprintable() else " " for letter in shown)
    return plain[:LONGEST].strip() or None


def ancestors_of(proc: Path, pid: int) -> tuple[int, ...]:
    """Its parents, nearest first, without the first process of the machine."""
    found: list[int] = []
    while len(found) < MOST_ANCESTORS:
        stat = _fields(proc / str(found[-1] if found else pid) / "stat")
        parent = _number(stat, 1) or 0
        if parent <= 1 or parent in found:
            break
        found.append(parent)
    return tuple(found)


def _is_ours_to_name(proc: Path, pid: int) -> bool:
    """In another pid namespace the same number may be another process: then only one that has a
    GPU open is believed to be it."""
    try:
        if str((proc / "self/ns/pid").readlink()) == FIRST_NAMESPACE:
            return True
        descriptors = list((proc / str(pid) / "fd").iterdir())
    except OSError:
        return False
    return any(_target(one).startswith("/dev/nvidia") for one in descriptors)


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:
        return ""


def _user(folder: Path) -> str | None:
    try:
        number = folder.stat().st_uid
    except OSError:
        return None
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def _fields(stat: Path) -> list[str]:
    """Those after the command's name, which may hold spaces and brackets itself."""
    return _text(stat).rpartition(")")[2].split()


def _number(fields: list[str], place: int) -> int | None:
    """None where it is missing, or not as Linux writes it."""
    try:
        return int(fields[place])
    except (ValueError, IndexError):
        return None
