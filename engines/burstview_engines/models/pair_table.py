"""The shipped pairs: only names of which we are sure. Sizes that were not read are left out."""

from __future__ import annotations

from burstview_engines.models.pairs import ModelPair


def _qwen3(
    size: str, gguf_quant: str, ollama_bytes: int | None = None, note: str = ""
) -> ModelPair:
    hub = f"Qwen/Qwen3-{size.upper()}"
    return ModelPair(
        name=f"qwen3-{size}",
        ollama=f"qwen3:{size}",
        huggingface=hub,
        gguf=f"{hub}-GGUF:{gguf_quant}",
        quant_ollama="Q4_K_M",
        quant_vllm="BF16",
        quant_gguf=gguf_quant,
        context_tokens=40_960,
        shape=f"qwen3-{size}",
        ollama_bytes=ollama_bytes,
        note=note,
    )


def _qwen25(size: str) -> ModelPair:
    hub = f"Qwen/Qwen2.5-{size.upper()}-Instruct"
    return ModelPair(
        name=f"qwen2.5-{size}",
        ollama=f"qwen2.5:{size}",
        huggingface=hub,
        gguf=f"{hub}-GGUF:Q4_K_M",
        quant_ollama="Q4_K_M",
        quant_vllm="BF16",
        quant_gguf="Q4_K_M",
        context_tokens=32_768,
        shape=f"qwen2.5-{size}",
    )


def _llama(
    name: str, hub: str, gguf: str, ollama: str, quant: str, ollama_bytes: int | None = None
) -> ModelPair:
    return ModelPair(
        name=name,
        ollama=ollama,
        huggingface=f"meta-llama/{hub}",
        gguf=f"bartowski/{gguf}-GGUF:Q4_K_M",
        quant_ollama=quant,
        quant_vllm="BF16",
        quant_gguf="Q4_K_M",
        context_tokens=131_072,
        shape="llama-3.1-70b" if name == "llama3.3-70b" else name.replace("llama", "llama-"),
        ollama_bytes=ollama_bytes,
        is_gated=True,
    )


_NEWER = "Ollama's tag may hold the release of July 2025, with a context of 262,144 tokens."

PAIRS = (
    _qwen3("0.6b", "Q8_0", 523_000_000),
    _qwen3("1.7b", "Q8_0"),
    _qwen3("4b", "Q4_K_M", 2_500_000_000, note=_NEWER),
    _qwen3("8b", "Q4_K_M"),
    _qwen3("14b", "Q4_K_M"),
    _qwen3("32b", "Q4_K_M"),
    ModelPair(
        name="qwen3-4b-instruct-2507",
        ollama="qwen3:4b-instruct-2507-q4_K_M",
        huggingface="Qwen/Qwen3-4B-Instruct-2507",
        gguf="unsloth/Qwen3-4B-Instruct-2507-GGUF:Q4_K_M",
        quant_ollama="Q4_K_M",
        quant_vllm="BF16",
        quant_gguf="Q4_K_M",
        context_tokens=262_144,
        shape="qwen3-4b-2507",
    ),
    *(_qwen25(size) for size in ("0.5b", "1.5b", "3b", "7b", "14b", "32b")),
    _llama(
        "llama3.1-8b", "Llama-3.1-8B-Instruct", "Meta-Llama-3.1-8B-Instruct", "llama3.1:8b",
        "Q4_K_M",
    ),
    _llama(
        "llama3.1-70b", "Llama-3.1-70B-Instruct", "Meta-Llama-3.1-70B-Instruct", "llama3.1:70b",
        "Q4_K_M",
    ),
    _llama(
        "llama3.2-1b", "Llama-3.2-1B-Instruct", "Llama-3.2-1B-Instruct", "llama3.2:1b", "Q8_0",
        1_300_000_000,
    ),
    _llama(
        "llama3.2-3b", "Llama-3.2-3B-Instruct", "Llama-3.2-3B-Instruct", "llama3.2:3b", "Q4_K_M",
        2_000_000_000,
    ),
    _llama(
        "llama3.3-70b", "Llama-3.3-70B-Instruct", "Llama-3.3-70B-Instruct", "llama3.3:70b",
        "Q4_K_M", 43_000_000_000,
    ),
    ModelPair(
        name="mistral-7b",
        ollama="mistral:7b",
        huggingface="mistralai/Mistral-7B-Instruct-v0.3",
        gguf="bartowski/Mistral-7B-Instruct-v0.3-GGUF:Q4_K_M",
        quant_vllm="BF16",
        quant_gguf="Q4_K_M",
        context_tokens=32_768,
        shape="mistral-7b",
        note="Older copies of Ollama's tag are Q4_0, newer ones Q4_K_M.",
    ),
    ModelPair(
        name="gpt-oss-20b",
        ollama="gpt-oss:20b",
        huggingface="openai/gpt-oss-20b",
        gguf="ggml-org/gpt-oss-20b-GGUF",
        quant_ollama="MXFP4",
        quant_vllm="MXFP4",
        quant_gguf="MXFP4",
        context_tokens=131_072,
    ),
)  # fmt: skip
"""In the order in which they are offered."""
