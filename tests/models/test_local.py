"""Loose GGUF files, downloads that are needed, and a spec's model wherever it lies."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from burstview_engines.fit.engine_fit import fit
from burstview_engines.launch.spec import LaunchSpec
from burstview_engines.models import gguf_folder
from burstview_engines.models.at_hand import Places, at_hand
from burstview_engines.models.gguf_folder import gguf_files
from burstview_engines.models.hub_cache import hf_cached
from burstview_engines.models.local import download_needed, free_disk
from burstview_engines.models.pair_table import PAIRS
from tests.fit.cases import H200, shape
from tests.fit.gguf_maker import QWEN3_TINY, write
from tests.fit.test_hf_config import QWEN3, folder
from tests.models.hub import cached, sharded
from tests.models.test_ollama_folder import LIBRARY, stored


def test_gguf_files_of_a_folder(tmp_path: Path) -> None:
    """Whole ones, short ones, damaged ones, split ones once; projectors are left out."""
    write(tmp_path / "a.gguf")
    (tmp_path / "deep").mkdir()
    write(tmp_path / "deep" / "b.gguf", short_by=50)
    (tmp_path / "c.gguf").write_text("no model")
    write(tmp_path / "d-00001-of-00002.gguf")
    write(tmp_path / "e-00001-of-00002.gguf")
    write(tmp_path / "e-00002-of-00002.gguf")
    write(tmp_path / "mmproj-a.gguf")
    (tmp_path / "f.gguf").symlink_to("nowhere")
    found = gguf_files(tmp_path)
    whole = {model.name: model.complete for model in found.models}
    assert whole == {
        "a.gguf": True,
        "c.gguf": False,
        "d-00001-of-00002.gguf": False,
        "deep/b.gguf": False,
        "e-00001-of-00002.gguf": True,
    }
    told = found.find("c.gguf")
    assert told is not None
    assert told.sentence == "c.gguf cannot be used: c.gguf is no GGUF file."
    first = found.find("a.gguf")
    assert first is not None
    assert first.quant == "Q4_K_M"


def test_a_folder_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounded, and it says so; a folder that is not there is empty."""
    monkeypatch.setattr(gguf_folder, "MOST_FILES", 2)
    for n in range(4):
        write(tmp_path / f"{n}.gguf")
    found = gguf_files(tmp_path)
    assert len(found.models) == 2
    assert "holds more GGUF files" in found.remark
    assert gguf_files(tmp_path / "none").models == ()
    assert "File name too long" in gguf_files(tmp_path / ("x" * 300)).remark


def test_nothing_to_download(tmp_path: Path) -> None:
    """What is whole is used, network or not."""
    cached(tmp_path)
    found = hf_cached("Qwen/Qwen3-0.6B", tmp_path)
    for offline in (True, False):
        needed = download_needed("Qwen/Qwen3-0.6B", found, offline=offline)
        assert (needed.is_needed, needed.bytes) == (False, 0)
        assert "is here" in needed.sentence


def test_a_download_by_its_known_size() -> None:
    """Read sizes are told plainly, reckoned ones with `about`."""
    read = download_needed("qwen3:0.6b", None, size=523_000_000, free_disk=10**11)
    assert read.sentence == "qwen3:0.6b must be downloaded: 523 MB; the disk has 100 GB free."
    assert (read.fits_on_disk, read.is_estimate) == (True, False)
    model = shape("qwen3-0.6b", "bf16")
    reckoned = download_needed("Qwen/Qwen3-0.6B", None, shape=model, free_disk=10**9)
    assert reckoned.sentence == (
        "Qwen/Qwen3-0.6B must be downloaded, about 1.2 GB, and the disk has 1.0 GB free: make room,"
        " or choose a smaller model."
    )
    assert (reckoned.fits_on_disk, reckoned.is_estimate) == (False, True)


def test_only_the_rest_is_downloaded(tmp_path: Path) -> None:
    """What is here of a half one counts."""
    sharded(tmp_path, 3, 2)
    found = hf_cached("Qwen/Qwen3-0.6B", tmp_path)
    needed = download_needed("Qwen/Qwen3-0.6B", found, size=3000)
    assert needed.bytes == 1000
    assert needed.sentence.startswith("the rest of Qwen/Qwen3-0.6B must be downloaded")


