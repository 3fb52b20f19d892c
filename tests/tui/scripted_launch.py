"""A control whose previews can be recognised: fit, problems and commands follow from the spec."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Sequence

import msgspec
from tests.tui.scripted_control import GIB, ScriptedControl

from burstview import model_choices
from burstview.model_choices import ModelChoice
from burstview_engines.control import Finding, LaunchPreview
from burstview_engines.core.backend import Engine
from burstview_engines.core.wording import count
from burstview_engines.launch.registry import LAUNCH
from burstview_engines.launch.spec import LaunchSpec
from burstview_engines.models.pair_table import PAIRS
from burstview_engines.models.pairs import ModelPair

TAKEN_PORT = 8000
SMALL, LARGE, LLAMA = model_choices.of_pairs(
    [pair for pair in PAIRS if pair.name in ("qwen3-0.6b", "qwen3-8b", "llama3.2-1b")]
)
CHOICES = (SMALL, LARGE, LLAMA)


async def at_once() -> None:
    """A debounce without a delay."""


async def marked(spec: LaunchSpec) -> Sequence[ModelChoice]:
    """The smallest model is here, for Ollama and vLLM."""
    sizes: dict[Engine, int] = {"ollama": 522_000_000, "vllm": 1_503_000_000}
    found = [dataclasses.replace(choice, is_looked_for=True) for choice in CHOICES]
    found[0] = dataclasses.replace(found[0], here=sizes)
    return found


class LaunchControl(ScriptedControl):
    """`before` is what is edited; previews of a taken port have a problem."""

    def __init__(
        self,
        *,
        before: LaunchSpec | None = None,
        changes: Sequence[str] = (),
        is_read_only: bool = False,
        refusal: str | None = None,
    ) -> None:
        super().__init__(is_read_only=is_read_only, refusal=refusal)
        self.before, self.told_changes = before, tuple(changes)
        self.expected: float | None = 95.0
        self.answer: Callable[[LaunchSpec], Awaitable[None]] | None = None
        """Awaited before a preview is given."""

    @property
    def previewed(self) -> list[LaunchSpec]:
        """Every spec that was checked, in order."""
        return [
            spec
            for name, spec, *_ in self.wishes
            if name == "preview" and isinstance(spec, LaunchSpec)
        ]

    async def preview(self, spec: LaunchSpec, replaces: str | None = None) -> LaunchPreview:
        """Completed as a daemon's side would."""
        await self._take("preview", spec, *([replaces] if replaces else []))
        if self.answer is not None:
            await self.answer(spec)
        profile = LAUNCH[spec.engine]
        done = msgspec.structs.replace(
            spec,
            name=spec.name or f"burstview-ai-{spec.engine}",
            image=spec.image or f"{profile.image}:{profile.tag}",
            port=spec.port or profile.port,
        )
        return LaunchPreview(
            done,
            command(done),
            findings(done),
            *memory(done),
            expected_seconds=self.expected,
            is_first_start=self.expected is None,
        )

    async def spec_of(self, key: str) -> LaunchSpec:
        """What is edited."""
        await self._take("spec_of", key)
        assert self.before is not None
        return self.before

    async def changes(self, key: str, spec: LaunchSpec) -> tuple[str, ...]:
        """What a test wrote, once anything differs."""
        await self._take("changes", key, spec)
        return self.told_changes if spec != self.before else ()


def command(spec: LaunchSpec) -> str:
    """As long as a real one."""
    ip = "0.0.0.0" if spec.lan else "127.0.0.1"
    options = " ".join(f"--{name} {value}" for name, value in spec.options.items())
    return (
        f"docker run -d --name {spec.name} --gpus all -p {ip}:{spec.port}:{spec.port}"
        " --label io.burstview.managed=true --label io.burstview.owner=ai"
        " --cap-drop ALL --security-opt no-new-privileges:true --pids-limit 4096 --init"
        " --log-driver json-file --log-opt max-size=10m --log-opt max-file=3"
        f" -v burstview-ai-{spec.engine}:/root/.cache {spec.image}"
        f" --model {spec.model} {options}"
    ).strip()


