"""The daemon's words for what it refuses, in every wording that is known, and what they mean.

`provoked`: the wording came from a real daemon (20.10, or Podman 4.3) and is among the tests; the
others are those that newer engines are reported to use.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """One cause. Named groups of the pattern may stand in sentence and step; the group `podman`
    stands in for one that Podman's wording lacks."""

    kind: str
    pattern: re.Pattern[str]
    sentence: str
    step: str
    provoked: bool = True


def _refusal(
    kind: str, pattern: str, sentence: str, step: str, *, provoked: bool = True
) -> Refusal:
    return Refusal(kind, re.compile(pattern, re.IGNORECASE | re.DOTALL), sentence, step, provoked)


_DAEMON = (
    _refusal(
        "api-too-new",
        r"client version (?P<ours>[\d.]+) is too new. Maximum supported API version is (?P<its>"
        r"[\d.]+)",
        "This daemon speaks Docker's API up to {its} only.",
        "Update Docker, or unset DOCKER_API_VERSION.",
    ),
    _refusal(
        "api-too-old",
        r"client version (?P<ours>[\d.]+) is too old. Minimum supported API version is (?P<its>"
        r"[\d.]+)",
        "This daemon speaks Docker's API from {its} on only.",
        "Unset DOCKER_API_VERSION.",
        provoked=False,
    ),
)
_NAMES = (
    _refusal(
        "name-taken",
        r"container name \"?/?(?P<name>[\w.-]+)\"? is already in use"
        r"|name \"?/?(?P<podman>[\w.-]+)\"? is already in use"
        r"|that name is already in use",
        "Another container has that name already.",
        "Choose another name, or remove or rename that container.",
    ),
    _refusal(
        "name-invalid",
        r"Invalid container name \((?P<name>.+?)\)",
        "Docker takes no container name like {name}.",
        "Use at least two letters, digits, dots, dashes or underscores, a letter or digit first.",
    ),
)
_GPUS = (
    _refusal(
        "cdi-missing",
        r"could not select device driver \"cdi\"|CDI device injection failed|"
        r"unresolvable CDI devices?(?P<device>[^:\n]*)",
        "This daemon knows no such GPU by CDI.",
        "Make the list with `sudo nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml` and"
        " restart Docker.",
    ),
    _refusal(
        "gpu-runtime-missing",
        r"could not select device driver|failed to discover GPU vendor|no known GPU vendor",
        "This Docker cannot hand GPUs to containers.",
        "Install the NVIDIA Container Toolkit, run `sudo nvidia-ctk runtime configure"
        " --runtime=docker` and restart Docker; or start without a GPU.",
    ),
    _refusal(
        "runtime-unknown",
        r"unknown (?:or invalid )?runtime(?: specified| name:?)? \"?(?P<runtime>[\w.-]+)",
        "This Docker has no runtime {runtime}.",
        "Install the NVIDIA Container Toolkit, run `sudo nvidia-ctk runtime configure"
        " --runtime=docker` and restart Docker; or leave the runtime out.",
    ),
    _refusal(
        "gpu-driver",
        r"nvidia-container-cli: (?P<why>initialization error[^\n]*|[^\n]*unknown device[^\n]*"
        r"|requirement error[^\n]*)",
        "NVIDIA's driver refused the container: {why}.",
        "Check `nvidia-smi` on the daemon's machine; choose a GPU that it lists.",
        provoked=False,
    ),
    _refusal(
        "device-missing",
        r"error gathering device information while adding custom device \"(?P<device>[^\"]+)\"",
        "The daemon's machine has no device {device}.",
        "Load the GPU's driver there, or start without that device.",
    ),
)
_PORTS = (
    _refusal(
        "port-taken-by-container",
        r"Bind for (?P<address>\S+) failed: port is already allocated|port is already allocated",
        "Another container has that port already.",
        "Choose another port, or stop that container.",
    ),
    _refusal(
        "port-taken",
        r"(?:listen tcp[46]? (?P<address>[^:\s]*:\d+): bind|failed to bind host port[^\n]*?|bind)?"
        r":? ?address already in use",
        "Another program listens on that port already.",
        "Choose another port, or end that program (`ss -ltnp` shows it).",
    ),
    _refusal(
        "port-forbidden",
        r"listen tcp[46]? (?P<address>\S+): bind: permission denied|cannot expose privileged port"
        r" (?P<port>\d+)",
        "This Docker may not open that port.",
        "Choose a port above 1023.",
        provoked=False,
    ),
    _refusal(
        "address-absent",
        r"listen tcp[46]? (?P<address>\S+): bind: cannot assign requested address",
        "The daemon's machine does not have the address {address}.",
        "Publish on 127.0.0.1, or on an address of that machine.",
    ),
)
_STARTS = (
    _refusal(
        "image-wrong-platform",
        r"exec format error|no matching manifest for (?P<platform>[\w/]+)"
        r"|was found but does not match the specified platform",
        "This image is made for another kind of machine.",
        "Choose an image or tag for this machine's processor.",
        provoked=False,
    ),
    _refusal(
        "init-missing",
        r"\"docker-init\": executable file not found|container-init binary not found",
        "The daemon's machine lacks the small init program that is put into containers.",
        "Install it there: docker-init (in Debian's package tini), or catatonit for Podman.",
    ),
    _refusal(
        "limits-refused",
        r"error setting rlimits?[^\n]*operation not permitted|setrlimit [^\n]*not permitted",
        "The daemon may not set the limits (ulimits) that the container asks for.",
        "Start it without them, or with a daemon that is root.",
    ),
    _refusal(
        "command-missing",
        r"exec: \"(?P<command>[^\"]*)\": (?:stat [^:]*: no such file|executable file not found"
        r"|permission denied|is a directory)",
        "The image has no program {command} that could be started.",
        "Check the image and the command.",
    ),
    _refusal(
        "cpu-limit",
        r"Range of CPUs is from [\d.]+ to (?P<most>[\d.]+)",
        "The daemon's machine has {most} CPUs only.",
        "Ask for fewer CPUs.",
    ),
    _refusal(
        "memory-limit",
        r"Minimum memory limit allowed is (?P<least>\w+)",
        "Docker gives no container less than {least} of memory.",
        "Ask for more memory.",
    ),
    _refusal(
        "mount-missing",
        r"bind source path does not exist: (?P<path>[^\n]+)",
        "The folder {path} is not on the daemon's machine.",
        "Make it first, or mount another; Docker is not let make folders as root.",
    ),
    _refusal(
        "network-missing",
        r"network (?P<network>\S+) not found",
        "Docker has no network {network}.",
        "Make it with `docker network create {network}`, or use the usual one.",
    ),
    _refusal(
        "log-unreadable",
        r"configured logging driver does not support reading",
        "This container's logs go elsewhere: its logging driver cannot be read.",
        "Start it with the json-file or local driver.",
    ),
)
_STATES = (
    _refusal(
        "container-running",
        r"cannot remove (?:a running container|container \S+: container is running)"
        r"|cannot remove container [^\n]* as it is running",
        "A running container cannot be removed.",
        "Stop it first.",
    ),
    _refusal(
        "volume-in-use",
        r"remove (?P<volume>[\w.-]+): volume is in use|volume (?P<podman>[\w.-]+) is being used",
        "The volume is in use by a container.",
        "Remove that container first; nothing was deleted.",
    ),
    _refusal(
        "image-in-use",
        r"unable to (?:remove repository reference|delete) [^\n]*(?:container \S+ is using"
        r"|image is being used)|image is in use by",
        "The image is in use by a container.",
        "Remove that container first.",
    ),
    _refusal(
        "not-running",
        r"Container \S+ is not running|can only kill running containers|is not running",
        "The container does not run.",
        "Start it first.",
    ),
    _refusal(
        "being-removed",
        r"removal of container \S+ is already in progress|is marked for removal",
        "The container is being removed already.",
        "Wait until it is gone.",
        provoked=False,
    ),
    _refusal(
        "container-missing",
        r"No such container: (?P<name>\S+)|no container with name or ID \"?(?P<podman>[\w.-]+)",
        "That container is gone.",
        "It was removed elsewhere; start a new one.",
    ),
    _refusal(
        "volume-missing",
        r"get (?P<volume>\S+): no such volume|no such volume",
        "That volume is gone.",
        "It was removed elsewhere.",
    ),
)
_PULLS = (
    _refusal(
        "disk-full",
        r"no space left on device|disk quota exceeded",
        "The disk of the Docker daemon is full.",
        "See `docker system df`; unused images go with `docker image prune`.",
    ),
    _refusal(
        "download-damaged",
        r"layer verification failed|failed to verify|unexpected digest|invalid checksum"
        r"|digest mismatch",
        "The image arrived damaged.",
        "Pull again; if it stays so, a proxy or the registry alters it.",
    ),
    _refusal(
        "download-broken",
        r"unexpected EOF|connection reset by peer|short read|EOF$",
        "The download of the image broke off.",
        "Pull again; what has arrived is kept.",
        provoked=False,
    ),
    _refusal(
        "registry-limit",
        r"toomanyrequests|rate limit|429 Too Many",
        "The registry lets this address pull no more images for now.",
        "Log in with `docker login`, wait, or use a mirror.",
    ),
    _refusal(
        "registry-unauthorized",
        r"pull access denied for (?P<image>[^\s,]+)|unauthorized|authentication required"
        r"|no basic auth credentials|denied: requested access",
        "The registry does not give this image without a login, or does not have it.",
        "Check its name; log in with `docker login REGISTRY`.",
    ),
    _refusal(
        "image-unknown",
        r"manifest (?:for \S+ )?(?:not found|unknown)|manifest unknown|failed to resolve reference"
        r" [^\n]*: not found|name unknown|repository \S+ not found",
        "The registry has no such image or tag.",
        "Check the image's name and tag.",
    ),
    _refusal(
        "registry-unknown-name",
        r"lookup (?P<registry>\S+)(?: on \S+)?: (?:no such host|server misbehaving"
        r"|Temporary failure[^\n]*|i/o timeout|read udp[^\n]*)",
        "The registry {registry} cannot be found: this machine has no network, or no DNS.",
        "Use an image that is here already, or connect to the network.",
    ),
    _refusal(
        "registry-unreachable",
        r"(?:dial tcp|proxyconnect tcp)[^\n]*(?:connection refused|no route to host"
        r"|network is unreachable|i/o timeout)|TLS handshake timeout|Client\.Timeout exceeded"
        r"|request canceled while waiting for connection|context deadline exceeded",
        "The registry does not answer.",
        "Use an image that is here already, or check network and proxy of the daemon.",
    ),
    _refusal(
        "registry-tls",
        r"x509: (?P<why>[^\n]+)|server gave HTTP response to HTTPS client",
        "The registry's certificate is not accepted by the daemon.",
        "Add its certificate below /etc/docker/certs.d on the daemon's machine.",
        provoked=False,
    ),
    _refusal(
        "image-missing",
        r"No such image: (?P<image>\S+?):?(?:\s|$)|(?P<podman>\S+): image not known",
        "This Docker does not have the image {image}.",
        "Pull it first.",
    ),
    _refusal(
        "image-name-invalid",
        r"invalid reference format",
        "That is no image's name.",
        "Write it as name:tag, in lower case.",
    ),
)
REFUSALS = (*_DAEMON, *_NAMES, *_GPUS, *_PORTS, *_STARTS, *_STATES, *_PULLS)
"""The first that matches tells."""
