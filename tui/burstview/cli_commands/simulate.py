"""`burstview simulate`: a burst in virtual time, for hardware that is not at hand."""

from __future__ import annotations

from typing import get_args

import click

from burstview.cli_commands.output_options import JSON
from burstview_engines.core.plan import MAX_CONCURRENCY, BurstPlan
from burstview_engines.simulator.spec import EngineSpec, SimulatedEngine

EXAMPLES = """\b
Examples:
  burstview simulate --engine vllm --gpu H200 --model qwen3-4b -c 64 -n 128 --json
  burstview simulate --engine ollama --gpu "RTX 4090" --model llama-3-8b --slots 4 -c 16
  burstview simulate --engine vllm --gpu T4 --model qwen3-0.6b --kv-blocks 200 -c 64

\b
Numbers for a GPU that no real trace backs are marked as extrapolated.
"""


@click.command(epilog=EXAMPLES)
@click.option("--engine", type=click.Choice(get_args(SimulatedEngine)), default="vllm")
@click.option("--gpu", default="L4", show_default=True, help="Like H200, A100, L4, RTX 4090.")
@click.option("--model", default="qwen3-8b", show_default=True, help="Like qwen3-4b, llama-3-8b.")
@click.option("--quant", help="Like bf16, fp8, q4_k_m.  [default: the engine's usual one]")
@click.option("--slots", type=int, help="Ollama's OLLAMA_NUM_PARALLEL, llama.cpp's --parallel.")
@click.option("--max-num-seqs", type=int, help="vLLM's --max-num-seqs.")
@click.option("--max-num-batched-tokens", type=int, help="vLLM's token budget of one step.")
@click.option("--kv-blocks", type=int, help="vLLM's KV cache, in blocks of 16 tokens.")
@click.option("--context", "context_tokens", type=int, help="Context of one request, in tokens.")
@click.option("--utilisation", type=float, default=0.92, show_default=True, help="vLLM's share.")
@click.option("--cold", type=float, default=0.0, metavar="SECONDS", help="First step's delay.")
@click.option("-c", "--concurrency", type=click.IntRange(1, MAX_CONCURRENCY), default=16)
@click.option("-n", "--max-tokens", type=click.IntRange(1), default=128)
@click.option("--prompt-tokens", type=click.IntRange(1), help="Tokens of each prompt.")
@JSON
def simulate(
    *,
    engine: SimulatedEngine,
    gpu: str,
    model: str,
    quant: str | None,
    slots: int | None,
    max_num_seqs: int | None,
    max_num_batched_tokens: int | None,
    kv_blocks: int | None,
    context_tokens: int | None,
    utilisation: float,
    cold: float,
    concurrency: int,
    max_tokens: int,
    prompt_tokens: int | None,
    as_json: bool,
) -> int:
    """Say what a burst would do on other hardware. Nothing is sent; no GPU is needed."""
    spec = EngineSpec(
        engine=engine,
        gpu=gpu,
        model=model,
        quant=quant,
        slots=slots,
        max_num_seqs=max_num_seqs,
        max_num_batched_tokens=max_num_batched_tokens,
        kv_blocks=kv_blocks,
        utilisation=utilisation,
        context_tokens=context_tokens,
        cold=cold,
    )
    plan = BurstPlan(concurrency=concurrency, max_tokens=max_tokens, prompt_tokens=prompt_tokens)
    return show(spec, plan, as_json)


def show(spec: EngineSpec, plan: BurstPlan, as_json: bool) -> int:
    """Simulate and print; 0 all requests succeeded, 1 some failed."""
    from burstview.cli_commands.reports import print_json, print_text
    from burstview.reading import reading
    from burstview_engines.core.report import run_report
    from burstview_engines.core.session import SessionFold
    from burstview_engines.simulator.spec import SpecError, extrapolated
    from burstview_engines.simulator.virtual import simulate as events

    fold = SessionFold()
    try:
        for event in events(spec, plan):
            fold.apply(event)
        fold.settle()
        is_guess = extrapolated(spec)
    except SpecError as mistake:
        raise click.UsageError(str(mistake)) from mistake
    run = fold.snapshot().runs[0]
    if as_json:
        print_json(run_report(run) | {"extrapolated": is_guess, "error": None})
    else:
        warning = [f"Extrapolated: no real trace of this GPU ({spec.gpu}) backs these numbers."]
        print_text("\n".join([*reading([run]), *(warning if is_guess else [])]))
    return 0 if all(request.state == "done" for request in run.requests) else 1