def findings(spec: LaunchSpec) -> tuple[Finding, ...]:
    """A problem where the port is 8000, a warning where it is open to the network."""
    found = [
        Finding("daemon", "ok", "Docker 28.2.2 answers at unix:///var/run/docker.sock."),
        Finding("image", "note", f"{spec.image} is not here yet: 9.8 GB are pulled first.", ""),
        Finding("name", "ok", f"{spec.name} is free."),
        Finding("gpu", "ok", "NVIDIA's runtime is there; 1 H200."),
        Finding("disk", "ok", "412 GB are free."),
    ]
    if spec.port == TAKEN_PORT:
        found.append(
            Finding(
                "port",
                "problem",
                "Port 8000 is taken by the container burstview-ai-vllm.",
                "Choose another port, or leave it empty for a free one.",
            )
        )
    else:
        found.append(Finding("port", "ok", f"127.0.0.1:{spec.port} is free."))
    if spec.lan:
        found.append(Finding("lan", "warning", "It listens on all addresses of this machine."))
    if spec.offline:
        found.append(
            Finding("weights", "problem", "Its weights are not here.", "Turn offline off once.")
        )
    return tuple(found)


def memory(spec: LaunchSpec) -> tuple[tuple[str, ...], tuple[tuple[str, int], ...]]:
    """4.4 GiB of KV cache a slot of an Ollama; nothing known without a model."""
    if spec.model is None:
        return (), ()
    slots = int(spec.options.get("num-parallel", "1"))
    kv = slots * 4_480 << 20
    weights, overhead, others = 522_000_000, 730 << 20, 12 * GIB
    free = 140 * GIB - kv - weights - overhead - others
    said = f"{count(slots, 'request')} at once take {kv / GIB:.1f} GiB of KV cache"
    fits = f"It fits: {said}, and {free / GIB:.0f} GiB stay free."
    tight = f"It does not fit: {said}, {-free / GIB:.0f} GiB more than there is."
    return (
        (fits if free >= 0 else tight, "Ollama takes the model's whole context of 40,960 tokens."),
        (
            ("weights", weights),
            ("KV cache", kv),
            ("overhead", overhead),
            ("others", others),
            ("free", free),
        ),
    )


@dataclasses.dataclass(frozen=True)
class ScriptedPair:
    """What a planner gives back."""

    previews: tuple[LaunchPreview, ...]
    memory: tuple[str, ...]
    memory_parts: tuple[tuple[str, int], ...]


class PlanningControl(LaunchControl):
    """Can plan two engines; `gpu 1` has another start in its way."""

    async def preview_pair(self, pair: ModelPair, gpus: tuple[str, ...]) -> ScriptedPair:
        """Ollama first, vLLM in what is left."""
        await self._take("preview_pair", pair.name, gpus)
        sides = []
        both: tuple[tuple[Engine, str | None], ...] = (
            ("ollama", pair.ollama),
            ("vllm", pair.huggingface),
        )
        for engine, model in both:
            port = 8001 if engine == "vllm" and gpus != ("1",) else None
            spec = LaunchSpec(engine=engine, model=model, gpus=gpus, port=port)
            sides.append(await self.preview(spec))
        parts = (
            ("Ollama's weights", 522_000_000),
            ("Ollama's KV cache", 448 << 20),
            ("Ollama's buffers", 730 << 20),
            ("vLLM's weights", 1_200_000_000),
            ("vLLM's KV cache", 96 * GIB),
            ("vLLM's buffers", 4 * GIB),
            ("free", 36 * GIB),
        )
        said = "The pair fits with 4,096 tokens of context each: Ollama takes 1.6 GiB, vLLM 0.7."
        return ScriptedPair(tuple(sides), (said, "Ollama first: vLLM measures free memory."), parts)
