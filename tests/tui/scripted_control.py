"""A control that carries nothing out: it records wishes, and plays what a test lets happen."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec
from tests.tui.scripted import ScriptedSession

from burstview_engines.control import Finding, LaunchPreview, LogLine
from burstview_engines.core.backend import Backend
from burstview_engines.core.events import (
    AnyEvent,
    BackendSeen,
    DockerSeen,
    EngineChanged,
    EngineGone,
    EngineUsed,
)
from burstview_engines.core.managed import (
    EngineFacts,
    Failure,
    ManagedEngine,
    StoredModel,
    Usage,
)
from burstview_engines.launch.spec import LaunchSpec
from burstview_engines.source import SessionError

WHERE = "unix:///var/run/docker.sock (default)"
GIB = 1 << 30

READY = ManagedEngine(
    key="container:burstview-ai-vllm",
    name="burstview-ai-vllm",
    engine="vllm",
    place="container",
    owner="ours",
    status="ready",
    id="4f3a1b2c9d0e5f6a7b8c",
    url="http://127.0.0.1:8000",
    image="vllm/vllm-openai:v0.33.0",
    model="Qwen/Qwen3-0.6B",
    gpus=("0",),
    options={"max-num-seqs": "128", "gpu-memory-utilization": "0.6"},
    started_at=-754.0,
    expected_seconds=95.0,
    facts=EngineFacts(
        version="0.33.0",
        seats=128,
        context_tokens=4096,
        kv_tokens=611_808,
        kv_bytes=65 * GIB,
        weights_bytes=1_200_000_000,
        max_concurrency=149.4,
    ),
)
STARTING = msgspec.structs.replace(
    READY,
    status="starting",
    phase="loading weights",
    phase_since=-12.0,
    started_at=-47.0,
    fraction=0.43,
    words="3 of 7 shards, 1.2 of 4.0 GB",
    facts=EngineFacts(version="0.33.0"),
)
OLLAMA_READY = ManagedEngine(
    key="container:burstview-ai-ollama",
    name="burstview-ai-ollama",
    engine="ollama",
    place="container",
    owner="ours",
    status="ready",
    id="99aa1b2c9d0e5f6a7b8c",
    url="http://127.0.0.1:11434",
    lan=True,
    image="ollama/ollama:0.33.0",
    model="qwen3:0.6b",
    gpus=("all",),
    options={"num-parallel": "4"},
    started_at=-7_300.0,
    restarts=2,
    drift=("image: 0.33.0 instead of 0.32.1",),
    facts=EngineFacts(version="0.33.0", seats=4, gpu_layers=(20, 29), context_tokens=40960),
    on_gpu=0.71,
)
FOREIGN = ManagedEngine(
    key="container:ollama",
    name="ollama",
    engine="ollama",
    place="container",
    owner="foreign",
    status="ready",
    id="77aa1b2c9d0e5f6a7b8c",
    url="http://127.0.0.1:11435",
    lan=True,
    image="ollama/ollama:latest",
    gpus=("all",),
    started_at=-300_000.0,
)
THEIRS = ManagedEngine(
    key="container:burstview-anna-sglang",
    name="burstview-anna-sglang",
    engine="sglang",
    place="container",
    owner="theirs",
    who="anna",
    status="ready",
    id="55aa1b2c9d0e5f6a7b8c",
    url="http://127.0.0.1:30000",
    model="Qwen/Qwen3-8B",
    gpus=("1", "2"),
    started_at=-4_000.0,
)
FAILED = ManagedEngine(
    key="container:burstview-ai-vllm-2",
    name="burstview-ai-vllm-2",
    engine="vllm",
    place="container",
    owner="ours",
    status="failed",
    id="11aa1b2c9d0e5f6a7b8c",
    image="vllm/vllm-openai:v0.33.0",
    model="meta-llama/Llama-3.1-8B",
    gpus=("0",),
    phase="profiling memory",
    started_at=-120.0,
    exit_code=1,
    failure=Failure(
        kind="kv-cache-too-small",
        sentence="The KV cache has room for 12,288 tokens, but one request may take 131,072.",
        step="Lower max-model-len to 12288 or less, or raise gpu-memory-utilization.",
        detail=(
            "ValueError: To serve at least one request with the models's max seq len (131072),"
            " (16.00 GiB KV cache is needed, which is larger than the available KV cache memory"
            " (1.50 GiB). Based on the available memory, the estimated maximum model length is"
            " 12288."
        ),
    ),
)
STOPPED = ManagedEngine(
    key="process:llama",
    name="llama",
    engine="llamacpp",
    place="process",
    owner="ours",
    status="stopped",
    model="qwen3-0.6b-q4_k_m.gguf",
    gpus=(),
    exit_code=0,
)
USED = Usage(
    cpu_percent=215.0,
    memory_bytes=12 * GIB,
    memory_limit_bytes=64 * GIB,
    network_in_bytes=12_900_000,
    network_out_bytes=3_100_000,
    block_read_bytes=4_000_000_000,
    block_written_bytes=0,
    pids=34,
)


class ScriptedLog:
    """Lines that a test writes; the newest `kept` are remembered."""

    def __init__(self, kept: int = 5_000) -> None:
        self.lines: list[LogLine] = []
        self.last_number = 0
        self.asked = 0
        """How often lines were asked for."""
        self._kept = kept

    def write(self, *texts: str, is_remark: bool = False) -> None:
        """Lines of the engine, or remarks of ours, a tenth of a second apart."""
        for text in texts:
            self.last_number += 1
            number = self.last_number
            seconds, tenths = divmod(number, 10)
            stamp = f"2026-11-22T10:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{tenths}00000000Z"
            self.lines.append(LogLine(number, "" if is_remark else stamp, text, is_remark))
        del self.lines[: -self._kept]

    def since(self, number: int) -> tuple[LogLine, ...]:
        """The kept lines after that number."""
        self.asked += 1
        first = self.lines[0].number if self.lines else 0
        return tuple(self.lines[max(0, number - first + 1) :])


class ScriptedControl:
    """Fulfils EngineControl; every wish is written down as (name, *arguments).

    While `gate` is not set, wishes wait: the screen must not. `refusal` refuses them all.
    """

    def __init__(
        self,
        *,
        is_read_only: bool = False,
        where: str = WHERE,
        refusal: str | None = None,
    ) -> None:
        self.is_read_only, self.where, self.refusal = is_read_only, where, refusal
        self.wishes: list[tuple[object, ...]] = []
        self.logs: dict[str, ScriptedLog] = {}
        self.stored: tuple[StoredModel, ...] = ()
        self.gate = asyncio.Event()
        self.gate.set()

    def log_of(self, key: str) -> ScriptedLog:
        """The log of an engine, made when it is first asked for."""
        return self.logs.setdefault(key, ScriptedLog())

    async def preview(self, spec: LaunchSpec, replaces: str | None = None) -> LaunchPreview:
        """The line that a test can recognise."""
        await self._take("preview", spec, *([replaces] if replaces else []))
        command = f"docker run -d --name {spec.name} -p 127.0.0.1:8000:8000 {spec.image}"
        return LaunchPreview(spec, command, (Finding("daemon", "ok", "Docker 28.2 answers."),))

    async def up(self, spec: LaunchSpec) -> str:
        """The key that it would have."""
        await self._take("up", spec)
        return f"{spec.place}:{spec.name}"

    async def start(self, key: str) -> None:
        """Written down."""
        await self._take("start", key)

    async def stop(self, key: str) -> None:
        """Written down."""
        await self._take("stop", key)

    async def kill(self, key: str) -> None:
        """Written down."""
        await self._take("kill", key)

    async def restart(self, key: str) -> None:
        """Written down."""
        await self._take("restart", key)

    async def spec_of(self, key: str) -> LaunchSpec:
        """A spec of that name."""
        await self._take("spec_of", key)
        return LaunchSpec(engine="vllm", name=key.partition(":")[2], image="vllm/vllm-openai")

    async def changes(self, key: str, spec: LaunchSpec) -> tuple[str, ...]:
        """Written down."""
        await self._take("changes", key, spec)
        return ()

    async def recreate(self, key: str, spec: LaunchSpec) -> None:
        """Written down."""
        await self._take("recreate", key, spec)

    async def remove(self, key: str, *, volumes: bool = False) -> None:
        """Written down."""
        await self._take("remove", key, volumes)

    async def adopt(self, key: str) -> None:
        """Written down."""
        await self._take("adopt", key)

    async def log(self, key: str) -> ScriptedLog:
        """The scripted log."""
        if self.refusal is not None:
            raise SessionError(self.refusal)
        return self.log_of(key)

    async def models(self, key: str) -> Sequence[StoredModel]:
        """What a test stored."""
        await self._take("models", key)
        return self.stored

    async def pull_model(self, key: str, model: str) -> None:
        """Written down."""
        await self._take("pull_model", key, model)

    def cancel_pull(self, key: str) -> None:
        """Written down."""
        self.wishes.append(("cancel_pull", key))

    async def load_model(self, key: str, model: str) -> None:
        """Written down."""
        await self._take("load_model", key, model)

    async def unload_model(self, key: str, model: str) -> None:
        """Written down."""
        await self._take("unload_model", key, model)

    async def delete_model(self, key: str, model: str) -> None:
        """Written down."""
        await self._take("delete_model", key, model)

    async def cancel(self, key: str) -> None:
        """Written down."""
        await self._take("cancel", key)

    async def wait(self, key: str) -> ManagedEngine:
        """Nothing is ever waited for on screen."""
        raise NotImplementedError(key)

    async def _take(self, *wish: object) -> None:
        self.wishes.append(wish)
        await self.gate.wait()
        if self.refusal is not None:
            raise SessionError(self.refusal)


class EnginesSession(ScriptedSession):
    """A scripted session whose engines are there when it opens."""

    def __init__(
        self,
        *engines: ManagedEngine,
        control: ScriptedControl | None = None,
        is_recording: bool = False,
        held: bool = False,
    ) -> None:
        self.control = control or ScriptedControl()
        super().__init__(
            engines=None if is_recording else self.control, is_recording=is_recording, held=held
        )
        self.at_first = engines

    async def open(self) -> None:
        """As ever, and the engines."""
        await super().open()
        self.happen(DockerSeen(at=self.now, version="28.2.2", endpoint=WHERE))
        for engine in self.at_first:
            self.see(engine)

    def see(self, engine: ManagedEngine, usage: Usage | None = None) -> None:
        """An engine appeared or changed; its backend with it once it has an address."""
        self.happen(EngineChanged(at=self.now, engine=engine))
        if usage is None and engine.status in ("ready", "starting", "running"):
            usage = USED
        if usage is not None:
            self.happen(EngineUsed(at=self.now, key=engine.key, usage=usage))
        if engine.url is not None or engine.status in ("pulling", "stopped", "failed"):
            self.happen(BackendSeen(at=self.now, backend=backend_of(engine), state=engine.status))

    def lose(self, key: str) -> None:
        """An engine was removed."""
        self.happen(EngineGone(at=self.now, key=key))

    def happen(self, event: AnyEvent) -> None:
        """One event."""
        self.fold.apply(event)


def backend_of(engine: ManagedEngine) -> Backend:
    """The same as the target of a burst."""
    return Backend(
        key=engine.key,
        name=engine.name,
        engine=engine.engine,
        place=engine.place,
        url=engine.url or "",
        model=engine.model,
        seats=engine.facts.seats,
        hardware="host",
        on_gpu=engine.on_gpu,
    )


def changed(engine: ManagedEngine, **fields: object) -> ManagedEngine:
    """The engine with other fields."""
    return msgspec.structs.replace(engine, **fields)
