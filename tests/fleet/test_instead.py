"""When something must come by the network and cannot, what is here already is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from burstview_engines.core.managed import Failure, ManagedEngine
from burstview_engines.fleet.instead import models_here, with_what_is_here
from burstview_engines.models.at_hand import Places
from burstview_engines.models.pair_table import PAIRS

VLLM = ManagedEngine(
    key="container:v", name="v", engine="vllm", place="container", owner="ours", status="failed"
)
OTHER = replace(VLLM, key="container:o", name="my-ollama", engine="ollama", status="ready")


def failure(kind: str) -> Failure:
    """Of that kind."""
    return Failure(kind=kind, sentence="It failed.", step="Mend the network.")


@pytest.mark.parametrize("kind", ["no-network", "registry-unreachable", "gated-model"])
def test_what_is_here_is_named(kind: str) -> None:
    """Models first, then engines that are ready, then the demo."""
    said = with_what_is_here(failure(kind), VLLM, [VLLM, OTHER], ["Qwen/Qwen3-0.6B"])
    assert said.step == "Mend the network. Here already: Qwen/Qwen3-0.6B."
    said = with_what_is_here(failure(kind), VLLM, [VLLM, OTHER], [])
    assert said.step == "Mend the network. Ready to be shown: my-ollama."
    said = with_what_is_here(failure(kind), VLLM, [VLLM], [])
    assert said.step.endswith("`burstview demo` can be shown.")


def test_other_failures_stay_as_they_are() -> None:
    """Another model would not help there."""
    out_of_memory = failure("cuda-out-of-memory")
    assert with_what_is_here(out_of_memory, VLLM, [OTHER], ["x"]) is out_of_memory


def test_only_whole_models_count(tmp_path: Path) -> None:
    """One whose weights are cut short would fail as well."""
    repo = tmp_path / "models--Qwen--Qwen3-0.6B"
    snapshot = repo / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    (repo / "refs").mkdir()
    (repo / "refs" / "main").write_text("abc")
    (snapshot / "config.json").write_text("{}")
    (snapshot / "tokenizer.json").write_text("{}")
    places = Places(hub=tmp_path, ollama=None)
    assert models_here(VLLM, places, PAIRS) == ()
    (snapshot / "model.safetensors").write_bytes(b"\x02\0\0\0\0\0\0\0{}")
    assert models_here(VLLM, places, PAIRS) == ("Qwen/Qwen3-0.6B",)
    assert models_here(OTHER, places, PAIRS) == ()
