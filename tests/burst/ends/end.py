"""A row of the tables beside this file: what a reader makes of one capture."""

from __future__ import annotations

from dataclasses import dataclass

PAGE = "check that the URL is the root of an OpenAI-compatible server, or its /v1."
NO_USAGE = "The server gave no usage: its tokens are not known."


@dataclass(frozen=True)
class End:
    """Tokens are those of prompt and output; `text` is how the answer begins."""

    status: int = 200
    stream: bool = True
    finish: str | None = None
    tokens: tuple[int | None, int | None] = (None, None)
    pieces: int = 0
    text: str = ""
    error: str | None = None
    note: str | None = None
