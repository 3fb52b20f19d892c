"""GPUs, models and quantisations that can be simulated, looked up by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

Preset = TypeVar("Preset")


class SpecError(ValueError):
    """A wish that no such engine could fulfil; the text is one sentence with the next step."""


class UnknownPresetError(SpecError):
    """A name that no preset has; the text lists the names that exist."""


@dataclass(frozen=True, slots=True)
class Gpu:
    """What a data sheet says of a GPU. FLOP/s are dense 16-bit with 32-bit accumulation."""

    name: str
    bandwidth: float
    """Memory bandwidth, bytes per second."""
    flops: float
    memory_mib: int
    """As nvidia-smi reports it."""
    capability: float
    """CUDA compute capability: 7.5 Turing, 8.0 Ampere, 8.9 Ada, 9.0 Hopper, 10.0 Blackwell."""
    watts: int
    """Board power limit."""

    @property
    def memory_bytes(self) -> int:
        """All of the card's memory."""
        return self.memory_mib * 2**20

    @property
    def is_turing(self) -> bool:
        """Without bfloat16 and without the fast 4-bit kernels."""
        return self.capability < 8.0

    @property
    def has_fp8(self) -> bool:
        """With 8-bit floating point tensor cores."""
        return self.capability >= 8.9


@dataclass(frozen=True, slots=True)
class Model:
    """A decoder's shape, as its published configuration states it."""

    name: str
    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    ffn: int
    vocab: int
    tied: bool
    """The embedding table is also the output head."""
    context_tokens: int
    """The longest context it was trained for."""
    hub: str
    """Name on the Hugging Face hub, as vLLM lists it."""
    tag: str
    """Name in Ollama's library."""

    @property
    def layer_parameters(self) -> int:
        """Weights of all layers: attention projections and the gated feed-forward."""
        attention = 2 * self.hidden * self.head_dim * (self.heads + self.kv_heads)
        return self.layers * (attention + 3 * self.hidden * self.ffn)

    @property
    def head_parameters(self) -> int:
        """Weights of the output head."""
        return self.vocab * self.hidden

    @property
    def kv_bytes_per_token(self) -> int:
        """Keys and values of one token in 16 bits, over all layers."""
        return 2 * self.layers * self.kv_heads * self.head_dim * 2


@dataclass(frozen=True, slots=True)
class Quant:
    """Bits a weight takes, scales included, in the layers and in the output head."""

    name: str
    label: str
    """As people write it."""
    layer_bits: float
    head_bits: float

    @property
    def is_gguf(self) -> bool:
        """A block format of llama.cpp."""
        return self.name.startswith("q")

    def read_bytes(self, model: Model) -> float:
        """Bytes that one decoding pass reads: the layers and the head."""
        layers = model.layer_parameters * self.layer_bits
        return (layers + model.head_parameters * self.head_bits) / 8

    def stored_bytes(self, model: Model) -> float:
        """Bytes that the weights take in memory: an embedding table of its own counts too."""
        extra = 0.0 if model.tied else model.head_parameters * self.head_bits / 8
        return self.read_bytes(model) + extra


GPUS = {
    gpu.name: gpu
    for gpu in (
        Gpu("H200", 4.80e12, 989e12, 143_771, 9.0, 700),
        Gpu("H100", 3.35e12, 989e12, 81_559, 9.0, 700),
        Gpu("B200", 8.00e12, 2250e12, 183_359, 10.0, 1000),
        Gpu("A100-80GB", 2.039e12, 312e12, 81_920, 8.0, 400),
        Gpu("A100-40GB", 1.555e12, 312e12, 40_960, 8.0, 400),
        Gpu("L40S", 864e9, 362e12, 46_068, 8.9, 350),
        Gpu("L4", 300e9, 121e12, 23_034, 8.9, 72),
        Gpu("A10", 600e9, 125e12, 23_028, 8.6, 150),
        Gpu("T4", 320e9, 65e12, 15_360, 7.5, 70),
        Gpu("RTX 5090", 1792e9, 209e12, 32_607, 12.0, 575),
        Gpu("RTX 4090", 1008e9, 165e12, 24_564, 8.9, 450),
        Gpu("RTX 4060", 272e9, 60e12, 8_188, 8.9, 115),
        Gpu("RTX 3090", 936e9, 71e12, 24_576, 8.6, 350),
        Gpu("RTX 3060", 360e9, 51e12, 12_288, 8.6, 170),
    )
}
GPU_ALIASES = {"a100": "A100-80GB", "a100-80": "A100-80GB", "a100-40": "A100-40GB"}

_QWEN_VOCAB, _LLAMA_VOCAB = 151_936, 128_256


