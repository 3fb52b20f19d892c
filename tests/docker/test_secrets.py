"""A token and an API key reach the engine, and nobody else: not by Docker, not by the system, not
by logs, recordings and events."""

from __future__ import annotations

import json
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec
import pytest
from docker import DockerClient
from docker.models.containers import Container

from burstview_engines.launch.spec import LaunchSpec
from tests.docker.containers import SAFE
from tests.docker.images import StandinImages
from tests.docker.sessions import QUICK, Held, session, vllm, with_option
from tests.fleet.fleets import until

TOKEN = "hf_notARealTokenOnlyForTests00"
KEY = "bv-not-a-real-key-only-for-tests"
ENVIRON = {"MY_KEY": KEY}
ALL_PROCESSES = """
import pathlib
for process in pathlib.Path("/proc").glob("[0-9]*"):
    if "pathlib" in (process / "cmdline").read_text():
        continue
    print(process.name, (process / "cmdline").read_text(), (process / "environ").read_text())
"""
"""Of a container, but for this program itself."""


@pytest.fixture
def owner(unique_name: Callable[[str], str]) -> str:
    """With volumes of its own, which are removed after the test."""
    return f"{unique_name('me')}@test"


@pytest.fixture
def spec(
    tmp_path: Path, standin_images: StandinImages, unique_name: Callable[[str], str]
) -> LaunchSpec:
    """A vLLM with a key, and a token for a model that is not given to anybody."""
    file = tmp_path / "token"
    file.write_text(TOKEN)
    file.chmod(0o600)
    return msgspec.structs.replace(
        vllm(unique_name("vllm"), standin_images),
        model="meta-llama/Llama-3.2-1B-Instruct",
        token_file=str(file),
        api_key_env="MY_KEY",
    )


