"""The Hugging Face cache: whole models, half ones, and what else may lie there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from burstview_engines.models.hub_cache import hf_cache_folder, hf_cached
from tests.models.hub import SMALL, cached, sharded

NAME = "Qwen/Qwen3-0.6B"


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({}, "/home/me/.cache/huggingface/hub"),
        ({"XDG_CACHE_HOME": "/x"}, "/x/huggingface/hub"),
        ({"HF_HOME": "/hf", "XDG_CACHE_HOME": "/x"}, "/hf/hub"),
        ({"HF_HOME": "~/hf"}, "/home/me/hf/hub"),
        ({"HUGGINGFACE_HUB_CACHE": "/old", "HF_HOME": "/hf"}, "/old"),
        ({"HF_HUB_CACHE": "/new", "HUGGINGFACE_HUB_CACHE": "/old"}, "/new"),
        ({"HF_HUB_CACHE": ""}, "/home/me/.cache/huggingface/hub"),
    ],
)
def test_where_the_cache_is(environ: dict[str, str], folder: str) -> None:
    """As huggingface_hub itself decides."""
    assert hf_cache_folder(environ, Path("/home/me")) == Path(folder)


def test_a_whole_model(tmp_path: Path) -> None:
    """An engine can start from it with the network off."""
    snapshot = cached(tmp_path)
    found = hf_cached(NAME, tmp_path)
    assert found is not None
    assert found.complete
    assert (found.path, found.bytes) == (snapshot, 5000)
    assert found.sentence == f"{NAME} is here, 5 kB in {snapshot.parents[1]}."


def test_nothing_of_it(tmp_path: Path) -> None:
    """Neither an empty cache, nor one that is not there, nor a name that is a path."""
    assert hf_cached(NAME, tmp_path) is None
    assert hf_cached(NAME, tmp_path / "none") is None
    cached(tmp_path)
    for name in ("../../etc/passwd", "/etc", "a/b/c", ""):
        assert hf_cached(name, tmp_path) is None


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        (
            ("model.safetensors",),
            "its weights are missing, a download stopped after 2 MB of a file",
        ),
        (("config.json",), "config.json is missing"),
        (("tokenizer.json",), "its tokenizer is missing"),
    ],
)
def test_a_broken_link_is_a_missing_file(
    tmp_path: Path, missing: tuple[str, ...], words: str
) -> None:
    """What a download that was cut short leaves, in words."""
    cached(tmp_path, missing=missing, incomplete=2_000_000)
    found = hf_cached(NAME, tmp_path)
    assert found is not None
    assert not found.complete
    assert f": {words}." in found.sentence


def test_shards(tmp_path: Path) -> None:
    """Counted by the index."""
    sharded(tmp_path, 3, 2)
    found = hf_cached(NAME, tmp_path)
    assert found is not None
    assert (found.complete, found.bytes) == (False, 2000)
    assert "2 of 3 shards" in found.sentence


def test_all_shards(tmp_path: Path) -> None:
    """Then it is whole."""
    sharded(tmp_path, 3, 3)
    found = hf_cached(NAME, tmp_path)
    assert found is not None
    assert (found.complete, found.bytes) == (True, 3000)


def test_the_revision_that_main_names(tmp_path: Path) -> None:
    """Not whichever lies there; without a name, or with nonsense, the newest."""
    snapshot = cached(tmp_path)
    other = snapshot.with_name("0" * 40)
    other.mkdir()
    os.utime(other, (2e9, 2e9))
    main = snapshot.parents[1] / "refs" / "main"
    assert _path(tmp_path) == snapshot
    main.write_text("../../../../etc")
    assert _path(tmp_path) == other
    main.unlink()
    assert _path(tmp_path) == other


def test_only_blobs(tmp_path: Path) -> None:
    """A download that has not finished its first file."""
    folder = tmp_path / "models--Qwen--Qwen3-0.6B" / "blobs"
    folder.mkdir(parents=True)
    (folder / "abc.incomplete").write_bytes(b"x" * 1_500_000)
    found = hf_cached(NAME, tmp_path)
    assert found is not None
    assert not found.complete
    assert "nothing of it is whole, a download stopped after 2 MB of a file" in found.sentence


def test_gguf_repositories(tmp_path: Path) -> None:
    """The file of the number format that was asked for; projectors are not the model."""
    files = {"M-Q8_0.gguf": 800, "M-Q4_K_M.gguf": 400, "mmproj-M-f16.gguf": 90}
    cached(tmp_path, "o/M-GGUF", files)
    q4 = hf_cached("o/M-GGUF:Q4_K_M", tmp_path)
    assert q4 is not None
    assert (q4.complete, q4.bytes, q4.path.name) == (True, 400, "M-Q4_K_M.gguf")
    q5 = hf_cached("o/M-GGUF:Q5_K_M", tmp_path)
    assert q5 is not None
    assert not q5.complete
    q4_k = hf_cached("o/M-GGUF:Q4_K", tmp_path)
    assert q4_k is not None
    assert not q4_k.complete


def test_a_split_gguf_with_a_part_missing(tmp_path: Path) -> None:
    """All parts are needed."""
    files = {"m-q4_k_m-00001-of-00002.gguf": 10, "m-q4_k_m-00002-of-00002.gguf": 10}
    cached(tmp_path, "o/m", files, missing=("m-q4_k_m-00002-of-00002.gguf",))
    found = hf_cached("o/m:Q4_K_M", tmp_path)
    assert found is not None
    assert not found.complete
    assert "1 of 2 parts" in found.sentence


def test_what_cannot_be_looked_at(tmp_path: Path) -> None:
    """Said, not raised: links in a circle, a file where a folder should be, a damaged index."""
    folder = tmp_path / "models--a--b"
    folder.mkdir()
    (folder / "snapshots").symlink_to("snapshots")
    circle = hf_cached("a/b", tmp_path)
    assert circle is not None
    assert not circle.complete
    assert "it cannot be looked at" in circle.sentence
    (tmp_path / "models--c--d").write_text("a file")
    assert hf_cached("c/d", tmp_path) is None
    snapshot = cached(tmp_path, files=SMALL)
    (snapshot / "model.safetensors.index.json").write_text("[" * 1000)
    whole = hf_cached(NAME, tmp_path)
    assert whole is not None
    assert whole.complete


def _path(cache: Path) -> Path:
    found = hf_cached(NAME, cache)
    assert found is not None
    return found.path
