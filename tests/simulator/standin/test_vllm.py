"""`vllm serve` of the stand-in: phases, refusals, answers, ends."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path

import httpx
import pytest

from burstview_engines.simulator.spec import EngineSpec, capacity
from tests.simulator.standin.running import started, vllm

MODEL = "Qwen/Qwen3-0.6B"
ROOM = capacity(
    EngineSpec(engine="vllm", model="qwen3-0.6b", max_num_seqs=128, context_tokens=4096)
)
PHASES = (
    "SIMULATED vLLM",
    "non-default args: {",
    "Resolved architecture: Qwen3ForCausalLM",
    "Initializing a V1 LLM engine (v0.32.0)",
    f"Starting to load model {MODEL}...",
    f"Time spent downloading weights for {MODEL}:",
    "Loading weights took",
    "Model loading took 1.11 GiB memory and",
    "Dynamo bytecode transform time:",
    "torch.compile took",
    "Available KV cache memory: 18.74 GiB",
    f"GPU KV cache size: {ROOM.kv_tokens:,} tokens, Maximum concurrency for 4,096 tokens per "
    f"request: {ROOM.kv_tokens / 4096:.2f}x",
    "Graph capturing finished in",
    "init engine (profile, create kv cache, warmup model) took",
    "Starting vLLM server on http://127.0.0.1:",
    "Application startup complete.",
)


def test_it_tells_its_phases_in_order_and_then_serves(tmp_path: Path) -> None:
    with vllm(tmp_path, MODEL, "--max-model-len", "4096", "--max_num_seqs=128") as engine:
        engine.wait_for("Application startup complete.")
        places = [engine.text.find(words) for words in PHASES]
        assert -1 not in places, PHASES[places.index(-1)]
        assert places == sorted(places)
        assert "\rCapturing CUDA graphs (PIECEWISE): 100%|██████████| 35/35" in engine.text
        assert "\rCapturing CUDA graphs (FULL): 100%|██████████| 19/19" in engine.text
        with engine.client() as client:
            models = client.get("/v1/models")
            assert models.headers["x-simulated"] == "1"
            assert models.json()["data"][0]["max_model_len"] == 4096
        engine.wait_for('"GET /v1/models HTTP/1.1" 200 OK')
        assert engine.stop() == 0
        assert "[shutdown] API server: shutdown triggered" in engine.text


def test_it_refuses_connections_until_it_is_ready(tmp_path: Path) -> None:
    with vllm(tmp_path, MODEL, BURSTVIEW_STANDIN_START_SECONDS="60") as engine:
        engine.wait_for("non-default args")
        with engine.client() as client, pytest.raises(httpx.ConnectError):
            client.get("/health")
        assert engine.stop() == 0


def test_it_goes_by_its_served_name_and_asks_for_its_key(tmp_path: Path) -> None:
    arguments = (MODEL, "--served-model-name", "small", "--api-key", "sesame")
    with vllm(tmp_path, *arguments) as engine:
        engine.wait_ready("/health")
        with engine.client() as client:
            refused = client.get("/v1/models")
            assert refused.status_code == 401
            assert refused.json() == {"error": "Unauthorized"}
            allowed = client.get("/v1/models", headers={"Authorization": "Bearer sesame"})
            assert [model["id"] for model in allowed.json()["data"]] == ["small"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--parallel", "4"), "vllm serve: error: unrecognized arguments: --parallel 4"),
        (("--max-num-seqs", "many"), "argument --max-num-seqs: invalid int value: 'many'"),
    ],
)
def test_arguments_that_vllm_does_not_take_end_it_with_2(
    tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    with vllm(tmp_path, MODEL, *arguments) as engine:
        assert engine.ended() == 2
        assert words in engine.text


FAILURES = {
    "no-gpu": "RuntimeError: Failed to infer device type",
    "unknown-model": "is not a valid model identifier listed on 'https://huggingface.co/models'",
    "gated-model": "Cannot access gated repo for url https://huggingface.co/Qwen/Qwen3-0.6B/",
    "disk-full": "OSError: [Errno 28] No space left on device",
    "gpu-memory-taken": "is less than desired GPU memory utilization (0.92, 20.69 GiB)",
    "cuda-out-of-memory": "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate",
    "kv-cache-too-small": "To serve at least one request with the model's max seq len (40960), (",
    "port-taken": "OSError: [Errno 98] Address already in use",
}


@pytest.mark.parametrize("kind", FAILURES)
def test_each_failure_has_its_words_and_status_1(tmp_path: Path, kind: str) -> None:
    with vllm(tmp_path, MODEL, BURSTVIEW_STANDIN_FAIL=kind) as engine:
        assert engine.ended() == 1
        assert FAILURES[kind] in engine.text
        assert engine.causes("vllm") == [kind]
        assert "Application startup complete." not in engine.text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nobody/nothing",), "OSError: nobody/nothing is not a local folder and is not a valid"),
        (("/models/gone",), "OSError: /models/gone is not a local folder"),
        ((MODEL, "-tp", "2"), "World size (2) is larger than the number of available GPUs (1)"),
        ((MODEL, "--max-model-len", "1M"), "User-specified max_model_len (1048576) is greater"),
        (("Qwen/Qwen3-32B",), "torch.OutOfMemoryError: CUDA out of memory."),
        (("Qwen/Qwen3-8B", "--gpu-memory-utilization", "0.6"), "No available memory for the"),
        (
            ("Qwen/Qwen3-8B", "--max-model-len", "40960"),
            "the estimated maximum model length is",
        ),
        (("meta-llama/Llama-3.2-1B-Instruct",), "OSError: You are trying to access a gated repo."),
    ],
)
def test_what_could_not_start_does_not(
    tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    with vllm(tmp_path, *arguments) as engine:
        assert engine.ended() == 1
        assert words in engine.text


def test_a_gated_model_starts_with_a_token_in_a_file(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("hf_secret\n")
    model = "meta-llama/Llama-3.2-1B-Instruct"
    more = {"HF_TOKEN_PATH": str(token)}
    with vllm(tmp_path, model, "--max-model-len", "4096", **more) as engine:
        engine.wait_ready("/health")
        assert "hf_secret" not in engine.text


def test_weights_and_compiled_graphs_are_found_again(tmp_path: Path) -> None:
    with vllm(tmp_path, MODEL, "--max-model-len", "4096") as engine:
        engine.wait_ready("/health")
        engine.stop()
    hub = tmp_path / ".cache/huggingface/hub/models--Qwen--Qwen3-0.6B"
    weights = next(hub.glob("snapshots/*/model.safetensors"))
    assert weights.is_symlink()
    assert weights.stat().st_size > 10**9
    assert weights.stat().st_blocks * 512 < 10**6
    assert json.loads((weights.parent / "config.json").read_text())["num_hidden_layers"] == 28

    with vllm(tmp_path, MODEL, "--max-model-len", "4096", HF_HUB_OFFLINE="1") as engine:
        engine.wait_ready("/health")
        assert "Time spent downloading" not in engine.text
        assert "Directly load AOT compilation from path" in engine.text


def test_without_network_and_weights_it_says_so(tmp_path: Path) -> None:
    with vllm(tmp_path, MODEL, HF_HUB_OFFLINE="1") as engine:
        assert engine.ended() == 1
        assert "LocalEntryNotFoundError: Cannot find an appropriate cached snapshot" in engine.text


def test_a_download_can_fall_silent(tmp_path: Path) -> None:
    with vllm(tmp_path, MODEL, BURSTVIEW_STANDIN_STALL_DOWNLOAD="inf") as engine:
        engine.wait_for("model.safetensors:  40%|")
        partial = next(tmp_path.glob(".cache/huggingface/hub/*/blobs/*.incomplete"))
        assert 0 < partial.stat().st_size < 10**9
        assert engine.stop() == 0
        assert "model.safetensors:  50%" not in engine.text


def test_eager_it_neither_compiles_nor_captures(tmp_path: Path) -> None:
    with vllm(tmp_path, MODEL, "--enforce-eager") as engine:
        engine.wait_ready("/health")
        assert "Enforce eager set, disabling torch.compile, CUDAGraphs" in engine.text
        assert "torch.compile took" not in engine.text
        assert "Capturing CUDA graphs" not in engine.text


def test_when_its_engine_core_dies_streams_get_an_error_and_it_ends_with_0(
    tmp_path: Path,
) -> None:
    body = {
        "messages": [{"role": "user", "content": "go on"}],
        "max_tokens": 4000,
        "ignore_eos": True,
        "stream": True,
    }
    with vllm(tmp_path, MODEL, BURSTVIEW_STANDIN_CRASH_ON_REQUEST="2") as engine:
        engine.wait_ready("/health")
        with (
            engine.client() as client,
            client.stream("POST", "/v1/chat/completions", json=body) as first,
        ):
            lines = first.iter_lines()
            assert next(lines).startswith("data: ")
            with client.stream("POST", "/v1/chat/completions", json=body) as second:
                ends = second.read().decode()
            rest = [line for line in lines if line]
        assert json.loads(rest[-2].removeprefix("data: "))["error"]["code"] == 500
        assert rest[-1] == "data: [DONE]"
        assert "EngineCore encountered an issue." in ends
        assert engine.ended() == 0
        assert "vllm.v1.engine.exceptions.EngineDeadError" in engine.text


def test_told_to_end_it_aborts_the_running_and_leaves_the_queued_without_a_reason(
    tmp_path: Path,
) -> None:
    body = {
        "messages": [{"role": "user", "content": "go on"}],
        "max_tokens": 4000,
        "ignore_eos": True,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    with vllm(tmp_path, MODEL, "--max-num-seqs", "1") as engine:
        engine.wait_ready("/health")
        with (
            engine.client() as client,
            client.stream("POST", "/v1/chat/completions", json=body) as running,
        ):
            lines = running.iter_lines()
            assert next(lines).startswith("data: ")
            with client.stream("POST", "/v1/chat/completions", json=body) as queued:
                engine.process.send_signal(signal.SIGTERM)
                waited = [line for line in queued.iter_lines() if line]
            ran = [line for line in lines if line]
        assert engine.ended() == 0
    assert json.loads(ran[-3].removeprefix("data: "))["choices"][0]["finish_reason"] == "abort"
    assert ran[-1] == waited[-1] == "data: [DONE]"
    told = [json.loads(line.removeprefix("data: ")) for line in waited[:-1]]
    assert [len(chunk["choices"]) for chunk in told] == [1, 0]
    assert told[0]["choices"][0]["finish_reason"] is None
    assert told[1]["usage"]["completion_tokens"] == 0


def test_it_can_be_made_deaf_to_term(tmp_path: Path) -> None:
    with vllm(tmp_path, MODEL, BURSTVIEW_STANDIN_IGNORE_TERM="1") as engine:
        engine.wait_ready("/health")
        engine.process.send_signal(signal.SIGTERM)
        engine.wait_ready("/health")
        assert engine.stop(signal.SIGINT) == 0


def test_a_taken_port_is_found_before_anything_is_loaded(tmp_path: Path) -> None:
    with vllm(tmp_path, MODEL) as engine:
        engine.wait_ready("/health")
        port = str(engine.port)
        arguments = ("serve", MODEL, "--host", "127.0.0.1", "--port", port)
        with started(tmp_path, "vllm", *arguments, port=engine.port) as second:
            assert second.ended() == 1
            assert "OSError: [Errno 98] Address already in use" in second.text
            assert "Resolved architecture" not in second.text


def test_a_start_may_take_no_time_at_all(tmp_path: Path) -> None:
    with vllm(tmp_path, MODEL, BURSTVIEW_STANDIN_START_SECONDS="0") as engine:
        engine.wait_ready("/health")
        assert "model.safetensors: 100%|" in engine.text


def test_it_tells_its_version(tmp_path: Path) -> None:
    with started(tmp_path, "vllm", "--version", port=0) as engine:
        assert engine.ended() == 0
        assert re.fullmatch(r"\d+\.\d+\.\d+\n", engine.text)
