"""Managed engines in words: status, phase, clock and countdown, endings. Pure."""

from __future__ import annotations

from typing import Literal, NamedTuple

from burstview_engines.core.backend import Engine
from burstview_engines.core.managed import LaunchPhase, ManagedEngine, Owner, Status
from burstview_engines.core.text import one_line
from burstview_engines.core.views import EngineView, Snapshot
from burstview_engines.core.wording import UNKNOWN, count

ENGINES: dict[Engine, str] = {
    "vllm": "vLLM",
    "ollama": "Ollama",
    "llamacpp": "llama.cpp",
    "sglang": "SGLang",
    "openai": "server",
}
MARKS: dict[Status, str] = {
    "pulling": "↓",
    "starting": "◐",
    "ready": "●",
    "running": "◌",
    "stopping": "▽",
    "stopped": "□",
    "paused": "‖",
    "failed": "✗",
    "unknown": "?",
}
"""Each status has a shape of its own, so that it reads without colour."""
STATUS: dict[Status, str] = {"running": "no answer"}
"""Where the word on screen is another: it runs, but its HTTP does not answer."""
OWNERS: dict[Owner, str] = {"ours": "ours", "adopted": "adopted", "foreign": "foreign"}
UNDER_WAY: tuple[Status, ...] = ("pulling", "starting", "stopping")
UP: tuple[Status, ...] = ("starting", "ready", "running", "stopping", "paused")
"""Its container or process is there and counts its time."""

Tone = Literal["good", "busy", "bad", "warn", "quiet"]
TONES: dict[Status, Tone] = {
    "pulling": "busy",
    "starting": "busy",
    "ready": "good",
    "running": "warn",
    "stopping": "busy",
    "paused": "warn",
    "failed": "bad",
    "unknown": "warn",
}
_PHASES: dict[LaunchPhase, str] = {
    "pulling image": "pulling the image",
    "downloading weights": "downloading weights",
    "download stalled": "download stalled",
}


class Clock(NamedTuple):
    """How long a start takes, seconds; unknown is None."""

    elapsed: float | None
    in_phase: float | None
    left: float | None
    """Negative when it takes longer than the last start of the same spec."""


def is_stalled(engine: ManagedEngine) -> bool:
    """Its download gets no byte."""
    return engine.status in UNDER_WAY and engine.phase == "download stalled"


def tone(engine: ManagedEngine) -> Tone:
    """How its status is coloured."""
    return "warn" if is_stalled(engine) else TONES.get(engine.status, "quiet")


def mark(engine: ManagedEngine) -> str:
    """The glyph of its status; a stalled download has a paused one's."""
    return MARKS["paused"] if is_stalled(engine) else MARKS[engine.status]


def status_word(engine: ManagedEngine) -> str:
    """`ready`; of one that runs without answering, `no answer`."""
    return STATUS.get(engine.status, engine.status)


def owner_word(engine: ManagedEngine) -> str:
    """`ours`, `adopted`, `foreign`, or whose it is."""
    if engine.owner == "theirs":
        return f"of {one_line(engine.who, 20)}" if engine.who else "theirs"
    return OWNERS[engine.owner]


def engine_and_model(engine: ManagedEngine) -> str:
    """`vLLM Qwen/Qwen3-0.6B`."""
    model = f" {one_line(engine.model, 80)}" if engine.model else ""
    return f"{ENGINES[engine.engine]}{model}"


def port_word(engine: ManagedEngine) -> str:
    """`:8000`, or host and port of one elsewhere."""
    host = one_line((engine.url or "").partition("://")[2].partition("/")[0], 60)
    name, _, port = host.rpartition(":")
    if not host:
        return UNKNOWN
    return f":{port}" if name in ("127.0.0.1", "localhost", "[::1]") else host


def gpus_word(engine: ManagedEngine) -> str:
    """`all`, `0,1`, `none`."""
    if engine.gpus is None:
        return UNKNOWN
    return one_line(",".join(engine.gpus), 40) or "none"


def duration(value: float | None) -> str:
    """Whole seconds for clocks: `47 s`, `1 m 20 s`, `2 h 05 m`, `3 d 04 h`."""
    if value is None:
        return UNKNOWN
    minutes, rest = divmod(max(0, int(value)), 60)
    hours, days = minutes // 60, minutes // 1440
    if minutes < 1:
        return f"{rest} s"
    if hours < 1:
        return f"{minutes} m {rest:02d} s"
    return f"{hours} h {minutes % 60:02d} m" if days < 1 else f"{days} d {hours % 24:02d} h"


def clock(engine: ManagedEngine, now: float) -> Clock:
    """Of a start in progress, or of one that is up."""
    elapsed = None if engine.started_at is None else max(0.0, now - engine.started_at)
    in_phase = None if engine.phase_since is None else max(0.0, now - engine.phase_since)
    expected = engine.expected_seconds
    left = None if expected is None or elapsed is None else expected - elapsed
    return Clock(elapsed, in_phase, left)


