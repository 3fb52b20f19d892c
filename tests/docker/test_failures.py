"""Docker's refusals in plain words: on texts that daemons gave, and on a real one."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import docker
import pytest
import requests
import urllib3
from docker import DockerClient

from burstview_engines.launch.spec import ContainerPlan
from burstview_engines.places.docker.endpoint import DockerProblem, Endpoint
from burstview_engines.places.docker.engine_port import DockerEngine
from burstview_engines.places.docker.failures import (
    DockerFailed,
    explain,
    explain_words,
    explained,
)
from tests.docker import own
from tests.docker.private_daemon import PrivateDaemon

Names = Callable[[str], str]

TEXTS = {
    "api-too-new": ["client version 1.99 is too new. Maximum supported API version is 1.41"],
    "api-too-old": ["client version 1.24 is too old. Minimum supported API version is 1.44"],
    "name-taken": [
        'Conflict. The container name "/anchor-ollama" is already in use by container "807b". You'
        " have to remove (or rename) that container to be able to reuse that name.",
        'creating container storage: the container name "x1" is already in use by 807b. You have to'
        " remove that container to be able to reuse that name: that name is already in use",
    ],
    "name-invalid": [
        "Invalid container name (q), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed",
    ],
    "port-taken-by-container": [
        "driver failed programming external connectivity on endpoint anchor-port (6bfd): Bind for"
        " 127.0.0.1:18434 failed: port is already allocated",
    ],
    "port-taken": [
        "driver failed programming external connectivity on endpoint x (6bfd): Error starting"
        " userland proxy: listen tcp4 127.0.0.1:18435: bind: address already in use",
        "failed to set up container networking: driver failed programming external connectivity on"
        " endpoint x (1): failed to bind host port for 0.0.0.0:7148:172.18.0.2:7148/tcp: address"
        " already in use",
    ],
    "gpu-runtime-missing": [
        'could not select device driver "" with capabilities: [[gpu]]',
        'could not select device driver "nvidia" with capabilities: [[gpu]]',
        "failed to discover GPU vendor from CDI: no known GPU vendor found",
    ],
    "runtime-unknown": [
        "Unknown runtime specified nvidia",
        "unknown or invalid runtime name: nvidia",
    ],
    "cdi-missing": [
        'could not select device driver "cdi" with capabilities: []',
        "CDI device injection failed: unresolvable CDI devices nvidia.com/gpu=7",
    ],
    "gpu-driver": [
        "failed to create task for container: OCI runtime create failed: error running hook #0:"
        " exit status 1, stdout: , stderr: nvidia-container-cli: initialization error: nvml error:"
        " driver not loaded: unknown",
    ],
    "device-missing": [
        'error gathering device information while adding custom device "/dev/kfd": no such file or'
        " directory",
    ],
    "image-missing": [
        "No such image: anchor/absent:1",
        "no such image: quay.io/x/y:1: image not known",
    ],
    "registry-unknown-name": [
        'Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io on'
        " 10.255.255.53:53: no such host",
    ],
    "registry-unreachable": [
        'Get "http://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused',
        'Get "https://registry-1.docker.io/v2/": net/http: request canceled while waiting for'
        " connection (Client.Timeout exceeded while awaiting headers)",
    ],
    "registry-tls": ['Get "https://r.local/v2/": x509: certificate signed by unknown authority'],
    "image-unknown": [
        "manifest unknown",
        "manifest for ollama/ollama:9 not found: manifest unknown: manifest unknown",
        'failed to resolve reference "docker.io/library/x:9": docker.io/library/x:9: not found',
    ],
    "registry-unauthorized": [
        "unauthorized",
        "pull access denied for nothing, repository does not exist or may require 'docker login'",
    ],
    "registry-limit": ["toomanyrequests: You have reached your pull rate limit. You may increase"],
    "download-damaged": [
        "filesystem layer verification failed for digest sha256:" + "0" * 64,
        "failed commit on ref: unexpected commit digest sha256:1, expected sha256:2: failed"
        " precondition: unexpected digest",
    ],
    "download-broken": ["unexpected EOF"],
    "disk-full": [
        "failed to register layer: write /usr/lib/big: no space left on device",
    ],
    "container-running": [
        "You cannot remove a running container 807b. Stop the container before attempting removal"
        " or force remove",
        'cannot remove container "/x": container is running: stop the container before removing or'
        " force remove",
    ],
    "volume-in-use": [
        "remove anchor-vol: volume is in use - [807b]",
        "volume anchor-vol is being used by the following container(s): e7f5: volume is being used",
    ],
    "image-in-use": [
        'conflict: unable to remove repository reference "a:1" (must force) - container 807b is'
        " using its referenced image 4a",
        "conflict: unable to delete 4a (cannot be forced) - image is being used by running"
        " container 80",
    ],
    "not-running": [
        "Cannot kill container: x: Container 807b is not running",
        "Container 807b is not running",
    ],
    "being-removed": ["removal of container 807b is already in progress"],
    "container-missing": [
        "No such container: nope",
        'no container with name or ID "nope" found: no such container',
    ],
    "volume-missing": [
        "get nope: no such volume",
        'no volume with name "nope" found: no such volume',
    ],
    "network-missing": ["network nope not found"],
    "command-missing": [
        "failed to create shim task: OCI runtime create failed: runc create failed: unable to start"
        ' container process: exec: "/nope": stat /nope: no such file or directory: unknown',
        'failed to create task for container: ... exec: "nope": executable file not found in $PATH:'
        " unknown",
    ],
    "init-missing": [
        'failed to create shim task: OCI runtime create failed: exec: "docker-init": executable'
        " file not found in $PATH: unknown",
        "container create: container-init binary not found on the host: stat"
        " /usr/libexec/podman/catatonit: no such file or directory",
    ],
    "limits-refused": [
        "OCI runtime create failed: runc create failed: unable to start container process: error"
        " during container init: error setting rlimits for ready process: error setting rlimit type"
        " 8: operation not permitted: unknown",
        "crun: setrlimit `RLIMIT_NOFILE`: Operation not permitted: OCI permission denied",
    ],
    "cpu-limit": ["Range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available"],
    "memory-limit": ["Minimum memory limit allowed is 6MB"],
    "mount-missing": [
        'invalid mount config for type "bind": bind source path does not exist: /no/such/dir',
    ],
    "log-unreadable": ["configured logging driver does not support reading"],
    "address-absent": [
        "driver failed programming external connectivity on endpoint x (1): Error starting userland"
        " proxy: listen tcp4 192.0.2.1:80: bind: cannot assign requested address",
    ],
    "image-wrong-platform": [
        "no matching manifest for linux/arm64/v8 in the manifest list entries",
    ],
    "image-name-invalid": ["invalid reference format"],
}


@pytest.mark.parametrize(("kind", "text"), [(k, t) for k, texts in TEXTS.items() for t in texts])
def test_what_daemons_say(kind: str, text: str) -> None:
    """One sentence, the next step, and the daemon's own words."""
    failure = explain_words(text)
    assert failure is not None
    assert (failure.kind, failure.detail) == (kind, text)
    for told in (failure.sentence, failure.step):
        assert told.endswith(".")
        assert not {"{", "}", "?"} & set(told)


