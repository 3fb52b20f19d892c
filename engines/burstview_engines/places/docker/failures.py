"""What Docker refuses, in plain words: one sentence, the next step, and the daemon's own words."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from burstview_engines.core.managed import Failure
from burstview_engines.core.text import one_line
from burstview_engines.places.docker.endpoint import DockerProblem
from burstview_engines.places.docker.refusals import REFUSALS, Refusal
from burstview_engines.source import SessionError

DETAIL_LIMIT = 2_000
"""Characters of the daemon's words that are kept."""


class DockerFailed(SessionError):  # noqa: N818  the daemon's fault, not the program's
    """What was asked of Docker was not done; the text is the failure's sentence and step."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.sentence} {failure.step}".strip())
        self.failure = failure


def refusals() -> tuple[type[Exception], ...]:
    """Everything that docker-py, requests and our own reading of answers raise.

    requests' own errors are OSErrors, and so are those of sockets and TLS.
    """
    import msgspec
    from docker.errors import DockerException
    from urllib3.exceptions import HTTPError

    garbage = (json.JSONDecodeError, msgspec.MsgspecError, UnicodeDecodeError)
    return (DockerException, HTTPError, OSError, *garbage, DockerProblem)


@contextmanager
def explained(where: str = "") -> Iterator[None]:
    """Raises DockerFailed instead of what libraries raise. `where`: the daemon's endpoint."""
    try:
        yield
    except refusals() as error:
        raise DockerFailed(explain(error, where)) from error


def explain(error: BaseException, where: str = "") -> Failure:
    """By the daemon's words where there are some, else by the type of what is beneath."""
    if isinstance(error, DockerFailed):
        return error.failure
    words = explanation(error)
    known = explain_words(words) if words else None
    if known is not None:
        return known
    fault = _of_types(error, where or "the usual place")
    return fault if fault is not None else _unknown(words or str(error), where)


def explain_words(words: str) -> Failure | None:
    """What a daemon's text means; None when it is not known."""
    for refusal in REFUSALS:
        found = refusal.pattern.search(words)
        if found is not None:
            return _filled(refusal, found.groupdict(), words)
    return None


def explanation(error: BaseException) -> str:
    """The daemon's own words; empty when it said none."""
    told = getattr(error, "explanation", None)
    return told if isinstance(told, str) else str(told or "")


def chain(error: BaseException) -> Iterator[BaseException]:
    """The error, what it was raised from or during, and what libraries hid in its arguments."""
    seen: set[int] = set()
    rest = [error]
    while rest:
        one = rest.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        hidden = [part for part in one.args if isinstance(part, BaseException)]
        nested = (one.__cause__, one.__context__, getattr(one, "reason", None), *hidden)
        rest += [part for part in nested if isinstance(part, BaseException)]


def _filled(refusal: Refusal, groups: dict[str, str | None], words: str) -> Failure:
    known = {name: one_line(value, 120) for name, value in groups.items() if value is not None}
    shown = {**dict.fromkeys(groups, known.get("podman", "?")), **known}
    return Failure(
        kind=refusal.kind,
        sentence=refusal.sentence.format(**shown),
        step=refusal.step.format(**shown),
        detail=words[:DETAIL_LIMIT],
    )


def _of_types(error: BaseException, where: str) -> Failure | None:
    """No string is matched: libraries word the same fault differently."""
    links = tuple(chain(error))
    detail = str(error)[:DETAIL_LIMIT]
    for of_one in (_of_problem, _of_system, _of_library):
        for link in links:
            found = of_one(link, where)
            if found is not None:
                kind, sentence, step = found
                return Failure(kind=kind, sentence=sentence, step=step, detail=detail)
    return None


_Told = tuple[str, str, str]


def _of_problem(link: BaseException, _: str) -> _Told | None:
    return ("docker-endpoint", str(link), "") if isinstance(link, DockerProblem) else None


def _of_system(link: BaseException, where: str) -> _Told | None:
    match link:
        case FileNotFoundError() | ConnectionRefusedError():
            return (
                "daemon-absent",
                f"No Docker daemon answers at {where}.",
                "Start it (`sudo systemctl start docker`), or choose another with `docker context"
                " use`.",
            )
        case PermissionError():
            return (
                "daemon-permission",
                f"This user may not ask Docker at {where}.",
                "Add the user to the socket's group (`sudo usermod -aG docker $USER`, then log in"
                " again), or use a rootless Docker.",
            )
        case ssl.SSLError():
            return (
                "daemon-tls",
                f"The daemon at {where} and this client do not accept each other's certificates.",
                "See DOCKER_CERT_PATH, or the certificates of the context.",
            )
        case socket.gaierror():
            return (
                "daemon-absent",
                f"The name of the daemon's machine in {where} is not known.",
                "Check DOCKER_HOST or the context.",
            )
        case ConnectionError():
            return _GONE_TYPE, f"The Docker daemon at {where} went away.", _GONE_STEP
        case TimeoutError():
            return _SLOW_TYPE, f"The Docker daemon at {where} did not answer in time.", _SLOW_STEP
    return None


def _of_library(link: BaseException, where: str) -> _Told | None:
    import requests
    from docker import errors
    from urllib3 import exceptions

    match link:
        case requests.Timeout() | exceptions.TimeoutError():
            return _SLOW_TYPE, f"The Docker daemon at {where} did not answer in time.", _SLOW_STEP
        case requests.ConnectionError() | exceptions.ProtocolError():
            return _GONE_TYPE, f"The Docker daemon at {where} went away.", _GONE_STEP
        case requests.exceptions.ChunkedEncodingError():
            return _GONE_TYPE, f"The Docker daemon at {where} went away.", _GONE_STEP
        case errors.TLSParameterError():
            return (
                "daemon-tls",
                f"The certificates for the daemon at {where} are missing.",
                "See DOCKER_CERT_PATH, or the certificates of the context.",
            )
        case errors.NotFound():
            return "container-missing", "Docker no longer has it.", "Look at the list again."
    return None


_GONE_TYPE = "daemon-gone"
_GONE_STEP = "It is asked again until it is back; see `docker info`."
_SLOW_TYPE = "daemon-slow"
_SLOW_STEP = "What was asked may still be done; see `docker ps` before asking again."


def _unknown(words: str, where: str) -> Failure:
    place = f" at {where}" if where else ""
    said = one_line(words, 200).rstrip(".") or "it did not say why"
    return Failure(
        kind="docker-refused",
        sentence=f"Docker{place} refused: {said}.",
        step="See `docker info`, and the daemon's own log.",
        detail=words[:DETAIL_LIMIT],
    )