def uptime(engine: ManagedEngine, now: float) -> str:
    """Since its start; a dash while it is down."""
    return duration(clock(engine, now).elapsed if engine.status in UP else None)


def countdown(engine: ManagedEngine, now: float) -> str:
    """`≈ 40 s left of 1 m 35 s`, how much longer it takes than last time, or why no estimate."""
    left, expected = clock(engine, now).left, engine.expected_seconds
    if left is None or expected is None:
        return "first start of this spec: no estimate" if engine.is_first_start else "no estimate"
    if left >= 0:
        return f"≈ {duration(left + 0.5)} left of {duration(expected + 0.5)}"
    return f"{duration(-left)} longer than the last time ({duration(expected + 0.5)})"


def phase_word(engine: ManagedEngine) -> str:
    """What a start does now, in plain words; empty when none is under way."""
    if engine.status not in ("pulling", "starting"):
        return ""
    if engine.phase is None:
        return "pulling the image" if engine.status == "pulling" else "starting"
    return _PHASES.get(engine.phase, engine.phase)


def ending(engine: ManagedEngine) -> str:
    """`killed for want of memory · exit code 137`; empty of one that is up or never ran."""
    if engine.status in UP or engine.status == "pulling":
        return ""
    parts = ["killed by the system for want of memory"] if engine.oom_killed else []
    parts += [] if engine.exit_code is None else [f"exit code {engine.exit_code}"]
    return " · ".join(parts)


def is_partly_on_cpu(engine: ManagedEngine) -> bool:
    """Some of its loaded model, or all of it, is computed by the CPU though there is a GPU."""
    layers = engine.facts.gpu_layers
    some = engine.on_gpu is not None and engine.on_gpu < 1
    return some or (layers is not None and layers[0] < layers[1])


def headline(engine: ManagedEngine, now: float) -> str:
    """One line: what goes on, since when, and how long it will take."""
    if engine.status in ("pulling", "starting"):
        seconds = clock(engine, now).elapsed
        so_far = f"{duration(seconds)} so far" if seconds is not None else ""
        parts = [phase_word(engine), so_far, countdown(engine, now)]
    else:
        again = count(engine.restarts, "restart") if engine.restarts else ""
        parts = [status_word(engine), _what_else(engine, now), ending(engine), again]
    return " · ".join(part for part in parts if part)


def _what_else(engine: ManagedEngine, now: float) -> str:
    match engine.status:
        case "ready":
            return f"up {uptime(engine, now)}"
        case "running":
            return f"it runs, but its HTTP does not answer · up {uptime(engine, now)}"
        case "stopping":
            return one_line(engine.words) or "x again offers to kill it"
        case "unknown":
            return "the daemon cannot be asked"
        case _:
            return ""


def note(engine: ManagedEngine, now: float) -> str:
    """The one thing worth a column: how far it is, why it failed, or what is odd about it."""
    if engine.status in ("pulling", "starting"):
        left = clock(engine, now).left
        rest = "" if left is None or left < 0 else f" ≈ {duration(left + 0.5)}"
        return f"{phase_word(engine)}{rest}"
    odd = [engine.failure.kind] if engine.failure is not None else []
    odd += ["out of memory"] if engine.oom_killed and not odd else []
    where = "on the CPU" if engine.on_gpu == 0 else "partly on the CPU"
    odd += [where] if is_partly_on_cpu(engine) else []
    odd += [f"{count(engine.restarts, 'restart')}"] if engine.restarts else []
    odd += [f"differs: {len(engine.drift)}"] if engine.drift else []
    return one_line(" · ".join(odd), 80)


def brief(view: EngineView, now: float) -> str:
    """What a row of the main screen says of one that is not ready; empty of one that is."""
    engine = view.engine
    if engine.status in ("pulling", "starting"):
        parts = [phase_word(engine), countdown(engine, now), one_line(engine.words)]
    elif engine.status in ("stopping", "stopped", "paused", "running", "failed"):
        sentence = one_line(engine.failure.sentence) if engine.failure is not None else ""
        parts = [sentence or ending(engine) or _DOWN.get(engine.status, "")]
    else:
        return ""
    return " · ".join(part for part in parts if part)


_DOWN: dict[Status, str] = {
    "stopping": "being stopped",
    "stopped": "g shows it, s starts it there",
    "paused": "paused from outside",
    "running": "it runs, but its HTTP does not answer",
    "failed": "g shows why",
}


def briefs(snapshot: Snapshot) -> dict[str, str]:
    """For each managed engine that is not ready, by key."""
    said = {view.engine.key: brief(view, snapshot.now) for view in snapshot.engines}
    return {key: words for key, words in said.items() if words}
