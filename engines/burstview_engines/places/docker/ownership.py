"""Whose a container is, by its labels; and who may change it."""

from __future__ import annotations

import getpass
import hashlib
import socket
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from burstview_engines.core.managed import Owner
from burstview_engines.core.text import one_line
from burstview_engines.launch.spec import LaunchSpec
from burstview_engines.source import SessionError

PREFIX = "io.burstview."
MANAGED = PREFIX + "managed"
OWNER = PREFIX + "owner"
ENGINE = PREFIX + "engine"
SPEC = PREFIX + "spec"
READ_ONLY = "This session is read-only: nothing is started, changed or removed."


def this_owner() -> str:
    """`ann@gpu-box-1f3a9c02`: the user and the machine, told apart from others of its name."""
    host = socket.gethostname()
    try:
        machine = Path("/etc/machine-id").read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        machine = ""
    mark = hashlib.sha256(f"burstview {machine or host}".encode()).hexdigest()[:8]
    return f"{_user()}@{host}-{mark}"


def volume_labels(of_container: Mapping[str, str]) -> dict[str, str]:
    """A volume outlives its container: it tells owner and engine only."""
    return {key: of_container[key] for key in (MANAGED, OWNER, ENGINE) if key in of_container}


def spec_in(of_container: Mapping[str, str]) -> LaunchSpec | None:
    """As it was started; None without the label, or when it is of another version's making."""
    try:
        return msgspec.json.decode(of_container.get(SPEC, ""), type=LaunchSpec)
    except msgspec.DecodeError:
        return None


def owner_of(
    of_container: Mapping[str, str], id: str, me: str, adopted: Container[str] = ()
) -> Owner:
    """By label, and by the ids that were adopted."""
    if is_managed(of_container) and of_container.get(OWNER) == me:
        return "ours"
    if id in adopted:
        return "adopted"
    return "theirs" if is_managed(of_container) else "foreign"


def is_managed(of_container: Mapping[str, str]) -> bool:
    """Whether burstview made it, for whomever."""
    return of_container.get(MANAGED) == "true"


def who_of(of_container: Mapping[str, str]) -> str | None:
    """The user who started it, where a label tells."""
    user = of_container.get(OWNER, "").rpartition("@")[0]
    return one_line(user, 40) or None


@dataclass(frozen=True, slots=True)
class Guard:
    """Asked before every change. Raises SessionError with one sentence."""

    me: str
    adopted: Callable[[], Container[str]] = tuple
    """Asked anew each time: another session may have adopted one."""
    is_read_only: bool = False

    def check_writable(self) -> None:
        """For what changes no container that is there."""
        if self.is_read_only:
            raise SessionError(READ_ONLY)

    def check(self, name: str, of_container: Mapping[str, str], id: str) -> None:
        """For a change of that container."""
        self.check_writable()
        match owner_of(of_container, id, self.me, self.adopted()):
            case "theirs":
                who = who_of(of_container) or "somebody else"
                raise SessionError(f"{name} belongs to {who}; adopt it before you change it.")
            case "foreign":
                raise SessionError(
                    f"{name} was not started by burstview; adopt it before you change it."
                )
            case "ours" | "adopted":
                return

    def check_volume(self, name: str, of_volume: Mapping[str, str]) -> None:
        """For the deletion of that volume: of ours only, adopted containers' are kept."""
        self.check_writable()
        if not is_managed(of_volume) or of_volume.get(OWNER) != self.me:
            raise SessionError(
                f"The volume {name} was not made by burstview for you, so it is kept; remove it"
                f" with `docker volume rm {name}`."
            )


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no name for this user id, as in some containers
        return "user"
