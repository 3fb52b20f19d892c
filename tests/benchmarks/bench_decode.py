"""Cost of reading a stream: microseconds for each event, bytes in, pieces out.

Run it as `python -m tests.benchmarks.bench_decode`; best of five for each engine and way of
arriving. At 51,200 events a second, 4 us are a fifth of one core.
"""

from __future__ import annotations

import time

from burstview_engines.burst.dialect import ResponseReader
from burstview_engines.core.backend import Backend, Engine
from burstview_engines.core.plan import BurstPlan

EVENTS = 512
CHUNKS: dict[Engine, str] = {
    "vllm": (
        'data: {"id":"chatcmpl-97ae9c6064ed955f","object":"chat.completion.chunk",'
        '"created":1795369182,"model":"Qwen/Qwen3-0.6B","choices":[{"index":0,'
        '"delta":{"content":" w%d"},"logprobs":null,"finish_reason":null,"token_ids":null}]}\n\n'
    ),
    "llamacpp": (
        'data: {"choices":[{"finish_reason":null,"index":0,"delta":{"content":" w%d"}}],'
        '"created":1795369189,"id":"chatcmpl-E7V5VaZh8xPiJ3Nxa2vxX2JpCOYNLxbJ",'
        '"model":"qwen3:0.6b","system_fingerprint":"b0-sdist","object":"chat.completion.chunk"}\n\n'
    ),
    "ollama": (
        'data: {"id":"chatcmpl-124","object":"chat.completion.chunk","created":1795447687,'
        '"model":"qwen3:0.6b","system_fingerprint":"fp_ollama","choices":[{"index":0,'
        '"delta":{"content":" w%d"},"finish_reason":null}]}\n\n'
    ),
}


def seconds(engine: Engine, reads: list[bytes]) -> float:
    """CPU seconds to read one stream that arrived in these reads."""
    backend = Backend(key="k", name="n", engine=engine, place="url", url="http://127.0.0.1:9")
    reader = ResponseReader(backend, BurstPlan(), stream=True)
    reader.head(200, "text/event-stream")
    start = time.process_time()
    count = sum(len(reader.feed(read)) for read in reads)
    taken = time.process_time() - start
    assert count == EVENTS
    return taken


def main() -> None:
    """Print the table."""
    print(f"{'engine':10} {'one event a read':>18} {'16 events a read':>18} {'cut in half':>14}")
    for engine, template in CHUNKS.items():
        events = [(template % number).encode() for number in range(EVENTS)]
        many = [b"".join(events[at : at + 16]) for at in range(0, EVENTS, 16)]
        halves = [part for event in events for part in (event[:90], event[90:])]
        costs = [
            min(seconds(engine, reads) for _ in range(20)) / EVENTS * 1e6
            for reads in (events, many, halves)
        ]
        print(f"{engine:10} {costs[0]:15.2f} us {costs[1]:15.2f} us {costs[2]:11.2f} us")


if __name__ == "__main__":
    main()
