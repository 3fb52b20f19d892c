"""`ollama serve` of the stand-in: store, pulls, loads, slots, failures."""

from __future__ import annotations

import json
import re
import struct
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.docker.ollama_registry import OllamaRegistry, ollama_registry
from tests.simulator.standin.running import Running, ollama, started

MODEL = "qwen3:0.6b"
STARTED = re.compile(r"id +(\d+) \| task (\d+) \| processing task")
RELEASED = re.compile(r"id +(\d+) \| task (\d+) \| stop processing: n_tokens = \d+")


@pytest.fixture(scope="module")
def models() -> Iterator[OllamaRegistry]:
    """An offline registry on loopback."""
    with ollama_registry() as held:
        yield held


@contextmanager
def ready(home: Path, **more: str) -> Iterator[tuple[Running, httpx.Client]]:
    """One that answers."""
    with ollama(home, **more) as engine:
        engine.wait_ready()
        with engine.client() as client:
            yield engine, client


def pull(client: httpx.Client, name: str) -> list[dict[str, object]]:
    """All lines, from a plain registry."""
    answer = client.post("/api/pull", json={"model": name, "insecure": True})
    return [json.loads(line) for line in answer.text.splitlines()]


def chat(client: httpx.Client, tokens: int = 8, model: str = MODEL) -> httpx.Response:
    """A short answer in one piece."""
    body = {
        "model": model,
        "messages": [{"role": "user", "content": "go"}],
        "max_tokens": tokens,
        "reasoning_effort": "none",
    }
    return client.post("/v1/chat/completions", json=body)


def names(client: httpx.Client) -> list[str]:
    """What is on disk."""
    return [model["name"] for model in client.get("/api/tags").json()["models"]]


def test_it_listens_at_once_and_answers_after_it_looked_for_gpus(tmp_path: Path) -> None:
    with ollama(tmp_path, OLLAMA_NUM_PARALLEL="4") as engine:
        engine.wait_ready()
        said = engine.text
        order = [
            "SIMULATED Ollama",
            "OLLAMA_NUM_PARALLEL:4",
            f'msg="Listening on 127.0.0.1:{engine.port} (version ',
            'msg="inference compute" id=0 filter_id=0 library=CUDA',
            'msg="vram-based default context" total_vram="22.5 GiB" default_num_ctx=4096',
        ]
        places = [said.find(words) for words in order]
        assert -1 not in places
        assert places == sorted(places)
        assert engine.stop() == 0


def test_a_simulated_pull_is_there_after_a_restart(tmp_path: Path) -> None:
    with ready(tmp_path) as (_, client):
        assert names(client) == []
        lines = pull(client, MODEL)
        assert lines[0] == {"status": "pulling manifest"}
        assert "completed" not in lines[1]
        assert lines[-1] == {"status": "success"}
        listed = client.get("/api/tags").json()["models"]
    with ready(tmp_path) as (_, client):
        assert client.get("/api/tags").json()["models"] == listed
        assert listed[0]["name"] == MODEL
        assert chat(client).json()["usage"]["completion_tokens"] == 8
        assert client.request("DELETE", "/api/delete", json={"model": MODEL}).status_code == 200
        assert names(client) == []
    assert not list((tmp_path / ".ollama/models/blobs").iterdir())


def test_a_simulated_blob_is_sparse_and_tells_what_the_model_is(tmp_path: Path) -> None:
    with ready(tmp_path, OLLAMA_MODELS=str(tmp_path / "m")) as (_, client):
        pull(client, MODEL)
    path = tmp_path / "m/manifests/registry.ollama.ai/library/qwen3/0.6b"
    layer = json.loads(path.read_text())["layers"][0]
    blob = tmp_path / "m/blobs" / layer["digest"].replace(":", "-")
    assert blob.stat().st_size == layer["size"]
    assert blob.stat().st_blocks * 512 < 10**5
    start = blob.read_bytes()[:1000]
    assert start[:8] == b"GGUF" + struct.pack("<I", 3)
    key = b"qwen3.block_count" + struct.pack("<II", 4, 28)
    assert key in start


def test_a_model_is_really_pulled_from_a_registry(tmp_path: Path, models: OllamaRegistry) -> None:
    name = models.name("tiny:1")
    with ready(tmp_path) as (_, client):
        lines = pull(client, name)
        assert [line["status"] for line in lines[-3:]] == [
            "verifying sha256 digest",
            "writing manifest",
            "success",
        ]
        assert names(client) == [name]
        assert chat(client, model=name).status_code == 200
    blobs = {path.name: path.read_bytes() for path in (tmp_path / ".ollama/models/blobs").iterdir()}
    assert all(models.blobs[name.replace("-", ":")] == data for name, data in blobs.items())
    assert len(blobs) == 2