def test_what_is_not_known_is_told_as_it_is() -> None:
    assert explain_words("gremlins") is None
    failure = explain(docker.errors.APIError("x", explanation="gremlins\n\x1b[31m in it"), "here")
    assert failure.kind == "docker-refused"
    assert failure.sentence == "Docker at here refused: gremlins in it."


def _raised(error: BaseException, cause: BaseException | None = None) -> BaseException:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (
            _raised(docker.errors.DockerException("x"), FileNotFoundError(2, "none")),
            "daemon-absent",
        ),
        (
            requests.ConnectionError(
                urllib3.exceptions.ProtocolError("Connection aborted.", ConnectionRefusedError())
            ),
            "daemon-absent",
        ),
        (
            _raised(docker.errors.DockerException("x"), PermissionError(13, "no")),
            "daemon-permission",
        ),
        (requests.ConnectionError("x"), "daemon-gone"),
        (urllib3.exceptions.ProtocolError("x"), "daemon-gone"),
        (requests.exceptions.ChunkedEncodingError("x"), "daemon-gone"),
        (ConnectionResetError(), "daemon-gone"),
        (requests.ReadTimeout("x"), "daemon-slow"),
        (TimeoutError(), "daemon-slow"),
        (_raised(requests.ConnectionError("x"), ssl.SSLError("bad")), "daemon-tls"),
        (_raised(requests.ConnectionError("x"), socket.gaierror(-2, "no name")), "daemon-absent"),
        (docker.errors.TLSParameterError("no file"), "daemon-tls"),
        (DockerProblem("Docker's current context is not there."), "docker-endpoint"),
    ],
)
def test_what_is_beneath_an_error(error: BaseException, kind: str) -> None:
    """By type, however deep libraries hid it."""
    assert explain(error, "here").kind == kind


def test_everything_that_libraries_raise_becomes_ours() -> None:
    """And what we raise ourselves stays as it is."""
    for error in (requests.ReadTimeout("x"), docker.errors.NotFound("x"), OSError("x")):
        with pytest.raises(DockerFailed) as told, explained():
            raise error
        assert told.value.__cause__ is error
    first = DockerFailed(explain(TimeoutError()))
    with pytest.raises(DockerFailed) as again, explained():
        raise first
    assert again.value is first


# on a real daemon


def test_no_daemon(tmp_path: Path) -> None:
    """Neither socket nor listener; and another that could be taken is offered."""
    url = f"unix://{tmp_path}/none.sock"
    with pytest.raises(DockerFailed, match=f"No Docker daemon answers at {url}") as absent:
        own.engine_at(url).ping()
    assert absent.value.failure.kind == "daemon-absent"
    offering = DockerEngine(Endpoint(url, "test", "local"), offer=lambda: "Podman listens there.")
    with pytest.raises(DockerFailed, match="Podman listens there"):
        offering.ping()
    (tmp_path / "stale.sock").touch()
    with pytest.raises(DockerFailed) as stale:
        own.engine_at(f"unix://{tmp_path}/stale.sock").ping()
    assert stale.value.failure.kind == "daemon-absent"


