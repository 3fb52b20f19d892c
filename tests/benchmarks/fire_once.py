"""The smallest program around the burst client: fires one burst and records it."""

from __future__ import annotations

import argparse
import asyncio
from contextlib import aclosing
from pathlib import Path
from time import monotonic, time

from burstview_engines.burst.run import Run
from burstview_engines.core.backend import Backend
from burstview_engines.core.events import BackendSeen, RunEnded, SessionStarted
from burstview_engines.core.plan import BurstPlan
from burstview_engines.core.recording import VERSION, Recorder


async def fire(chosen: argparse.Namespace) -> None:
    """Fire as the arguments say; every event goes to the recording."""
    epoch = monotonic()
    backend = Backend(
        key="t", name="truth", engine="openai", place="url", url=chosen.url, model="truth"
    )
    plan = BurstPlan(concurrency=chosen.c, max_tokens=chosen.n, warm_up=chosen.warm_up)
    recorder = Recorder(chosen.record)
    recorder.write(
        SessionStarted(at=0.0, version=VERSION, program="benchmark", wall=time(), host="here"),
        BackendSeen(at=0.0, backend=backend),
    )
    run = Run(run=1, backend=backend, plan=plan, epoch=epoch)
    async with aclosing(run.events()) as batches:
        async for batch in batches:
            recorder.write(*batch)
            for event in batch:
                if isinstance(event, RunEnded):
                    print(event.outcome, event.reason or "")
    recorder.close()


def main() -> None:
    """Take the same options as `burstview fire`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("-c", type=int, required=True)
    parser.add_argument("-n", type=int, required=True)
    parser.add_argument("--record", type=Path, required=True)
    parser.add_argument("--warm-up", action="store_true")
    asyncio.run(fire(parser.parse_args()))


if __name__ == "__main__":
    main()
