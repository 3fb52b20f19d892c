"""An offline Docker registry on loopback, whose images go wrong by their names.

dockerd trusts 127.0.0.0/8 over plain HTTP. `127.0.0.1:PORT/ok/NAME` works, and so on:
`slow` takes seconds, `badsum` sends a wrong byte, `short` ends too early (the daemon retries for
minutes), `auth` answers 401, `limit` 429, `absent` 404, `stall` stops in the middle for ever.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.docker.web import Handler, Server, serving

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = "application/vnd.docker.container.image.v1+json"
LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
LAYERS = 3
SMALL, LARGE = 200_000, 1_500_000
"""Bytes of a layer: enough for progress events, and for a pull that can be cancelled."""
SLOW = 600_000.0
"""Bytes a second."""
ERRORS = {
    "auth": (401, "UNAUTHORIZED", "authentication required"),
    "limit": (
        429,
        "TOOMANYREQUESTS",
        "You have reached your pull rate limit. You may increase the limit by authenticating and "
        "upgrading: https://www.docker.com/increase-rate-limit",
    ),
    "absent": (404, "MANIFEST_UNKNOWN", "manifest unknown"),
}


@dataclass
class Registry:
    """Where it is, and what it holds."""

    port: int
    manifests: dict[str, bytes] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    """Paths in the order in which they were asked for."""
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def host(self) -> str:
        """`127.0.0.1:PORT`."""
        return f"127.0.0.1:{self.port}"

    def reference(self, name: str, tag: str = "latest") -> str:
        """For `docker pull`: `registry.reference("ok/engine")`."""
        return f"{self.host}/{name}:{tag}"

    def publish(
        self, name: str, roots: Sequence[bytes], config: Mapping[str, object] | None = None
    ) -> str:
        """An image of these tar archives, with a `config` as `docker inspect` shows it."""
        layers = [gzip.compress(root, 1) for root in roots]
        about = {
            "architecture": {"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine],
            "os": "linux",
            "config": dict(config or {}),
            "rootfs": {"type": "layers", "diff_ids": [_digest(root) for root in roots]},
            "history": [{"created_by": "test"} for _ in roots],
        }
        described = json.dumps(about).encode()
        self.blobs |= {_digest(data): data for data in (*layers, described)}
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": _entry(CONFIG, described),
            "layers": [_entry(LAYER, layer) for layer in layers],
        }
        self.manifests[name] = json.dumps(manifest).encode()
        return self.reference(name)

    def manifest(self, name: str) -> bytes:
        """Of a published image, or of one made up for the name."""
        if name not in self.manifests:
            size = LARGE if name.split("/")[0] in ("slow", "stall") else SMALL
            self.publish(name, [_random(f"{name}-{number}", size) for number in range(LAYERS)])
        return self.manifests[name]


@contextmanager
def registry() -> Iterator[Registry]:
    """On a free port of loopback until the block ends."""
    server = Server(("127.0.0.1", 0), _Pulls)
    held = Registry(server.server_address[1])
    server.registry = held  # type: ignore[attr-defined]
    with serving(server):
        try:
            yield held
        finally:
            held.over.set()


class _Pulls(Handler):
    def serve(self) -> None:
        held: Registry = self.server.registry  # type: ignore[attr-defined]
        path = self.path.partition("?")[0]
        held.asked.append(path)
        if path in ("/v2", "/v2/"):
            return self.reply(200, b"{}", more=_VERSION)
        name, kind, reference = path.removeprefix("/v2/").rsplit("/", 2)
        fault = name.split("/")[0]
        if error := ERRORS.get(fault):
            status, code, message = error
            body = json.dumps({"errors": [{"code": code, "message": message}]}).encode()
            return self.reply(status, body, more=_VERSION)
        if kind == "manifests":
            manifest = held.manifest(name)
            more = {**_VERSION, "Docker-Content-Digest": _digest(manifest)}
            return self.reply(200, manifest, MANIFEST, more)
        blob = held.blobs.get(reference)
        if blob is None:
            return self.reply(404, b"{}")
        return self._send(held, fault, blob)

    def _send(self, held: Registry, fault: str, blob: bytes) -> None:
        is_layer = len(blob) > SMALL // 2
        if fault == "badsum" and is_layer:
            blob = blob[:-1] + bytes([blob[-1] ^ 1])
        self.head(200, len(blob), "application/octet-stream", _VERSION)
        if self.command == "HEAD":
            return
        if fault in ("short", "stall") and is_layer:
            self.pour(blob[: len(blob) // 2], None)
            if fault == "stall":
                held.over.wait()
            self.close_connection = True
            return
        self.pour(blob, SLOW if fault == "slow" and is_layer else None)


_VERSION = {"Docker-Distribution-Api-Version": "registry/2.0"}


def _entry(kind: str, data: bytes) -> dict[str, object]:
    return {"mediaType": kind, "size": len(data), "digest": _digest(data)}


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _random(name: str, size: int) -> bytes:
    """A layer that no daemon has yet."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        entry = tarfile.TarInfo(name.replace("/", "-"))
        entry.size = size
        tar.addfile(entry, io.BytesIO(os.urandom(size)))
    return buffer.getvalue()