async def test_token_and_key_are_told_to_the_engine_alone(
    tmp_path: Path,
    docker_client: DockerClient,
    spec: LaunchSpec,
    owner: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """While it serves, after other options, and after its end."""
    monkeypatch.setenv("MY_KEY", KEY)  # the processes that fire have it from here
    state, record = tmp_path / "state", tmp_path / "r.jsonl"
    with events(docker_client) as told:
        async with session(state, owner, environ=ENVIRON, record=record) as held:
            preview = await held.fleet.preview(spec)
            key = await held.fleet.up(spec)
            assert (await held.wait(key)).status == "ready"
            container = docker_client.containers.get(spec.name)
            view = await held.fleet.log(key)
            await until(lambda: view.last_number > 0)

            await asks_for_its_key(held, key)
            read = "print(open('/run/secrets/hf_token').read(), end='')"
            assert inside(container, "python3", "-c", read) == TOKEN
            shown = [preview, await held.fleet.spec_of(key), view.since(0)]
            shown += watched(container)
            wider = with_option(await held.fleet.spec_of(key), "max-num-seqs", "4")
            changes = await held.fleet.changes(key, wider)
            assert not any("mounted" in each or "api_key" in each for each in changes)
            shown.append(changes)
            await held.fleet.recreate(key, wider)
            assert (await held.wait(key)).status == "ready"
            await asks_for_its_key(held, key)
            await held.fleet.restart(key)
            assert (await held.wait(key)).status == "ready"
            shown += watched(docker_client.containers.get(spec.name))
            shown.append(held.session.snapshot())
            assert sorted(modes(state / "keys").values()) == [0o600, 0o700]
            await held.fleet.remove(key)
            assert modes(state / "keys") == {"": 0o700}
    shown += [told, record.read_text(), everything(state)]
    for number, words in enumerate(shown):
        assert KEY not in str(words), number
        assert TOKEN not in str(words), number


async def test_two_sessions_that_start_one_name_at_once_have_a_key_each(
    tmp_path: Path, spec: LaunchSpec, owner: str
) -> None:
    """The one that was faster is asked with its own key; nothing is left of the other's."""
    state = tmp_path / "state"
    async with (
        session(state, owner, environ={"MY_KEY": "first-key"}) as one,
        session(state, owner, environ={"MY_KEY": "second-key"}) as two,
    ):
        key, _ = [await one.fleet.up(spec), await two.fleet.up(spec)]
        started = [await one.fleet.launched(key), await two.fleet.launched(key)]
        assert [bool(engine.failure) for engine in started].count(True) == 1
        faster, own = (two, "second-key") if started[0].failure else (one, "first-key")
        assert (await faster.wait(key)).status == "ready"
        url = faster.engine(key).url
        async with httpx.AsyncClient(trust_env=False) as client:
            for word in ("first-key", "second-key"):
                asked = await client.get(
                    f"{url}/v1/models", headers={"Authorization": f"Bearer {word}"}
                )
                assert asked.status_code == (200 if word == own else 401)
        assert len([*(state / "keys").iterdir()]) == 1
        await faster.fleet.remove(key)
        assert [*(state / "keys").iterdir()] == []


async def test_a_replacement_that_fails_leaves_the_key_as_it_was(
    tmp_path: Path, spec: LaunchSpec, owner: str
) -> None:
    """Its file is the old container's own."""
    state = tmp_path / "state"
    async with session(state, owner, environ=ENVIRON) as held:
        key = await held.fleet.up(spec)
        assert (await held.wait(key)).status == "ready"
        (before,) = (state / "keys").iterdir()
        wrong = msgspec.structs.replace(
            await held.fleet.spec_of(key), image="localhost:1/none/there:1"
        )
        await held.fleet.recreate(key, wrong)
        await until(lambda: bool(held.notices()))
        await held.fleet.wait(key)
        assert [*(state / "keys").iterdir()] == [before]
        assert before.read_text() == KEY
        await held.fleet.remove(key)
        assert [*(state / "keys").iterdir()] == []


async def test_another_session_without_the_key_says_what_is_missing(
    tmp_path: Path, spec: LaunchSpec, owner: str
) -> None:
    """The engine is shown; firing at it names the variable."""
    async with session(tmp_path / "state", owner, environ=ENVIRON) as held:
        key = await held.fleet.up(spec)
        assert (await held.wait(key)).status == "ready"
    async with session(tmp_path / "state", owner) as again:
        await again.until(key, "ready", "running")
        await until(lambda: "MY_KEY" in again.backend(key).detail, lambda: str(again.backend(key)))
        assert again.engine(key).status in ("ready", "running")


async def test_secrets_of_others_are_shown_nowhere(
    tmp_path: Path,
    docker_client: DockerClient,
    standin_images: StandinImages,
    unique_name: Callable[[str], str],
    owner: str,
) -> None:
    """Whether they came as a variable or as an argument; and they stay when it is replaced."""
    name, record = unique_name("theirs"), tmp_path / "r.jsonl"
    container = docker_client.containers.run(
        standin_images.vllm,
        ["--model", "Qwen/Qwen3-0.6B", "--api-key", KEY],
        name=name,
        environment=QUICK | {"HF_TOKEN": TOKEN},
        ports={"8000/tcp": ("127.0.0.1", None)},
        **SAFE,
    )
    async with session(tmp_path / "state", owner, record=record) as held:
        key = f"container:{name}"
        await held.until(key, "ready", "running")
        assert KEY in container.logs().decode()
        shown: list[object] = [await held.fleet.last_lines(key, 500)]
        view = await held.fleet.log(key)
        lines = container.logs().count(b"\n")
        await until(lambda: view.last_number >= lines)
        shown.append(view.since(0))
        await held.fleet.adopt(key)
        spec = await held.fleet.spec_of(key)
        fewer = with_option(spec, "max-num-seqs", "4")
        shown += [spec, await held.fleet.changes(key, fewer), await held.fleet.preview(fewer)]
        await held.fleet.recreate(key, fewer)
        await held.wait(key)
        container = docker_client.containers.get(name)
        config = container.attrs["Config"]
        assert config["Cmd"][-4:] == ["--api-key", KEY, "--max-num-seqs", "4"]
        assert f"HF_TOKEN={TOKEN}" in config["Env"]
        shown.append(held.session.snapshot())
    for words in (*shown, record.read_text(), everything(tmp_path / "state")):
        assert KEY not in str(words)
        assert TOKEN not in str(words)


async def asks_for_its_key(held: Held, key: str) -> None:
    """The engine refuses whoever has none; the session has it."""
    url = held.engine(key).url
    async with httpx.AsyncClient(trust_env=False) as client:
        assert (await client.get(f"{url}/v1/models")).status_code == 401
    (said,) = await held.fire(key)
    assert "all together" in said or "4 answers" in said


def watched(container: Container) -> list[object]:
    """All that others can see of it: by Docker, and from inside."""
    processes = inside(container, "python3", "-c", ALL_PROCESSES)
    assert "--max-num-seqs" in processes
    first, *_ = [line for line in processes.splitlines() if line.startswith("1 ")]
    return [
        container.attrs,
        container.top(ps_args="auxww"),
        container.logs(),
        inside(container, "python3", "-c", "import os; print(os.environ)"),
        first,
        _without_engine(processes),
    ]


def _without_engine(processes: str) -> str:
    """vLLM takes its key from a variable of its own process alone."""
    return "\n".join(line for line in processes.splitlines() if "VLLM_API_KEY" not in line)


def inside(container: Container, *words: str) -> str:
    """What a program says that anybody runs in it."""
    told = container.exec_run(list(words))
    assert told.exit_code == 0, told.output
    return str(told.output.decode())


def modes(folder: Path) -> dict[str, int]:
    """Of a folder and the files in it."""
    found = {"": stat.S_IMODE(folder.stat().st_mode)}
    return found | {p.name: stat.S_IMODE(p.stat().st_mode) for p in folder.iterdir()}


def everything(folder: Path) -> str:
    """All files' names and contents."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return "\n".join(f"{path} {path.read_text(errors='replace')}" for path in files)


@contextmanager
def events(client: DockerClient) -> Iterator[list[str]]:
    """What the daemon tells everybody meanwhile."""
    told: list[str] = []
    stream = client.events()

    def read() -> None:
        told.extend(json.dumps(msgspec.to_builtins(str(event))) for event in stream)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        yield told
    finally:
        stream.close()
        reader.join(5)
