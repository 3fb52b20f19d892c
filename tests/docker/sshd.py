"""The other end of ssh for the tests: a real server on loopback, and a stand-in for the client."""

from __future__ import annotations

import contextlib
import getpass
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

STANDIN = '''\
#!{python}
"""Forwards as `ssh -M -N -L` and `ssh -O forward -L` do; a host's name tells its fault."""
import socket, sys, threading

words = sys.argv[1:]
forward, host = words[words.index("-L") + 1], words[words.index("--") + 1]
line = words[words.index("-S") + 1]
assert "BatchMode=yes" in words and "ExitOnForwardFailure=yes" in words

FAULTS = {
    "stranger": "Host key verification failed.",
    "closed": "ann@closed: Permission denied (publickey,password).",
    "absent": "ssh: Could not resolve hostname absent: Name or service not known",
    "odd": "kex_exchange_identification: banner line contains invalid characters",
}
if fault := FAULTS.get(host.rpartition("@")[2]):
    sys.exit(fault)

def pour(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass
    try:
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass

def unix(path, is_ours):
    made = socket.socket(socket.AF_UNIX)
    (made.bind if is_ours else made.connect)(path)
    return made

def begin(forward):
    if forward.startswith("/"):
        here, there = forward.split(":")
        listener = unix(here, True)
    else:
        _, port, _, there = forward.split(":")
        listener = socket.create_server(("127.0.0.1", int(port)))
    listener.listen()
    threading.Thread(target=serve, args=(listener, there), daemon=True).start()

def serve(listener, there):
    while True:
        client, _ = listener.accept()
        try:
            if there.isdecimal():
                server = socket.create_connection(("127.0.0.1", int(there)))
            else:
                server = unix(there, False)
        except OSError as error:
            said = "channel 1: open failed: connect failed: " + error.strerror
            print(said, file=sys.stderr, flush=True)
            client.close()
            continue
        for pair in ((client, server), (server, client)):
            threading.Thread(target=pour, args=pair, daemon=True).start()

if "-O" in words:
    asking = unix(line, False)
    asking.sendall(forward.encode())
    sys.exit(asking.recv(100).decode() or None)

assert "-M" in words and "-N" in words
begin(forward)
asked = unix(line, True)
asked.listen()
while True:
    client, _ = asked.accept()
    try:
        begin(client.recv(1000).decode())
    except OSError:
        client.sendall(b"mux_client_forward: forwarding request failed: Port forwarding failed")
    client.close()
'''


def standin(folder: Path) -> str:
    """An executable that takes ssh's place where no server can be installed."""
    program = folder / "ssh-standin"
    program.write_text(STANDIN.replace("{python}", sys.executable))
    program.chmod(0o755)
    return str(program)


@dataclass
class Sshd:
    """A real server and a client that knows its key and has one of its own."""

    folder: Path
    port: int

    @property
    def host(self) -> str:
        """For `ssh://`."""
        return f"{getpass.getuser()}@127.0.0.1:{self.port}"

    def client(self, *, key: str = "client", hosts: str = "known_hosts") -> str:
        """An `ssh` that reads nobody's files but ours; `host` is a key that the server refuses."""
        program = self.folder / f"ssh-{key}-{hosts}"
        own = (
            f"-F /dev/null -o IdentityFile={self.folder}/{key} -o IdentitiesOnly=yes"
            f" -o UserKnownHostsFile={self.folder}/{hosts} -o StrictHostKeyChecking=yes"
        )
        program.write_text(f'#!/bin/sh\nexec ssh {own} "$@"\n')
        program.chmod(0o755)
        return str(program)


@contextlib.contextmanager
def sshd() -> Iterator[Sshd | None]:
    """None where there is no server to start."""
    program = shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin:/usr/local/sbin")
    if program is None or shutil.which("ssh-keygen") is None:
        yield None
        return
    Path("/run/sshd").mkdir(exist_ok=True)  # where the packaged server wants to be confined
    folder = Path(tempfile.mkdtemp(prefix="bv-sshd-"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    _configure(folder, port)
    server = subprocess.Popen(
        [program, "-D", "-e", "-f", str(folder / "sshd_config")], stderr=subprocess.DEVNULL
    )
    try:
        _wait(port)
        yield Sshd(folder, port)
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _configure(folder: Path, port: int) -> None:
    for name in ("host", "client"):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True
        )
    (folder / "authorized_keys").write_text((folder / "client.pub").read_text())
    public = (folder / "host.pub").read_text().rsplit(" ", 1)[0]
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {public}\n")
    settings = (
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nStrictModes no\n"
        f"AuthorizedKeysFile {folder}/authorized_keys\nPermitRootLogin prohibit-password\n"
        f"PasswordAuthentication no\nUsePAM no\nPidFile {folder}/pid\n"
    )
    (folder / "sshd_config").write_text(settings)


def _wait(port: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise AssertionError("sshd did not start")