def test_a_pull_goes_on_where_it_was(tmp_path: Path, models: OllamaRegistry) -> None:
    name = models.name("slow-one:1")
    with ready(tmp_path) as (_, client):
        body = {"model": name, "insecure": True}
        with client.stream("POST", "/api/pull", json=body) as answer:
            for line in answer.iter_lines():
                if json.loads(line).get("completed", 0) > 300_000:
                    break
        begun = len(models.ranges)
        assert pull(client, name)[-1] == {"status": "success"}
        assert int(models.ranges[begun].removeprefix("bytes=").rstrip("-")) > 200_000


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("absent:1", "pull model manifest: file does not exist"),
        ("corrupt:1", "digest mismatch, file must be downloaded again: want sha256:"),
        ("cut:1", "http: no Location header in response"),
    ],
)
def test_a_registry_that_fails_is_told_in_ollamas_words(
    tmp_path: Path, models: OllamaRegistry, model: str, words: str
) -> None:
    with ready(tmp_path) as (_, client):
        last = pull(client, models.name(model))[-1]
        assert str(last["error"]).startswith(words)
        assert names(client) == []


def test_no_registry_and_no_insecure_have_their_words(
    tmp_path: Path, models: OllamaRegistry
) -> None:
    with ready(tmp_path) as (_, client):
        gone = pull(client, "127.0.0.1:9/library/tiny:1")[-1]
        assert gone["error"] == (
            'pull model manifest: Get "http://127.0.0.1:9/v2/library/tiny/manifests/1": dial tcp '
            "127.0.0.1:9: connect: connection refused"
        )
        answer = client.post("/api/pull", json={"model": models.name("tiny:1"), "stream": False})
        assert answer.status_code == 500
        assert "http: server gave HTTP response to HTTPS client" in answer.json()["error"]
        assert pull(client, "nobody:1")[-1]["error"] == "pull model manifest: file does not exist"


def test_a_full_disk_breaks_a_pull_off(tmp_path: Path) -> None:
    with ready(tmp_path, BURSTVIEW_STANDIN_FAIL="disk-full") as (_, client):
        said = str(pull(client, MODEL)[-1]["error"])
        assert re.fullmatch(r"write .*-partial-0: no space left on device", said)


def test_a_download_can_fall_silent_while_its_lines_go_on(tmp_path: Path) -> None:
    with ready(tmp_path, BURSTVIEW_STANDIN_STALL_DOWNLOAD="inf") as (_, client):
        with client.stream("POST", "/api/pull", json={"model": MODEL}) as answer:
            seen: list[int] = []
            for line in answer.iter_lines():
                seen.append(json.loads(line).get("completed", 0))
                if seen[-5:-4] == seen[-1:] != [0]:
                    break
        assert 0 < seen[-1] < 394_571_284
        assert len(set(seen[-5:])) == 1


def test_the_first_request_loads_the_model_and_the_log_tells_how(tmp_path: Path) -> None:
    more = {"OLLAMA_NUM_PARALLEL": "2", "BURSTVIEW_STANDIN_GPU": "H200"}
    with ready(tmp_path, **more) as (engine, client):
        pull(client, MODEL)
        assert client.get("/api/ps").json() == {"models": []}
        assert chat(client).status_code == 200
        loaded = client.get("/api/ps").json()["models"][0]
        assert loaded["size"] == loaded["size_vram"]
        assert loaded["context_length"] == 40_960
        for words in (
            'msg="requested context size too large for model" num_ctx=262144 n_ctx_train=40960',
            " -c 81920 -np 2 --log-verbosity 4 ",
            "load_tensors: offloaded 29/29 layers to GPU",
            "llama_kv_cache:      CUDA0 KV buffer size =  8960.00 MiB",
            "initializing, n_slots = 2, n_ctx_slot = 40960, kv_unified = 'false'",
            'msg="llama-server started in 0.20 seconds"',
            'POST     "/v1/chat/completions"',
        ):
            assert words in engine.text


def test_a_burst_starts_and_releases_every_slot(tmp_path: Path) -> None:
    requests = 16
    with ready(tmp_path, OLLAMA_NUM_PARALLEL="4") as (engine, client):
        pull(client, MODEL)
        with ThreadPoolExecutor(requests) as pool:
            answers = list(pool.map(lambda _: chat(client), range(requests)))
        assert {answer.status_code for answer in answers} == {200}
        engine.stop()
        begun, over = STARTED.findall(engine.text), RELEASED.findall(engine.text)
    assert len(begun) == len(over) == requests
    assert sorted(begun) == sorted(over)
    assert {slot for slot, _ in begun} == {"0", "1", "2", "3"}


def test_its_log_is_as_noisy_as_the_real_one(tmp_path: Path) -> None:
    with ready(tmp_path, BURSTVIEW_STANDIN_GPU="H200") as (engine, client):
        pull(client, MODEL)
        for _ in range(60):
            chat(client, tokens=1)
        before = len(engine.text)
        chat(client, tokens=1)
        engine.stop()
        assert 8_000 < len(engine.text) - before < 16_000