def _qwen3(size: str, *shape: int, tied: bool) -> Model:
    layers, hidden, heads, ffn = shape
    name = f"qwen3-{size}"
    numbers = (layers, hidden, heads, 8, 128, ffn, _QWEN_VOCAB)
    return Model(name, *numbers, tied, 40_960, f"Qwen/Qwen3-{size.upper()}", f"qwen3:{size}")


_LLAMA_8B = (32, 4096, 32, 8, 128, 14_336, _LLAMA_VOCAB, False)

MODELS = {
    model.name: model
    for model in (
        _qwen3("0.6b", 28, 1024, 16, 3072, tied=True),
        _qwen3("1.7b", 28, 2048, 16, 6144, tied=True),
        _qwen3("4b", 36, 2560, 32, 9728, tied=True),
        _qwen3("8b", 36, 4096, 32, 12_288, tied=False),
        _qwen3("14b", 40, 5120, 40, 17_408, tied=False),
        _qwen3("32b", 64, 5120, 64, 25_600, tied=False),
        Model("llama-3-8b", *_LLAMA_8B, 8_192, "meta-llama/Meta-Llama-3-8B-Instruct", "llama3:8b"),
        Model(
            "llama-3.1-8b", *_LLAMA_8B, 131_072,
            "meta-llama/Llama-3.1-8B-Instruct", "llama3.1:8b",
        ),
        Model(
            "llama-3.2-1b", 16, 2048, 32, 8, 64, 8192, _LLAMA_VOCAB, True, 131_072,
            "meta-llama/Llama-3.2-1B-Instruct", "llama3.2:1b",
        ),
        Model(
            "llama-3.2-3b", 28, 3072, 24, 8, 128, 8192, _LLAMA_VOCAB, True, 131_072,
            "meta-llama/Llama-3.2-3B-Instruct", "llama3.2:3b",
        ),
        Model(
            "llama-3.1-70b", 80, 8192, 64, 8, 128, 28_672, _LLAMA_VOCAB, False, 131_072,
            "meta-llama/Llama-3.1-70B-Instruct", "llama3.1:70b",
        ),
    )
}  # fmt: skip
MODEL_ALIASES = {"llama-3.3-70b": "llama-3.1-70b"}

QUANTS = {
    quant.name: quant
    for quant in (
        Quant("bf16", "BF16", 16, 16),
        Quant("fp8", "FP8", 8.03, 16),
        Quant("awq4", "AWQ 4-bit", 4.16, 16),
        Quant("q4_0", "Q4_0", 4.5, 6.56),
        Quant("q4_k_m", "Q4_K_M", 4.85, 6.56),
        Quant("q5_k_m", "Q5_K_M", 5.69, 6.56),
        Quant("q6_k", "Q6_K", 6.56, 6.56),
        Quant("q8_0", "Q8_0", 8.5, 8.5),
    )
}
QUANT_ALIASES = {"fp16": "bf16", "f16": "bf16", "awq": "awq4", "q4": "q4_k_m", "q8": "q8_0"}


def gpu(name: str) -> Gpu:
    """The GPU of that name, whatever its case and punctuation; raises UnknownPresetError."""
    return _find(
        "GPU", name, GPUS, GPU_ALIASES, ignored=("nvidia", "geforce", "tesla", "rtx", "sxm")
    )


def model(name: str) -> Model:
    """The model of that name, hub name or Ollama tag; raises UnknownPresetError."""
    names = {
        **{m.hub: key for key, m in MODELS.items()},
        **{m.tag: key for key, m in MODELS.items()},
    }
    return _find("model", name, MODELS, names | MODEL_ALIASES, ignored=("instruct",))


def quant(name: str) -> Quant:
    """The quantisation of that name; raises UnknownPresetError."""
    return _find("quantisation", name, QUANTS, QUANT_ALIASES, ())


def _find(
    kind: str,
    name: str,
    presets: Mapping[str, Preset],
    aliases: Mapping[str, str],
    ignored: tuple[str, ...],
) -> Preset:
    spellings = {_plain(key, ignored): preset for key, preset in presets.items()}
    spellings |= {_plain(alias, ignored): presets[key] for alias, key in aliases.items()}
    found = spellings.get(_plain(name, ignored))
    if found is None:
        raise UnknownPresetError(
            f"No {kind} preset is named {name!r}; there are {', '.join(presets)}."
        )
    return found


def _plain(name: str, ignored: tuple[str, ...]) -> str:
    letters = re.sub(r"[^a-z0-9]", "", name.lower())
    for word in ignored:
        letters = letters.replace(word, "")
    return letters
