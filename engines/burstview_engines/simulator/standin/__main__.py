"""`python -m burstview_engines.simulator.standin {vllm|ollama|llamacpp} ARGUMENTS...`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from burstview_engines.simulator.presets import SpecError
from burstview_engines.simulator.standin import log
from burstview_engines.simulator.standin.demands import DemandError, Demands, demands
from burstview_engines.simulator.standin.hosting import run

NAMES = ("vllm", "ollama", "llamacpp")
USAGE = "usage: python -m burstview_engines.simulator.standin {vllm,ollama,llamacpp} ARGUMENTS..."


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status of the engine that was asked for; 2 where the question makes no sense."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    engine = given[0] if given else ""
    if engine not in NAMES:
        log.write(USAGE, "err")
        return 2
    try:
        asked = demands(engine, os.environ)
    except (DemandError, SpecError) as problem:
        log.write(str(problem), "err")
        return 2
    match engine:
        case "vllm":
            return _vllm(given[1:], asked)
        case "ollama":
            return _ollama(given[1:], asked)
        case _:
            return _llamacpp(given[1:], asked)


def _vllm(arguments: Sequence[str], asked: Demands) -> int:
    from burstview_engines.simulator.server.vllm_wire import VERSION
    from burstview_engines.simulator.standin.vllm_arguments import parse
    from burstview_engines.simulator.standin.vllm_run import Vllm

    if arguments[:1] in (["--version"], ["-v"]):
        log.write(VERSION)
        return 0
    if arguments[:1] != ["serve"]:
        log.write("usage: vllm [-h] [-v] {serve} ...", "err")
        return 2
    told = parse(arguments[1:], os.environ)
    log.announce("vLLM", "out")
    return run(Vllm(told, os.environ, asked).run())


def _ollama(arguments: Sequence[str], asked: Demands) -> int:
    from burstview_engines.simulator.server.ollama_native import VERSION
    from burstview_engines.simulator.standin.ollama_environment import Settings
    from burstview_engines.simulator.standin.ollama_run import Ollama

    if arguments[:1] in (["--version"], ["-v"]):
        log.write(f"ollama version is {VERSION}")
        return 0
    if arguments[:1] not in (["serve"], ["start"]):
        log.write(f'Error: unknown command "{" ".join(arguments[:1])}" for "ollama"', "err")
        return 1
    log.announce("Ollama", "err")
    return run(Ollama(Settings.read(os.environ), os.environ, asked).run())


def _llamacpp(arguments: Sequence[str], asked: Demands) -> int:
    from burstview_engines.simulator.standin.llamacpp_arguments import ArgumentError, parse
    from burstview_engines.simulator.standin.llamacpp_run import LlamaServer

    if "--version" in arguments:
        log.write("version: 0 (simulated)", "err")
        return 0
    try:
        told = parse(arguments, os.environ)
    except ArgumentError as wrong:
        log.write(str(wrong), "err")
        return 1
    log.announce("llama.cpp server", "err")
    return run(LlamaServer(told, os.environ, asked).run())


if __name__ == "__main__":
    sys.exit(main())