def test_a_model_leaves_when_its_time_is_over_or_it_is_told_to(tmp_path: Path) -> None:
    with ready(tmp_path, OLLAMA_KEEP_ALIVE="-1") as (_, client):
        pull(client, MODEL)
        chat(client)
        kept = client.get("/api/ps").json()["models"][0]["expires_at"]
        assert kept > "2300"
        told = client.post("/api/generate", json={"model": MODEL, "keep_alive": 0})
        assert told.json()["done_reason"] == "unload"
        assert client.get("/api/ps").json() == {"models": []}
        told = client.post("/api/generate", json={"model": MODEL, "keep_alive": "300ms"})
        assert told.json()["done_reason"] == "load"
        assert client.get("/api/ps").json()["models"]
        deadline = time.monotonic() + 5
        while client.get("/api/ps").json()["models"]:
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_one_model_leaves_for_another_where_only_one_is_allowed(tmp_path: Path) -> None:
    with ready(tmp_path, OLLAMA_MAX_LOADED_MODELS="1") as (_, client):
        for model in (MODEL, "llama3.2:1b"):
            pull(client, model)
            assert chat(client, model=model).status_code in (200, 400)
        listed = client.get("/api/ps").json()["models"]
        assert [model["name"] for model in listed] == ["llama3.2:1b"]


def test_a_cold_queue_that_is_full_answers_503(tmp_path: Path) -> None:
    with ready(tmp_path, OLLAMA_MAX_QUEUE="4", BURSTVIEW_STANDIN_START_SECONDS="1") as (_, client):
        pull(client, MODEL)
        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda _: chat(client, tokens=1), range(16)))
        statuses = [answer.status_code for answer in answers]
        assert sorted(statuses) == [200] * 5 + [503] * 11


@pytest.mark.parametrize(
    ("kind", "words", "cause"),
    [
        (
            "cuda-out-of-memory",
            "exit status 1: cudaMalloc failed: out of memory",
            "cuda-out-of-memory",
        ),
        ("load-timeout", "timed out waiting for llama-server to start", "load-timed-out"),
    ],
)
def test_a_load_that_fails_is_a_500_and_told_in_the_log(
    tmp_path: Path, kind: str, words: str, cause: str
) -> None:
    with ready(tmp_path, BURSTVIEW_STANDIN_FAIL=kind) as (engine, client):
        pull(client, MODEL)
        answer = chat(client)
        assert answer.status_code == 500
        assert words in answer.json()["error"]["message"]
        assert client.get("/api/ps").json() == {"models": []}
        engine.stop()
        assert cause in engine.causes("ollama")


def test_a_killed_runner_ends_running_answers_in_silence_and_is_loaded_again(
    tmp_path: Path,
) -> None:
    body = {"model": MODEL, "messages": [{"role": "user", "content": "go"}], "stream": True}
    with ready(tmp_path, BURSTVIEW_STANDIN_FAIL="runner-died") as (engine, client):
        pull(client, MODEL)
        with ThreadPoolExecutor(2) as pool:
            first = pool.submit(client.post, "/v1/chat/completions", json=body)
            second = pool.submit(client.post, "/v1/chat/completions", json=body)
            endings = sorted((it.result() for it in (first, second)), key=lambda a: a.status_code)
        assert [ending.status_code for ending in endings] == [200, 500]
        assert "[DONE]" not in endings[0].text
        assert "llama-server process no longer running: unknown " in endings[1].text
        assert client.get("/api/ps").json()["models"][0]["name"] == MODEL
        assert engine.causes("ollama") == ["runner-died"]
        assert chat(client).status_code == 200


def test_without_a_gpu_it_computes_on_the_cpu_and_says_so(tmp_path: Path) -> None:
    with ready(tmp_path, BURSTVIEW_STANDIN_FAIL="no-gpu") as (engine, client):
        pull(client, MODEL)
        chat(client)
        assert client.get("/api/ps").json()["models"][0]["size_vram"] == 0
        assert 'msg="inference compute" id=cpu library=cpu' in engine.text
        assert "offloaded 0/29 layers to GPU" in engine.text


def test_a_model_can_lie_partly_on_the_cpu(tmp_path: Path) -> None:
    with ready(tmp_path, BURSTVIEW_STANDIN_ON_GPU="0.5") as (engine, client):
        pull(client, MODEL)
        chat(client)
        loaded = client.get("/api/ps").json()["models"][0]
        assert loaded["size_vram"] == loaded["size"] // 2
        assert "offloaded 14/29 layers to GPU" in engine.text


def test_a_taken_port_is_one_line_and_status_1(tmp_path: Path) -> None:
    with ready(tmp_path) as (engine, _):
        host = f"127.0.0.1:{engine.port}"
        with started(tmp_path, "ollama", "serve", port=0, OLLAMA_HOST=host) as second:
            assert second.ended() == 1
            last = second.text.splitlines()[-1]
            assert last == f"Error: listen tcp {host}: bind: address already in use"
