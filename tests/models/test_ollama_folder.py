"""An Ollama's store on disk, without a server."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest

from burstview_engines.models import ollama_folder as store
from burstview_engines.models.ollama_folder import ollama_folder, ollama_stored

LIBRARY = "registry.ollama.ai/library"
CONFIG = (
    b'{"model_format":"gguf","model_family":"qwen3","model_type":"751.63M","file_type":"Q4_K_M"}'
)


def stored(root: Path, name: str, weights: bytes = b"w" * 3000, **options: bool) -> Path:
    """A model as `ollama pull` leaves it; `blob=False` for one whose weights are not there."""
    blobs = root / "blobs"
    blobs.mkdir(parents=True, exist_ok=True)
    layers = [
        ("application/vnd.ollama.image.model", weights),
        ("application/vnd.ollama.image.template", b"{{ .Prompt }}"),
    ]
    described = []
    for kind, data in [("application/vnd.docker.container.image.v1+json", CONFIG), *layers]:
        digest = sha256(data).hexdigest()
        if options.get("blob", True) or kind != layers[0][0]:
            (blobs / f"sha256-{digest}").write_bytes(data)
        described.append({"mediaType": kind, "digest": f"sha256:{digest}", "size": len(data)})
    manifest = root / "manifests" / name
    manifest.parent.mkdir(parents=True, exist_ok=True)
    text = {"schemaVersion": 2, "config": described[0], "layers": described[1:]}
    manifest.write_text(json.dumps(text))
    return blobs / f"sha256-{sha256(weights).hexdigest()}"


def test_models_are_listed_by_their_names(tmp_path: Path) -> None:
    """The library's are short, others say whose they are."""
    stored(tmp_path, f"{LIBRARY}/qwen3/0.6b")
    stored(tmp_path, "registry.ollama.ai/anna/hers/latest")
    stored(tmp_path, "hf.co/Qwen/Qwen3-8B-GGUF/Q4_K_M")
    found = ollama_stored(tmp_path)
    assert {model.name for model in found.models} == {
        "qwen3:0.6b",
        "anna/hers:latest",
        "hf.co/Qwen/Qwen3-8B-GGUF:Q4_K_M",
    }
    assert found.remark == ""


def test_what_is_known_of_one(tmp_path: Path) -> None:
    """Weights, number format, parameters; and that it is whole."""
    blob = stored(tmp_path, f"{LIBRARY}/qwen3/0.6b")
    model = ollama_stored(tmp_path).find("QWEN3:0.6b")
    assert model is not None
    assert (model.path, model.bytes, model.complete) == (blob, 3000, True)
    assert (model.quant, model.parameters) == ("Q4_K_M", "751.63M")


def test_a_name_without_a_tag_is_the_latest(tmp_path: Path) -> None:
    """As for Ollama."""
    stored(tmp_path, f"{LIBRARY}/qwen3/latest")
    assert ollama_stored(tmp_path).find("qwen3") is not None
    assert ollama_stored(tmp_path).find("qwen3:0.6b") is None


def test_a_missing_or_short_blob(tmp_path: Path) -> None:
    """Not whole; pulling goes on."""
    stored(tmp_path, f"{LIBRARY}/gone/1b", b"g" * 5_000_000, blob=False)
    short = stored(tmp_path, f"{LIBRARY}/short/1b", b"s" * 4_000_000)
    short.write_bytes(b"s" * 10)
    for name, size in (("gone:1b", "5 MB"), ("short:1b", "4 MB")):
        model = ollama_stored(tmp_path).find(name)
        assert model is not None
        assert not model.complete
        assert f"{size} of it are missing" in model.sentence


DAMAGED = {
    "empty": "",
    "cut": "{",
    "a list": "[]",
    "a number": '{"layers": 3}',
    "a way out": '{"layers": [{"digest": "sha256:../../etc/passwd", "mediaType":'
    ' "application/vnd.ollama.image.model"}]}',
    "no layers": '{"layers": []}',
    "large": " " * (2 << 20),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_manifests(tmp_path: Path, name: str) -> None:
    """One that says nothing, one that leads elsewhere, one that is too large: not whole."""
    stored(tmp_path, f"{LIBRARY}/good/1b")
    (tmp_path / "manifests" / LIBRARY / "bad").mkdir()
    (tmp_path / "manifests" / LIBRARY / "bad" / "1b").write_text(DAMAGED[name])
    found = ollama_stored(tmp_path)
    bad = found.find("bad:1b")
    assert bad is not None
    assert not bad.complete
    assert bad.sentence.startswith("bad:1b is not whole in Ollama's store: ")
    assert [model.complete for model in found.models] == [False, True]


def test_no_store(tmp_path: Path) -> None:
    """Nothing is there, and nothing is wrong."""
    assert ollama_stored(tmp_path / "none").models == ()
    assert ollama_stored(tmp_path / "none").remark == ""


def test_a_store_that_cannot_be_read(tmp_path: Path) -> None:
    """One sentence."""
    remark = ollama_stored(tmp_path / ("x" * 300)).remark
    assert remark.endswith("cannot be looked at: File name too long.")


def test_a_store_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounded, and it says so."""
    monkeypatch.setattr(store, "MOST_MODELS", 3)
    for n in range(5):
        stored(tmp_path, f"{LIBRARY}/m{n}/1b")
    found = ollama_stored(tmp_path)
    assert len(found.models) == 3
    assert "holds more models than the first 3 listed" in found.remark


def test_where_the_store_is() -> None:
    """OLLAMA_MODELS, else the home."""
    home = Path("/home/me")
    assert ollama_folder({}, home) == home / ".ollama/models"
    assert ollama_folder({"OLLAMA_MODELS": "/big"}, home) == Path("/big")
