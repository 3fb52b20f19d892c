"""When silence is news: no token, not no bytes, since some servers ping a dead stream."""

from __future__ import annotations

from burstview_engines.core.views import RequestView, RunView, State

STREAM_STALL = 10.0
"""Seconds without a token after which a started stream is stalled."""
SERVER_STALL = 30.0
"""Seconds without a token on any request of the server after which a waiting one is stalled.

A queue is not a stall: while others are served, waiting is what a queue looks like.
"""


def stalled_for(
    request: RequestView, run: RunView, now: float, state: State | None = None
) -> float | None:
    """Seconds of silence if the request is stalled at session second `now`, else None.

    `state` is the request's at `now`, where a replay looks back; None: the newest.
    """
    state = state or request.state
    if state == "streaming" and request.last_token is not None:
        silence, limit = now - request.last_token, STREAM_STALL
    elif state == "waiting":
        silence, limit = now - max(request.written, run.last_news or 0.0), SERVER_STALL
    else:
        return None
    return silence if silence >= limit else None
