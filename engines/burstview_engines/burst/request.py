"""The head of a timed request."""

from __future__ import annotations

from burstview_engines.burst.endpoint import Endpoint


class KeyUnusableError(Exception):
    """An API key that cannot go into a header; the text is one sentence that does not hold it."""


def headers(target: Endpoint, *, stream: bool, api_key: str | None) -> dict[str, str]:
    """The headers of every timed request but its length. Raises KeyUnusableError.

    No compression is asked for: a compressor in between holds tokens back.
    """
    fields = {
        "Host": target.authority,
        "User-Agent": "burstview",
        "Accept": "text/event-stream" if stream else "application/json",
        "Accept-Encoding": "identity",
        "Content-Type": "application/json",
    }
    if api_key:
        if not api_key.isascii() or not api_key.isprintable():
            raise KeyUnusableError(
                "The API key holds characters that no header can carry; check its variable."
            )
        fields["Authorization"] = f"Bearer {api_key.strip()}"
    return fields


def request_bytes(path: str, fields: dict[str, str], body: bytes) -> bytes:
    """A whole POST request as it goes over the wire."""
    lines = [f"POST {path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in fields.items()]
    lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body
