"""What a container's state says of its log: where a run ended and another began. Pure."""

from __future__ import annotations

import msgspec

from burstview_engines.core.prepared import prepare
from burstview_engines.core.text import one_line
from burstview_engines.places.docker.log_skips import file_bytes
from burstview_engines.places.docker.log_stamps import nanoseconds, stamp

NEVER = "0001-01-01T00:00:00Z"

STARTED = "— started —"
STARTED_AGAIN = "— started again —"
NOT_STARTED = "— not started yet —"
REMOVED = "— removed —"
RECREATED = "— recreated —"
GONE = "— the daemon is gone: reconnecting —"
BACK = "— the daemon is back —"


class _State(msgspec.Struct, frozen=True, rename="pascal"):
    running: bool = False
    restarting: bool = False
    oom_killed: bool = msgspec.field(default=False, name="OOMKilled")
    exit_code: int = 0
    started_at: str = NEVER
    finished_at: str = NEVER


class _Config(msgspec.Struct, frozen=True, rename="pascal"):
    tty: bool = False


class _LogConfig(msgspec.Struct, frozen=True, rename="pascal"):
    type: str = ""
    config: dict[str, str] | None = None


class _HostConfig(msgspec.Struct, frozen=True, rename="pascal"):
    log_config: _LogConfig = _LogConfig()


class Look(msgspec.Struct, frozen=True, rename="pascal"):
    """What an inspection tells that matters to the log."""

    state: _State = _State()
    config: _Config = _Config()
    host_config: _HostConfig = _HostConfig()

    @property
    def is_running(self) -> bool:
        """A process of it runs; while Docker waits to restart it, none does."""
        return self.state.running and not self.state.restarting

    @property
    def run(self) -> str:
        """When this run, or the last one, began; NEVER before the first."""
        return self.state.started_at

    @property
    def has_terminal(self) -> bool:
        """Its log is one stream of text instead of frames."""
        return self.config.tty

    @property
    def file_bytes(self) -> int | None:
        """How large one of its log files gets before the next is begun; None: there is only one."""
        log = self.host_config.log_config
        return file_bytes(log.type, (log.config or {}).get("max-size"))

    @property
    def ending(self) -> str:
        """The remark on how its last run ended."""
        if self.run == NEVER:
            return NOT_STARTED
        return stopped(self.state.exit_code, is_out_of_memory=self.state.oom_killed)

    @property
    def boundary(self) -> bytes:
        """A stamp between the last line of the run before and the first line of this one.

        A run's last lines may be stamped a little after its end and its first ones a little before
        its beginning, since Docker notes both late: so the middle of the pause is taken.
        """
        ended, began = nanoseconds(self.state.finished_at), nanoseconds(self.run)
        return stamp((ended + began) // 2 if 0 < ended < began else began)


prepare(Look)


def look(inspected: bytes) -> Look:
    """Raises msgspec.MsgspecError on what no daemon says."""
    return msgspec.json.decode(inspected, type=Look)


def is_removal(words: str) -> bool:
    """Whether a refusal (409) says that the container will be gone in a moment: "can not get logs
    from container which is dead or marked for removal" (Docker 20.10 to 28)."""
    return "marked for removal" in words


def stopped(exit_code: int | None, *, is_out_of_memory: bool = False) -> str:
    """The remark on the end of a run; None: its code is not known any more."""
    code = "" if exit_code is None else f", exit code {exit_code}"
    memory = ", out of memory" if is_out_of_memory else ""
    return f"— stopped{code}{memory} —"


def unreadable(words: str) -> str:
    """The remark on a log that the daemon does not give."""
    return f"— the log cannot be read: {one_line(words)} —"