PING = """
import os, sys
import docker
from tests.docker import own
from tests.docker.private_daemon import PrivateDaemon
from burstview_engines.places.docker.failures import DockerFailed

os.setgroups([]), os.setgid(65534), os.setuid(65534)
try:
    own.engine_at(sys.argv[1]).ping()
except DockerFailed as failed:
    print(failed.failure.kind, failed)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become nobody")
def test_a_user_who_may_not(docker_client: DockerClient) -> None:
    """Not in the socket's group."""
    path = ":".join(sys.path)
    done = subprocess.run(
        [sys.executable, "-c", PING, "unix:///var/run/docker.sock"],
        env={
            **os.environ,
            "PYTHONPATH": path,
            "PYTHONDONTWRITEBYTECODE": "1",
            "HOME": "/nonexistent",
        },
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.stdout.startswith("daemon-permission This user may not ask Docker"), done.stderr
    assert "usermod -aG docker" in done.stdout


def test_an_api_that_is_too_new(docker_client: DockerClient) -> None:
    api = docker.APIClient(version="1.99")
    with api, pytest.raises(DockerFailed) as refused, explained():
        api.containers()
    assert refused.value.failure.kind == "api-too-new"


def test_a_daemon_that_went_away_and_came_back(private_daemon: PrivateDaemon) -> None:
    """The same engine asks it again."""
    held = own.engine_at(private_daemon.url)
    held.ping()
    private_daemon.stop()
    with pytest.raises(DockerFailed) as gone:
        held.ping()
    assert gone.value.failure.kind in ("daemon-absent", "daemon-gone")
    private_daemon.start()
    held.ping()
    held.close()


REFUSED: dict[str, tuple[dict[str, object], str]] = {
    "gpu-runtime-missing": ({"gpus": ("all",), "gpu_way": "device-request"}, "cannot hand GPUs"),
    "cdi-missing": ({"gpus": ("all",), "gpu_way": "cdi"}, "knows no such GPU"),
    "runtime-unknown": ({"runtime": "nvidia"}, "has no runtime nvidia"),
    "image-missing": ({"image": "burstview/absent:1"}, "image burstview/absent:1"),
    "name-invalid": ({"name": "q"}, "no container name like q"),
    "command-missing": ({"command": ("/nope",), "init": False}, "no program /nope"),
    "network-missing": ({"network": "burstview-absent"}, "no network burstview-absent"),
    "image-name-invalid": ({"image": "Not An Image"}, "no image's name"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_a_start_is_refused_for(
    docker_client: DockerClient, plain_image: str, unique_name: Names, kind: str
) -> None:
    """And nothing is left behind."""
    changes, words = REFUSED[kind]
    plan: ContainerPlan = own.sleeper(plain_image, unique_name("refused"), **changes)
    held = own.engine()
    with pytest.raises(DockerFailed, match=words) as refused:
        own.life(held).launch(plan)
    held.close()
    assert refused.value.failure.kind == kind
    assert plan.name not in own.names(docker_client)


def test_what_else_a_daemon_refuses(
    docker_client: DockerClient, plain_image: str, unique_name: Names, test_labels: dict[str, str]
) -> None:
    """Limits, devices, addresses, logs, volumes, images and states."""
    name, volume = unique_name("one"), unique_name("vol")
    make = docker_client.containers.create
    more = {"image": plain_image, "command": list(own.SLEEP), "labels": test_labels}
    running = make(name=name, volumes=[f"{volume}:/x"], log_config={"type": "none"}, **more)
    running.start()
    stopped = make(**more)
    cases: dict[str, Callable[[], object]] = {
        "cpu-limit": lambda: make(nano_cpus=10**13, **more),
        "memory-limit": lambda: make(mem_limit="1m", **more),
        "device-missing": lambda: make(devices=["/dev/kfd"], **more).start(),
        "address-absent": lambda: make(ports={"1/tcp": ("192.0.2.1", None)}, **more).start(),
        "log-unreadable": lambda: running.logs(),
        "volume-in-use": lambda: docker_client.volumes.get(volume).remove(),
        "image-in-use": lambda: docker_client.images.remove(plain_image),
        "container-running": lambda: running.remove(),
        "name-taken": lambda: make(name=name, **more),
        "not-running": lambda: stopped.kill(),
        "container-missing": lambda: docker_client.containers.get("absent"),
        "volume-missing": lambda: docker_client.volumes.get("absent"),
    }
    told = {}
    for kind, act in cases.items():
        with pytest.raises(DockerFailed) as refused, explained():
            act()
        told[kind] = refused.value.failure.kind
    assert told == {kind: kind for kind in cases}
