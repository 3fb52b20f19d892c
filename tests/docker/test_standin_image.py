"""The embedded engines as containers of the real daemon: whole lives, failures, volumes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from docker import DockerClient
from docker.models.containers import Container
from docker.types import Mount

from tests.docker.containers import SAFE, ask, ended, url_of, wait_ready, wait_until, words
from tests.docker.images import StandinImages
from tests.docker.ollama_registry import OllamaRegistry

QUICK = {"BURSTVIEW_STANDIN_START_SECONDS": "0.2"}
CHAT = {"messages": [{"role": "user", "content": "go"}], "max_tokens": 8}
Run = Callable[..., Container]


@pytest.fixture
def run(
    docker_client: DockerClient, unique_name: Callable[[str], str], test_labels: dict[str, str]
) -> Run:
    """`run(image, *arguments, port=…, env=…)`: a started container with one published port."""

    def start(
        image: str, *arguments: str, port: int, env: dict[str, str] | None = None, **more: object
    ) -> Container:
        return docker_client.containers.run(
            image,
            list(arguments),
            name=unique_name(f"engine-{port}"),
            labels=test_labels,
            environment=QUICK | (env or {}),
            ports={f"{port}/tcp": ("127.0.0.1", None)},
            **SAFE,
            **more,
        )

    return start


def test_a_vllm_container_lives_its_whole_life(run: Run, standin_images: StandinImages) -> None:
    container = run(
        standin_images.vllm,
        *("--model", "Qwen/Qwen3-0.6B", "--max-model-len", "4096", "--max-num-seqs", "16"),
        port=8000,
    )
    url = url_of(container, 8000)
    wait_ready(url, "/health")
    answer = ask(url).post("/v1/chat/completions", CHAT)
    assert answer.json()["usage"]["completion_tokens"] == 8
    assert answer.headers["x-simulated"] == "1"
    assert "Starting vLLM server on http://0.0.0.0:8000" in words(container)
    container.restart(timeout=5)
    wait_ready(url_of(container, 8000), "/health")
    assert "Directly load AOT compilation from path /root/.cache/vllm" in words(container)
    container.stop(timeout=5)
    assert ended(container) == 0


def test_an_ollama_container_keeps_its_models_in_a_volume(
    run: Run, standin_images: StandinImages, docker_client: DockerClient,
    unique_name: Callable[[str], str],
) -> None:  # fmt: skip
    volume = docker_client.volumes.create(unique_name("models")).name
    mounts = [Mount("/root/.ollama", volume, type="volume")]
    first = run(standin_images.ollama, port=11434, mounts=mounts)
    url = url_of(first, 11434)
    wait_ready(url)
    pulled = ask(url).post("/api/pull", {"model": "qwen3:0.6b", "stream": False})
    assert pulled.json() == {"status": "success"}
    first.stop(timeout=5)
    assert ended(first) == 0
    first.remove()

    again = run(standin_images.ollama, port=11434, mounts=mounts, env={"OLLAMA_NUM_PARALLEL": "4"})
    url = url_of(again, 11434)
    wait_ready(url)
    listed = ask(url).get("/api/tags").json()["models"]
    assert [model["name"] for model in listed] == ["qwen3:0.6b"]
    answer = ask(url).post("/v1/chat/completions", {"model": "qwen3:0.6b", **CHAT})
    assert answer.status_code == 200
    assert "n_slots = 4, n_ctx_slot = 4096" in words(again)


def test_an_ollama_container_pulls_from_a_registry_of_this_machine(
    run: Run, standin_images: StandinImages, ollama_registry: OllamaRegistry
) -> None:
    container = run(standin_images.ollama, port=11434)
    url = url_of(container, 11434)
    wait_ready(url)
    name = ollama_registry.name("tiny:1", for_containers=True)
    body = {"model": name, "insecure": True, "stream": False}
    assert ask(url).post("/api/pull", body).json() == {"status": "success"}
    assert ask(url).get("/api/tags").json()["models"][0]["name"] == name


def test_a_llamacpp_container_lives_its_whole_life(run: Run, standin_images: StandinImages) -> None:
    container = run(standin_images.llamacpp, "-hf", "Qwen/Qwen3-0.6B-GGUF:Q8_0", port=8080)
    url = url_of(container, 8080)
    wait_ready(url, "/health")
    assert ask(url).post("/v1/chat/completions", CHAT).status_code == 200
    container.stop(timeout=5)
    assert ended(container) == 0
    assert "cleaning up before exit" in words(container)


VLLM = ("--model", "Qwen/Qwen3-0.6B")
LLAMA = ("-hf", "Qwen/Qwen3-0.6B-GGUF:Q8_0")


@pytest.mark.parametrize(
    ("engine", "arguments", "kind", "said"),
    [
        ("vllm", VLLM, "no-gpu", "Failed to infer device type"),
        ("vllm", VLLM, "unknown-model", "is not a valid model identifier"),
        ("vllm", VLLM, "gated-model", "Cannot access gated repo"),
        ("vllm", VLLM, "disk-full", "No space left on device"),
        ("vllm", VLLM, "gpu-memory-taken", "is less than desired GPU memory utilization"),
        ("vllm", VLLM, "cuda-out-of-memory", "CUDA out of memory"),
        ("vllm", VLLM, "kv-cache-too-small", "To serve at least one request with the model's"),
        ("vllm", VLLM, "port-taken", "Address already in use"),
        ("ollama", (), "port-taken", "bind: address already in use"),
        ("llamacpp", LLAMA, "port-taken", "couldn't bind HTTP server socket"),
        ("llamacpp", LLAMA, "unknown-model", "failed to download model"),
        ("llamacpp", LLAMA, "cuda-out-of-memory", "exiting due to model loading error"),
    ],
)
def test_each_failure_ends_the_container_with_1(
    run: Run,
    standin_images: StandinImages,
    engine: str,
    arguments: tuple[str, ...],
    kind: str,
    said: str,
) -> None:
    image = {
        "vllm": lambda: standin_images.vllm,
        "ollama": lambda: standin_images.ollama,
        "llamacpp": lambda: standin_images.llamacpp,
    }[engine]()
    env = {"BURSTVIEW_STANDIN_FAIL": kind}
    container = run(image, *(arguments or ("serve",)), port=8000, env=env)
    assert ended(container) == 1
    assert said in words(container)


def test_arguments_that_vllm_does_not_take_end_the_container_with_2(
    run: Run, standin_images: StandinImages
) -> None:
    container = run(standin_images.vllm, *VLLM, "--parallel", "4", port=8000)
    assert ended(container) == 2
    assert "vllm serve: error: unrecognized arguments: --parallel" in words(container)


def test_too_much_memory_is_an_oom_kill(run: Run, standin_images: StandinImages) -> None:
    env = {"BURSTVIEW_STANDIN_ALLOCATE_MB": "2000"}
    limit = {"mem_limit": "300m", "memswap_limit": "300m"}
    container = run(standin_images.ollama, port=11434, env=env, **limit)
    assert ended(container) == 137
    container.reload()
    assert container.attrs["State"]["OOMKilled"] is True


def test_a_deaf_container_is_killed_when_its_time_is_over(
    run: Run, standin_images: StandinImages
) -> None:
    container = run(standin_images.ollama, port=11434, env={"BURSTVIEW_STANDIN_IGNORE_TERM": "1"})
    wait_ready(url_of(container, 11434))
    container.stop(timeout=1)
    assert ended(container) == 137


def test_an_engine_core_that_dies_ends_the_container_with_0(
    run: Run, standin_images: StandinImages
) -> None:
    env = {"BURSTVIEW_STANDIN_CRASH_AFTER": "0.2"}
    container = run(standin_images.vllm, *VLLM, port=8000, env=env)
    assert ended(container) == 0
    assert "EngineDeadError" in words(container)


def test_a_full_volume_breaks_a_pull_off(
    run: Run, standin_images: StandinImages, ollama_registry: OllamaRegistry
) -> None:
    tmpfs = {"/root/.ollama": "size=1m"}
    container = run(standin_images.ollama, port=11434, tmpfs=tmpfs)
    url = url_of(container, 11434)
    wait_ready(url)
    name = ollama_registry.name("tiny:1", for_containers=True)
    body = {"model": name, "insecure": True, "stream": False}
    said = ask(url).post("/api/pull", body).json()["error"]
    assert said.endswith("no space left on device")


def test_programs_can_be_run_inside(run: Run, standin_images: StandinImages) -> None:
    container = run(standin_images.ollama, port=11434)
    told = container.exec_run(["python3", "-c", "import burstview_engines; print('here')"])
    assert (told.exit_code, told.output) == (0, b"here\n")


def test_an_image_says_that_it_is_simulated(
    docker_client: DockerClient, standin_images: StandinImages
) -> None:
    config = docker_client.images.get(standin_images.ollama).attrs["Config"]
    assert config["Labels"]["io.burstview.simulated"] == "true"
    assert (config["Entrypoint"], config["Cmd"]) == (["/bin/ollama"], ["serve"])
    assert "OLLAMA_HOST=0.0.0.0:11434" in config["Env"]


def test_slot_lines_of_a_burst_come_through_the_container_log(
    run: Run, standin_images: StandinImages
) -> None:
    container = run(standin_images.ollama, port=11434)
    url = url_of(container, 11434)
    wait_ready(url)
    ask(url).post("/api/pull", {"model": "qwen3:0.6b", "stream": False})
    for _ in range(3):
        ask(url).post("/v1/chat/completions", {"model": "qwen3:0.6b", **CHAT})
    wait_until(lambda: words(container).count("stop processing") == 3, "the third release")
    assert words(container).count("processing task") == 3
