"""How far the simulator is off recorded bursts: `python -m ...simulator.accuracy FOLDER`."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import msgspec

from burstview_engines.core.events import RequestEnded, RequestSent, TokensReceived
from burstview_engines.core.plan import BurstPlan
from burstview_engines.simulator.spec import EngineSpec
from burstview_engines.simulator.virtual import simulate

MICRO = 1e-6
VLLM = EngineSpec(
    engine="vllm", gpu="H200", model="qwen3-0.6b", max_num_seqs=128, utilisation=0.7,
    context_tokens=4096,
)  # fmt: skip
SECOND_DAY = replace(VLLM, host_factor=1.5)
"""On the second day the GPU was busy 50 to 70 % of every step that took 90 to 98 % on the first:
the host was slower, and half as fast as vLLM needs for a model this small."""


def _ollama(slots: int) -> EngineSpec:
    return EngineSpec(
        engine="ollama", gpu="H200", model="qwen3-0.6b", slots=slots, context_tokens=4096
    )


def _llamacpp(model: str, slots: int) -> EngineSpec:
    return EngineSpec(
        engine="llamacpp", gpu="H200", model=f"qwen3-{model}", slots=slots, context_tokens=4096
    )


SETUPS: dict[str, tuple[EngineSpec, ...]] = {
    "vllm-0.6b": (VLLM,),
    "gpm-vllm-batch": (SECOND_DAY,),
    "duel-in-turns": (SECOND_DAY, _ollama(1)),
    "llamacpp-0.6b-q4-np1": (_llamacpp("0.6b", 1),),
    "llamacpp-0.6b-q4-np4": (_llamacpp("0.6b", 4),),
    "llamacpp-0.6b-q4-np16": (_llamacpp("0.6b", 16),),
    "llamacpp-4b-q4-np1": (_llamacpp("4b", 1),),
    "ollama-0.6b-q4-np1": (_ollama(1),),
    "ollama-0.6b-q4-np4": (_ollama(4),),
    "gpm-ollama-np4": (_ollama(4),),
}
"""What each trace file was taken with. Eager, cold, first and contended bursts are not here."""


class Usage(msgspec.Struct):
    """Token counts as the server told them."""

    prompt_tokens: int
    completion_tokens: int


class TracedRequest(msgspec.Struct):
    """One request of a recorded burst; microseconds since the burst's start."""

    send: int
    done: int
    tok_us: tuple[int, ...] = ()
    usage: Usage | None = None


class TracedBurst(msgspec.Struct):
    """One line of a trace file."""

    engine: str
    concurrency: int
    max_tokens: int
    requests: tuple[TracedRequest, ...]

    @property
    def prompt_tokens(self) -> int | None:
        """Of the first request that told; all prompts of a burst are equally long."""
        return next((r.usage.prompt_tokens for r in self.requests if r.usage), None)


@dataclass(frozen=True, slots=True)
class Shape:
    """What is compared: seconds from the first send to the last end, and to a first token."""

    makespan: float
    ttft: float
    """Median over the requests, each from its own send."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One recorded burst beside its simulation."""

    trace: str
    spec: EngineSpec
    concurrency: int
    max_tokens: int
    recorded: Shape
    simulated: Shape

    @property
    def makespan_error(self) -> float:
        """Simulated over recorded, minus one."""
        return self.simulated.makespan / self.recorded.makespan - 1

    @property
    def ttft_error(self) -> float:
        """Simulated over recorded, minus one."""
        return self.simulated.ttft / self.recorded.ttft - 1


def compare(folder: Path) -> Iterator[Comparison]:
    """Every recorded burst of `folder` that has a setup, beside its simulation."""
    for trace, specs in SETUPS.items():
        for burst in read(folder / f"{trace}.jsonl.gz"):
            spec = next(spec for spec in specs if spec.engine == burst.engine)
            yield Comparison(
                trace=trace,
                spec=spec,
                concurrency=burst.concurrency,
                max_tokens=burst.max_tokens,
                recorded=_recorded(burst),
                simulated=_simulated(spec, burst),
            )


def read(path: Path) -> Iterator[TracedBurst]:
    """The bursts of one trace file."""
    decoder = msgspec.json.Decoder(TracedBurst)
    with gzip.open(path, "rb") as lines:
        for line in lines:
            yield decoder.decode(line)


def _recorded(burst: TracedBurst) -> Shape:
    start = min(request.send for request in burst.requests)
    end = max(request.done for request in burst.requests)
    firsts = [r.tok_us[0] - r.send for r in burst.requests if r.tok_us]
    return Shape((end - start) * MICRO, median(firsts) * MICRO)


def _simulated(spec: EngineSpec, burst: TracedBurst) -> Shape:
    plan = BurstPlan(
        concurrency=burst.concurrency,
        max_tokens=burst.max_tokens,
        prompt_tokens=burst.prompt_tokens,
        alone=0,
    )
    start, end = 0.0, 0.0
    firsts: dict[int, float] = {}
    for event in simulate(spec, plan):
        match event:
            case RequestSent():
                start = event.at
            case TokensReceived():
                firsts.setdefault(event.id, event.at)
            case RequestEnded():
                end = event.at
            case _:
                continue
    return Shape(end - start, median(firsts.values()) - start)


def table(comparisons: list[Comparison]) -> str:
    """A row for every burst, then the errors that count for every engine."""
    rows = [
        f"{'trace':22} {'n x tokens':>10} {'makespan':>16} {'error':>6} {'TTFT':>16} {'error':>6}"
    ]
    for c in comparisons:
        shape = f"{c.concurrency} x {c.max_tokens}"
        spans = f"{c.recorded.makespan:7.3f} {c.simulated.makespan:7.3f}"
        firsts = f"{c.recorded.ttft:7.3f} {c.simulated.ttft:7.3f}"
        errors = f"{c.makespan_error:6.0%}", f"{c.ttft_error:6.0%}"
        rows.append(f"{c.trace:22} {shape:>10} {spans:>16} {errors[0]} {firsts:>16} {errors[1]}")
    engines = {
        c.spec.engine: [d for d in comparisons if d.spec.engine == c.spec.engine]
        for c in comparisons
    }
    return "\n".join(rows + [_summary(engine, own) for engine, own in engines.items()])


def _summary(engine: str, comparisons: list[Comparison]) -> str:
    spans = [abs(c.makespan_error) for c in comparisons]
    firsts = [abs(c.ttft_error) for c in comparisons if c.concurrency >= 2]
    return (
        f"{engine}: {len(comparisons)} bursts; makespan error median {median(spans):.1%}, worst "
        f"{max(spans):.1%}; TTFT error median {median(firsts):.1%} over {len(firsts)} bursts"
    )


def main(arguments: list[str]) -> str:
    """The table of the folder that was named, or one sentence on what is missing."""
    if len(arguments) != 1:
        return "Name the folder of the traces, such as tests/data/traces."
    try:
        return table(list(compare(Path(arguments[0]))))
    except FileNotFoundError as missing:
        return f"{missing.filename} is missing; name the folder that holds the traces."


if __name__ == "__main__":
    print(main(sys.argv[1:]))  # noqa: T201
