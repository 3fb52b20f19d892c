"""What it costs to ask engines for their gauges, in CPU of the monitor and in time.

    python -m tests.benchmarks.bench_engine_probe [URL ENGINE]

Without arguments a captured answer of a real vLLM is served by a process of its own, and an
embedded vLLM with 256 requests is asked; with a URL a real server is.
"""

from __future__ import annotations

import asyncio
import gzip
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import get_args

import httpx
import msgspec
from tests.burst import captures
from tests.simulator.server.served import prompt

from burstview_engines.backends import llamacpp_gauges, vllm_gauges
from burstview_engines.core.backend import Backend, Engine
from burstview_engines.core.events import encode
from burstview_engines.places.embedded import EmbeddedEngines
from burstview_engines.places.engine_probe import EngineProbe
from burstview_engines.simulator.spec import EngineSpec

LOOKS = 100
PAUSE = 0.02
METRICS = Path(__file__).parents[1] / "data" / "metrics"
VLLM = gzip.decompress((METRICS / "vllm-0.32-cpu-4-running-12-waiting.txt.gz").read_bytes())
SERVER = """
import sys, http.server
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 20
    def do_GET(self):
        body = open(sys.argv[1] + self.path, "rb").read()
        self.send_response(200)
        self.send_header("content-type", "text/plain")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *a): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""


def main(arguments: list[str]) -> None:
    """One line a case."""
    if arguments:
        url, name = arguments
        engine = next(known for known in get_args(Engine) if known == name)
        asyncio.run(probe(url, engine))
        return
    reading()
    captured()
    asyncio.run(embedded())


def reading() -> None:
    """Of bodies that are here already."""
    text = VLLM.decode()
    slots = captures.response("llamacpp/slots_np8_during2.txt").body.partition(b"\n#")[0].decode()
    for name, way in (
        (f"vLLM's /metrics, {len(text) / 1e3:.0f} kB", lambda: vllm_gauges.read(text)),
        (
            f"llama.cpp's /slots, {len(slots) / 1e3:.0f} kB",
            lambda: llamacpp_gauges.read_slots(slots),
        ),
    ):
        way()
        best = min(_cpu(way) for _ in range(LOOKS))
        print(f"read {name:34} {best * 1e3:7.2f} ms of CPU")


def captured() -> None:
    """Over a socket, from a process that has the answer ready."""
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen([sys.executable, "-c", SERVER, folder], stdout=subprocess.PIPE) as server,
    ):
        Path(folder, "metrics").write_bytes(VLLM)
        assert server.stdout is not None
        port = int(server.stdout.readline())
        try:
            asyncio.run(probe(f"http://127.0.0.1:{port}", "vllm"))
        finally:
            server.terminate()


async def probe(url: str, engine: Engine) -> None:
    """Looks one after the other, as in a burst."""
    backend = Backend(key="b", name="b", engine=engine, place="url", url=url, model=None)
    one = EngineProbe("b", time.monotonic)

    async def look() -> float:
        seen = await one.look(backend)
        if seen is None or seen.problem is not None:
            raise SystemExit(seen.problem if seen else f"{engine} tells nothing.")
        return seen.took or 0.0

    await measured(f"look at {engine} at {url}", look)
    await one.close()


async def embedded() -> None:
    """A starved vLLM in the middle of 256 requests."""
    engines = EmbeddedEngines()
    spec = EngineSpec(engine="vllm", gpu="H200", model="qwen3-0.6b", kv_blocks=2000)
    [backend] = await engines.start([spec])
    async with httpx.AsyncClient(trust_env=False, timeout=60, limits=httpx.Limits()) as client:
        ask = {"model": backend.model, "max_tokens": 3000, "ignore_eos": True}
        posts = [
            asyncio.create_task(
                client.post(
                    f"{backend.url}/v1/chat/completions",
                    json=ask | {"messages": [{"role": "user", "content": prompt(number)}]},
                )
            )
            for number in range(256)
        ]
        await asyncio.sleep(1.0)
        sizes: list[int] = []

        async def look() -> float:
            told = (await engines.sample()).engines[0]
            sizes.append(len(encode(told)))
            return told.took or 0.0

        await measured("look at an embedded vLLM with 256 requests", look)
        print(f"     its events are {statistics.median(sizes) / 1e3:.1f} kB")
        for post in posts:
            post.cancel()
        await asyncio.gather(*posts, return_exceptions=True)
    await engines.close()


async def measured(name: str, look: Callable[[], Awaitable[float]]) -> None:
    """Time to the answer, and CPU of this process a look."""
    await look()
    took, cpu = [], []
    for _ in range(LOOKS):
        begun = time.process_time()
        took.append(await look())
        cpu.append(time.process_time() - begun)
        await asyncio.sleep(PAUSE)
    took.sort()
    middle, late = statistics.median(took) * 1e3, took[int(0.95 * LOOKS)] * 1e3
    each = statistics.median(cpu) * 1e3
    print(f"{name}: {middle:.2f} ms, p95 {late:.2f} ms;", end=" ")
    print(f"{each:.2f} ms of CPU a look, {each * 0.4:.2f} % of a core at 4 looks/s")


def _cpu(way: Callable[[], msgspec.Struct]) -> float:
    begun = time.process_time()
    way()
    return time.process_time() - begun


if __name__ == "__main__":
    main(sys.argv[1:])
