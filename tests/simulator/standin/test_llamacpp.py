"""`llama-server` of the stand-in: 503 first, slots, failures."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.simulator.standin.running import llama_server, started

BODY = {"messages": [{"role": "user", "content": "go"}], "max_tokens": 8}


def test_it_answers_503_on_every_path_while_it_loads(tmp_path: Path) -> None:
    with llama_server(tmp_path, BURSTVIEW_STANDIN_START_SECONDS="2") as engine:
        engine.wait_for("loading model")
        with engine.client() as client:
            for path in ("/health", "/v1/models", "/metrics"):
                answer = client.get(path)
                assert answer.status_code == 503
                assert answer.json()["error"]["message"] == "Loading model"
        engine.wait_ready("/health")
        assert engine.stop() == 0


def test_its_slots_share_the_context_and_its_log_tells_each_request(tmp_path: Path) -> None:
    with llama_server(tmp_path, "-np", "2", "-c", "8192", "-a", "small") as engine:
        engine.wait_ready("/health")
        with engine.client() as client:
            assert client.get("/props").json()["total_slots"] == 2
            assert client.get("/v1/models").json()["data"][0]["id"] == "small"
            assert client.post("/v1/chat/completions", json=BODY).status_code == 200
            assert client.get("/metrics").status_code == 501
        engine.stop()
        for words in (
            "load_tensors: offloaded 29/29 layers to GPU",
            "initializing, n_slots = 2, n_ctx_slot = 4096, kv_unified = 'false'",
            "srv  llama_server: model loaded",
            f"listening on http://127.0.0.1:{engine.port}",
            "slot launch_slot_: id  1 | task 1 | processing task, is_child = 0",
            "slot      release: id  1 | task 1 | stop processing: n_tokens = 8, truncated = 0",
        ):
            assert words in engine.text


def test_variables_stand_for_arguments_and_a_key_guards_it(tmp_path: Path) -> None:
    more = {"LLAMA_ARG_ENDPOINT_METRICS": "1", "LLAMA_API_KEY": "sesame"}
    with llama_server(tmp_path, **more) as engine:
        engine.wait_ready("/health")
        with engine.client() as client:
            assert client.get("/metrics").status_code == 401
            key = {"Authorization": "Bearer sesame"}
            assert client.get("/metrics", headers=key).status_code == 200


def test_its_weights_are_found_again(tmp_path: Path) -> None:
    with llama_server(tmp_path) as engine:
        engine.wait_ready("/health")
        assert "downloading from https://huggingface.co/Qwen/Qwen3-0.6B-GGUF/" in engine.text
    with llama_server(tmp_path, "--offline") as engine:
        engine.wait_ready("/health")
        assert "downloading" not in engine.text


@pytest.mark.parametrize(
    ("arguments", "more", "words"),
    [
        (("--bogus",), {}, "error: invalid argument: --bogus"),
        (("-m", "/models/gone.gguf"), {}, "exiting due to model loading error"),
        (("--offline",), {}, "failed to download model: Qwen/Qwen3-0.6B-GGUF:Q4_K_M"),
        ((), {"BURSTVIEW_STANDIN_FAIL": "port-taken"}, "couldn't bind HTTP server socket, "),
        ((), {"BURSTVIEW_STANDIN_FAIL": "cuda-out-of-memory"}, "cudaMalloc failed: out of memory"),
        ((), {"BURSTVIEW_STANDIN_FAIL": "unknown-model"}, "failed to download model"),
    ],
)
def test_what_fails_ends_it_with_1(
    tmp_path: Path, arguments: tuple[str, ...], more: dict[str, str], words: str
) -> None:
    with llama_server(tmp_path, *arguments, **more) as engine:
        assert engine.ended() == 1
        assert words in engine.text


def test_a_local_file_needs_no_download(tmp_path: Path) -> None:
    model = tmp_path / "qwen3-0.6b-q8_0.gguf"
    model.touch()
    with llama_server(tmp_path, "-m", str(model)) as engine:
        engine.wait_ready("/health")
        with engine.client() as client:
            assert client.get("/props").json()["model_ftype"] == "Q8_0"


def test_without_a_gpu_it_goes_on(tmp_path: Path) -> None:
    with llama_server(tmp_path, BURSTVIEW_STANDIN_FAIL="no-gpu") as engine:
        engine.wait_ready("/health")
        assert "failed to initialize CUDA: no CUDA-capable device is detected" in engine.text
        assert "no-gpu" in engine.causes("llamacpp")


def test_a_crash_takes_the_connections_with_it(tmp_path: Path) -> None:
    with llama_server(tmp_path, BURSTVIEW_STANDIN_CRASH_ON_REQUEST="1") as engine:
        engine.wait_ready("/health")
        endless = {**BODY, "max_tokens": 4000, "ignore_eos": True}
        with engine.client() as client, pytest.raises(httpx.RemoteProtocolError):
            client.post("/v1/chat/completions", json=endless)
        assert engine.ended() == 134


def test_the_module_says_what_it_takes(tmp_path: Path) -> None:
    with started(tmp_path, "llama-server", port=0) as engine:
        assert engine.ended() == 1
        assert "name a model with -m or -hf" in engine.text
