"""An offline registry as Ollama needs it: a blob's GET is answered with 307 to another host name,
which then serves ranges.

`HOST/library/NAME:TAG` by NAME: any small model works; `slow…` takes seconds, `stall…` stops in
the middle, `corrupt…` sends a wrong byte, `cut…` names no other place, `absent…` is not there.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from burstview_engines.simulator.presets import MODELS, QUANTS
from burstview_engines.simulator.standin.gguf import head
from tests.docker.web import Handler, Server, serving

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = "application/vnd.docker.container.image.v1+json"
MODEL = "application/vnd.ollama.image.model"
SIZE = 2_000_000
SLOW = 700_000.0
"""Bytes a second."""


@dataclass
class OllamaRegistry:
    """Where it is, for programs of this machine and for containers, and what it holds."""

    port: int
    gateway: str | None
    """This machine's address as bridged containers know it."""
    manifests: dict[str, bytes] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    ranges: list[str] = field(default_factory=list)
    """Range headers in the order in which they came: how a pull went on."""
    over: threading.Event = field(default_factory=threading.Event)

    def name(self, model: str, *, for_containers: bool = False) -> str:
        """What `/api/pull` is asked for, with `insecure`: `127.0.0.1:PORT/library/tiny:1`."""
        host = self.gateway if for_containers else "127.0.0.1"
        assert host is not None, "this machine has no bridge"
        return f"{host}:{self.port}/library/{model}"

    def publish(self, model: str, weights: bytes, *, family: str = "qwen3", quant: str) -> None:
        """A model of this GGUF; `model` with its tag."""
        told = {
            "model_format": "gguf",
            "model_family": family,
            "model_families": [family],
            "model_type": "1M",
            "file_type": quant,
            "architecture": "amd64",
            "os": "linux",
            "rootfs": {"type": "layers", "diff_ids": [_digest(weights)]},
        }
        config = json.dumps(told).encode()
        self.blobs |= {_digest(data): data for data in (weights, config)}
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": _entry(CONFIG, config),
            "layers": [_entry(MODEL, weights)],
        }
        self.manifests[model] = json.dumps(manifest).encode()

    def manifest(self, model: str) -> bytes:
        """Of a published model, or of one made up for the name."""
        if model not in self.manifests:
            start = head(MODELS["qwen3-0.6b"], QUANTS["q4_k_m"])
            self.publish(model, start + os.urandom(SIZE), quant="Q4_K_M")
        return self.manifests[model]


@contextmanager
def ollama_registry(gateway: str | None = None) -> Iterator[OllamaRegistry]:
    """On one free port of loopback, and of the bridge's own address where there is one."""
    with ExitStack() as stack:
        first = Server(("127.0.0.1", 0), _Pulls)
        port = first.server_address[1]
        servers = [first]
        if gateway is not None:
            servers.append(Server((gateway, port), _Pulls))
        held = OllamaRegistry(port, gateway)
        stack.callback(held.over.set)
        for server in servers:
            server.registry = held  # type: ignore[attr-defined]
            stack.enter_context(serving(server))
        yield held
        held.over.set()


class _Pulls(Handler):
    def serve(self) -> None:
        held: OllamaRegistry = self.server.registry  # type: ignore[attr-defined]
        path = self.path.partition("?")[0]
        if path.startswith("/data/"):
            return self._data(held, *path.removeprefix("/data/").split("/"))
        parts = path.removeprefix("/v2/library/").split("/")
        if len(parts) != 3:
            return self.reply(404)
        model, kind, reference = parts
        if model.startswith("absent"):
            return self.reply(404, b'{"errors":[{"code":"MANIFEST_UNKNOWN"}]}')
        if kind == "manifests":
            return self.reply(200, held.manifest(f"{model}:{reference}"), MANIFEST)
        if reference not in held.blobs:
            return self.reply(404)
        if model.startswith("cut"):
            return self.reply(200, held.blobs[reference], "application/octet-stream")
        place = f"http://{self._other_name(held)}/data/{model}/{reference}"
        return self.reply(307, more={"Location": place})

    def _other_name(self, held: OllamaRegistry) -> str:
        """The same server by a name that is not the same text."""
        asked = self.headers.get("Host", "").rpartition(":")[0]
        other = "localhost" if asked == "127.0.0.1" else f"[::ffff:{asked}]"
        return f"{other}:{held.port}"

    def _data(self, held: OllamaRegistry, model: str, digest: str) -> None:
        blob = held.blobs[digest]
        whole = len(blob)
        is_weights = whole > SIZE // 2
        if model.startswith("corrupt") and is_weights:
            blob = blob[:-1] + bytes([blob[-1] ^ 1])
        asked = self.headers.get("Range", "")
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", asked)
        begin = int(found[1]) if found else 0
        end = int(found[2]) + 1 if found and found[2] else whole
        if asked:
            held.ranges.append(asked)
        piece = blob[begin:end]
        more = {"Content-Range": f"bytes {begin}-{begin + len(piece) - 1}/{whole}"} if found else {}
        self.head(206 if found else 200, len(piece), "application/octet-stream", more)
        if self.command == "HEAD":
            return
        if model.startswith("stall") and is_weights:
            self.pour(piece[: len(piece) // 2], None)
            held.over.wait()
            self.close_connection = True
            return
        self.pour(piece, SLOW if model.startswith("slow") and is_weights else None)


def _entry(kind: str, data: bytes) -> dict[str, object]:
    return {"mediaType": kind, "size": len(data), "digest": _digest(data)}


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
