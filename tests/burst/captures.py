"""The bytes that real servers sent, and how to put them through a reader."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path

from burstview_engines.burst.dialect import EndCause, Ending, Piece, ResponseReader
from burstview_engines.core.backend import Backend, Engine
from burstview_engines.core.plan import BurstPlan

ROOT = Path(__file__).parents[1] / "data" / "real_engines"
ENGINES: dict[str, Engine] = {"vllm": "vllm", "llamacpp": "llamacpp", "ollama": "ollama"}


@dataclass(frozen=True)
class Response:
    """A capture taken apart."""

    status: int
    content_type: str
    body: bytes


def names() -> set[str]:
    """Every capture as `engine/file`, without `.gz`."""
    files = (path for path in ROOT.rglob("*") if path.is_file())
    return {str(path.relative_to(ROOT)).removesuffix(".gz") for path in files}


def raw(name: str) -> bytes:
    """The capture's bytes; a missing one is an error."""
    path = ROOT / name
    return path.read_bytes() if path.exists() else gzip.decompress(Path(f"{path}.gz").read_bytes())


def response(name: str) -> Response:
    """Two captures were kept without their heads: a stream and native lines."""
    data = raw(name)
    if not data.startswith(b"HTTP/"):
        kind = "text/event-stream" if data.startswith(b"data:") else "application/x-ndjson"
        return Response(200, kind, data)
    head, _, body = data.replace(b"\r\n", b"\n").partition(b"\n\n")
    lines = head.decode().split("\n")
    fields = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
    return Response(int(lines[0].split()[1]), fields.get("content-type", ""), body)


def backend(name: str) -> Backend:
    """The server of a capture."""
    engine = ENGINES[name.partition("/")[0]]
    model = "Qwen/Qwen3-0.6B" if engine == "vllm" else "qwen3:0.6b"
    return Backend(
        key=engine,
        name=engine,
        engine=engine,
        place="url",
        url="http://127.0.0.1:9",
        model=model,
        models=(model,),
    )


def read(
    server: Backend,
    plan: BurstPlan,
    answer: Response | None,
    cause: EndCause = "eof",
    sizes: tuple[int, ...] = (),
) -> tuple[list[Piece], Ending]:
    """Pieces and ending of an answer that arrived in reads of `sizes`, then the rest in one."""
    reader = ResponseReader(server, plan, plan.stream)
    pieces: list[Piece] = []
    if answer is not None:
        reader.head(answer.status, answer.content_type)
        start = 0
        for size in (*sizes, len(answer.body)):
            pieces += reader.feed(answer.body[start : start + size])
            start += size
        pieces += reader.finish()
    return pieces, reader.end(cause)
