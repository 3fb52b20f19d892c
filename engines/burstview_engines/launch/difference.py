"""What differs between two containers' plans, or between a wish and a container; no secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from burstview_engines.core.wording import UNKNOWN
from burstview_engines.launch.container import LABEL
from burstview_engines.launch.mask import masked, masked_words
from burstview_engines.launch.pieces import is_flag
from burstview_engines.launch.profile import LaunchProfile
from burstview_engines.launch.read_back import is_open, spec_from
from burstview_engines.launch.spec import ContainerPlan, LaunchSpec

UNSET = "unset"


def differences(old: ContainerPlan, new: ContainerPlan) -> tuple[str, ...]:
    """`OLLAMA_NUM_PARALLEL 1 → 4`, `port 11434 opened to the LAN`; empty when alike. Our own labels
    are not compared."""
    return tuple(_phrases(old, new))


def drift(profile: LaunchProfile, asked: LaunchSpec, found: ContainerPlan) -> tuple[str, ...]:
    """How a container differs from what was asked for: `num-parallel is 1, asked for 4`."""
    seen = spec_from(profile, found)
    pairs = [("model", seen.model, asked.model), ("image", seen.image, asked.image)]
    pairs += [
        (name, seen.options.get(name), asked.options.get(name))
        for name in dict.fromkeys((*asked.options, *seen.options))
    ]
    told = [
        f"{name} is {is_now or 'not set'}, asked for {wanted or 'the default'}"
        for name, is_now, wanted in pairs
        if is_now != wanted and not (name in ("model", "image") and wanted is None)
    ]
    if seen.lan and not asked.lan:
        told.append("it is open to the LAN, asked for loopback")
    return tuple(told)


def _phrases(old: ContainerPlan, new: ContainerPlan) -> Iterator[str]:
    yield from _one("name", old.name, new.name)
    yield from _one("image", old.image, new.image)
    yield from _one("entrypoint", _words(old.entrypoint), _words(new.entrypoint))
    yield from _variables(old.environment, new.environment)
    yield from _flags(old.command, new.command)
    yield from _ports(old, new)
    yield from _one("GPUs", ",".join(old.gpus) or "none", ",".join(new.gpus) or "none")
    yield from _one("runtime", old.runtime, new.runtime)
    yield from _mounts(old, new)
    yield from _one("network", old.network, new.network)
    yield from _isolation(old, new)
    yield from _one("restart policy", old.restart or "no", new.restart or "no")
    yield from _table("label", _foreign(old.labels), _foreign(new.labels))
    yield from _one("seconds to stop", old.stop_seconds, new.stop_seconds)


def _one(name: str, old: object, new: object) -> Iterator[str]:
    if old != new:
        yield f"{name} {UNKNOWN if old is None else old} → {UNKNOWN if new is None else new}"


def _words(words: Sequence[str] | None) -> str | None:
    return None if words is None else " ".join(masked_words(words))


def _variables(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    for name in dict.fromkeys((*old, *new)):
        before, after = old.get(name), new.get(name)
        if before == after:
            continue
        shown = [UNSET if value is None else masked(name, value) for value in (before, after)]
        is_hidden = shown[0] == shown[1]
        yield f"{name} changed" if is_hidden else f"{name} {shown[0]} → {shown[1]}"


def _flags(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    before, after = _flag_table(old), _flag_table(new)
    shown_before, shown_after = _flag_table(masked_words(old)), _flag_table(masked_words(new))
    for flag in dict.fromkeys((*before, *after)):
        if before.get(flag) == after.get(flag):
            continue
        name = flag or "command"
        one = _flag_words(shown_before.get(flag), flag)
        other = _flag_words(shown_after.get(flag), flag)
        yield f"{name} changed" if one == other else f"{name} {one} → {other}"


def _flag_table(command: Sequence[str]) -> dict[str, str]:
    """Each flag with its values, in one text; words before the first flag under an empty name."""
    table: dict[str, str] = {}
    flag = ""
    for word in command:
        if is_flag(word):
            flag, _, value = word.partition("=")
            table[flag] = value
        else:
            table[flag] = f"{table.get(flag, '')} {word}".strip()
    return table


def _flag_words(value: str | None, flag: str) -> str:
    if value is None:
        return UNSET
    return value or ("on" if flag else UNSET)


def _ports(old: ContainerPlan, new: ContainerPlan) -> Iterator[str]:
    before, after = _published(old), _published(new)
    for inside in dict.fromkeys((*before, *after)):
        if inside not in after:
            yield f"port {inside} no longer published"
        elif inside not in before:
            yield f"port {inside} published at {after[inside]}"
        elif before[inside] != after[inside]:
            yield f"port {before[inside]} → {after[inside]}"
    if is_open(old) != is_open(new):
        port = next(iter(after.values() if is_open(new) else before.values()), "")
        yield f"port {port} {'opened' if is_open(new) else 'closed'} to the LAN"


def _published(plan: ContainerPlan) -> dict[int, str]:
    """Port inside -> port on the host; two addresses of one port are one."""
    return {p.container: "any free" if p.host is None else str(p.host) for p in plan.ports}


def _mounts(old: ContainerPlan, new: ContainerPlan) -> Iterator[str]:
    sides = [
        {m.target: f"{m.source}{' (read-only)' if m.read_only else ''}" for m in plan.mounts}
        for plan in (old, new)
    ]
    for target in dict.fromkeys((*sides[0], *sides[1])):
        before, after = sides[0].get(target), sides[1].get(target)
        if before is None and after is not None:
            yield f"{after} mounted at {target}"
        elif before is not None and after is None:
            yield f"{before} no longer mounted at {target}"
        elif before != after:
            yield f"{before} → {after} at {target}"


def _isolation(old: ContainerPlan, new: ContainerPlan) -> Iterator[str]:
    yield from _one("ipc", old.ipc, new.ipc)
    yield from _one("shared memory", _size(old.shm_bytes), _size(new.shm_bytes))
    for name, before, after in (
        ("capabilities dropped", old.cap_drop, new.cap_drop),
        ("capabilities added", old.cap_add, new.cap_add),
        ("security options", old.security, new.security),
    ):
        yield from _one(name, ", ".join(before) or "none", ", ".join(after) or "none")
    yield from _one("limit of threads", old.pids_limit, new.pids_limit)
    yield from _one("init", "on" if old.init else "off", "on" if new.init else "off")
    yield from _table("log option", old.log_options, new.log_options)


def _table(what: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    for name, phrase in _named(old, new):
        yield f"{what} {name} {phrase}"


def _named(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name in dict.fromkeys((*old, *new)):
        if old.get(name) != new.get(name):
            yield name, f"{old.get(name, UNSET)} → {new.get(name, UNSET)}"


def _foreign(labels: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in labels.items() if not name.startswith(LABEL)}


def _size(count: int | None) -> str | None:
    if count is None:
        return None
    return f"{count / (1 << 30):g} GiB" if count >= 1 << 28 else f"{count / (1 << 20):g} MiB"