def test_a_rest_without_weights_has_no_size(tmp_path: Path) -> None:
    """Where only a tokenizer is missing, `about 0 kB` would be told."""
    cached(tmp_path, files={"config.json": 700, "model.safetensors": 5000})
    found = hf_cached("Qwen/Qwen3-0.6B", tmp_path)
    needed = download_needed("Qwen/Qwen3-0.6B", found, size=5000, free_disk=10**11)
    assert (needed.is_needed, needed.bytes, needed.fits_on_disk) == (True, None, None)
    assert needed.sentence == (
        f"Qwen/Qwen3-0.6B is not whole in {tmp_path}/models--Qwen--Qwen3-0.6B: its tokenizer is"
        " missing. The rest must be downloaded; how much that is, is not known."
    )


def test_unknown_sizes_and_no_network(tmp_path: Path) -> None:
    """Said as they are."""
    assert download_needed("a/b", None).bytes is None
    assert "is not known" in download_needed("a/b", None).sentence
    off = download_needed("a/b", None, offline=True)
    assert off.sentence.startswith("a/b is not on this machine and the network is off")
    sharded(tmp_path, 3, 2)
    half = hf_cached("Qwen/Qwen3-0.6B", tmp_path)
    assert "only in part" in download_needed("a/b", half, offline=True).sentence


def test_free_disk_of_a_folder_to_be(tmp_path: Path) -> None:
    """That of the nearest folder that is there."""
    free = free_disk(tmp_path)
    assert free is not None
    later = free_disk(tmp_path / "not" / "yet")
    assert later == pytest.approx(free, rel=0.05)


def test_a_specs_model_in_each_place(tmp_path: Path) -> None:
    """The Hugging Face cache, Ollama's store, a file: shape and weights come from there."""
    hub, store = tmp_path / "hub", tmp_path / "store"
    snapshot = cached(hub)
    (snapshot.parents[1] / "blobs" / "blob-config.json").write_text(json.dumps(QWEN3))
    weights = write(tmp_path / "tiny.gguf")
    stored(store, f"{LIBRARY}/tiny/1b", weights.read_bytes())
    places = Places(hub, store)
    for engine, model, layers in (
        ("vllm", "Qwen/Qwen3-0.6B", 28),
        ("ollama", "tiny:1b", 2),
        ("llamacpp", str(weights), 2),
        ("vllm", str(folder(tmp_path / "m", QWEN3, {"model.safetensors": 9})), 28),
    ):
        spec = LaunchSpec(engine="vllm", model=model)
        spec = LaunchSpec(engine="ollama", model=model) if engine == "ollama" else spec
        spec = LaunchSpec(engine="llamacpp", model=model) if engine == "llamacpp" else spec
        found = at_hand(spec, places, PAIRS)
        assert found.weights is not None
        assert found.shape is not None
        assert found.shape.layers == layers
        assert found.shape.is_measured
        assert fit(spec, found.shape, [H200]).fits


def test_a_mounted_folder_of_weights(tmp_path: Path) -> None:
    """The spec's own folder is looked into instead."""
    cached(tmp_path / "mine")
    nowhere = Places(tmp_path / "hub", None)
    spec = LaunchSpec(engine="vllm", model="Qwen/Qwen3-0.6B", weights=str(tmp_path / "mine"))
    found = at_hand(spec, nowhere, PAIRS)
    assert found.weights is not None
    assert found.weights.complete


def test_the_table_stands_in(tmp_path: Path) -> None:
    """For weights that are not here, or only in part; for damaged ones with a doubt."""
    places = Places(tmp_path / "hub", tmp_path / "store")
    known = LaunchSpec(engine="ollama", model="qwen3:0.6b")
    absent = at_hand(known, places, PAIRS)
    assert absent.weights is None
    assert absent.shape is not None
    assert not absent.shape.is_measured
    stored(tmp_path / "store", f"{LIBRARY}/qwen3/0.6b", b"not a gguf")
    damaged = at_hand(known, places, PAIRS)
    assert damaged.shape is not None
    assert "is no GGUF file" in damaged.shape.doubts[-1]
    unknown = at_hand(LaunchSpec(engine="vllm", model="a/b"), places, PAIRS)
    assert (unknown.weights, unknown.shape) == (None, None)
    nothing = at_hand(LaunchSpec(engine="ollama"), places, PAIRS)
    assert (nothing.weights, nothing.shape) == (None, None)


def test_a_gguf_of_another_size_than_its_name_wins_over_the_table(tmp_path: Path) -> None:
    """What is here is what will be loaded, whatever its tag says."""
    weights = write(tmp_path / "x.gguf", QWEN3_TINY | {"qwen3.block_count": 7})
    stored(tmp_path, f"{LIBRARY}/qwen3/8b", weights.read_bytes())
    found = at_hand(
        LaunchSpec(engine="ollama", model="qwen3:8b"), Places(tmp_path, tmp_path), PAIRS
    )
    assert found.shape is not None
    assert found.shape.layers == 7
