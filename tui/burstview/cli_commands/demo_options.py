"""Options of the embedded engines that `--demo` means."""

from __future__ import annotations

import click

KV_BLOCKS = click.option(
    "--kv-blocks",
    type=click.IntRange(1),
    metavar="N",
    help="KV cache of the simulated vLLM, in blocks of 16 tokens: a small one shows preemptions.",
)
