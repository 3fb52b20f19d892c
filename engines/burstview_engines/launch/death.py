"""Why an engine died, in one sentence, from all who saw it: its log, the daemon, its exit code."""

from __future__ import annotations

from burstview_engines.core.managed import Failure
from burstview_engines.core.text import one_line
from burstview_engines.launch.log_reader import LogReader

_SIGNALLED = 128
"""A shell and Docker report death by signal N as this plus N, Python as minus N."""
_TOLD_LINES = 5
_NOT_STARTED = (125, 126, 127, 128)

_SIGNALS: dict[int, tuple[str, str, str]] = {
    1: ("stopped", "Its terminal was closed{while_}.", "Start it again."),
    2: ("stopped", "It was interrupted from outside{while_}.", "Start it again."),
    4: (
        "wrong-machine",
        "It was made for another processor: an instruction is unknown to this one{while_}.",
        "Choose an image for this machine.",
    ),
    6: (
        "crashed",
        "It gave up at an error of its own{while_}.",
        "Read the last lines of its log; another version may help.",
    ),
    7: (
        "shared-memory-full",
        "Its shared memory ran out{while_}.",
        "Give its container more shared memory (/dev/shm).",
    ),
    9: (
        "killed",
        "It was killed{while_}: by hand, or by the system because main memory ran out.",
        "If nobody did it, `dmesg` tells; choose a smaller model or free memory.",
    ),
    11: (
        "crashed",
        "It crashed{while_}: it touched memory that is not its own.",
        "Start it again; if it comes back, try another version of the engine.",
    ),
    15: ("stopped", "It was asked to end from outside{while_}.", "Start it again."),
}


def why(
    exit_code: int | None, oom_killed: bool, daemon_error: str, reader: LogReader | None
) -> Failure:
    """The most precise of what is known: a cause in its log, memory's limit, the daemon's words,
    a signal, a cause in general terms, and else its last lines. Negative codes are signals."""
    if reader is not None and reader.knows_cause and reader.failure is not None:
        return reader.failure
    last = _last(reader)
    if oom_killed:
        return _out_of_memory(reader, last)
    if daemon_error.strip():
        return _refused(daemon_error)
    if exit_code in _NOT_STARTED and exit_code is not None:
        return _no_command(exit_code, last)
    signal = _signal(exit_code)
    if signal is not None and signal in _SIGNALS:
        kind, sentence, step = _SIGNALS[signal]
        text = sentence.format(while_=_while(reader))
        return Failure(kind=kind, sentence=text, step=step, detail=last)
    if reader is not None and reader.failure is not None:
        return reader.failure
    return _silent(exit_code, reader, last)


def _signal(exit_code: int | None) -> int | None:
    if exit_code is None:
        return None
    return -exit_code if exit_code < 0 else exit_code - _SIGNALLED


def _while(reader: LogReader | None) -> str:
    phase = reader.phase if reader is not None else None
    return f" while {phase}" if phase is not None and phase != "ready" else ""


def _last(reader: LogReader | None) -> str:
    return "\n".join(reader.last_lines[-_TOLD_LINES:]) if reader is not None else ""


def _out_of_memory(reader: LogReader | None, last: str) -> Failure:
    return Failure(
        kind="host-out-of-memory",
        sentence=f"It used more main memory than it may{_while(reader)}, and the system killed it.",
        step="Raise its container's memory limit, or choose a smaller model.",
        detail=last,
    )


def _refused(daemon_error: str) -> Failure:
    return Failure(
        kind="not-started",
        sentence=f"The daemon could not start it: {one_line(daemon_error, 200)}",
        step="Mend what it names, and start it again.",
        detail=one_line(daemon_error, 1000),
    )


def _no_command(exit_code: int, last: str) -> Failure:
    reason = {
        126: "its command may not be executed",
        127: "its command does not exist",
    }.get(exit_code, "the container could not be set up")
    return Failure(
        kind="bad-command",
        sentence=f"It never ran: {reason} (exit code {exit_code}).",
        step="Choose the engine's own image, or install the engine.",
        detail=last,
    )


def _silent(exit_code: int | None, reader: LogReader | None, last: str) -> Failure:
    code = "an unknown exit code" if exit_code is None else f"exit code {exit_code}"
    if last:
        end = one_line(last.rpartition("\n")[2], 160)
        sentence = f"It ended with {code}{_while(reader)} without telling why; it last said: {end}"
    else:
        sentence = f"It ended with {code} and left no word in its log."
    return Failure(kind="ended", sentence=sentence, step="Read the end of its log.", detail=last)
