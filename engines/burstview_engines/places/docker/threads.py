"""Threads for calls that block; none of them keeps the program from ending."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from types import TracebackType
from typing import Generic, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class DaemonThreads:
    """At most `size` threads, begun when they are needed.

    An executor of the standard library is joined at exit: a call that hangs would hang the
    program. Here whoever waits may give up, and the call goes on without anybody.
    """

    def __init__(self, name: str, size: int = 8) -> None:
        self._name, self._size = name, size
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._threads = 0
        self._unfinished = 0
        self._is_closed = False

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What it returns or raises. A call whose waiter was cancelled before it began is left out.
        Raises RuntimeError after `close`."""
        call = _Call(lambda: function(*args, **kwargs))
        self._put(call.run)
        try:
            return await call.future
        finally:
            call.is_wanted = False

    def close(self) -> None:
        """Take no more calls; those that run are not waited for."""
        with self._lock:
            self._is_closed = True
            for _ in range(self._threads):
                self._calls.put(None)

    def _put(self, call: Callable[[], None]) -> None:
        with self._lock:
            if self._is_closed:
                raise RuntimeError(f"The threads of {self._name} are closed.")
            self._calls.put(call)
            self._unfinished += 1
            if self._threads < min(self._unfinished, self._size):
                self._threads += 1
                name = f"{self._name}-{self._threads}"
                threading.Thread(target=self._work, name=name, daemon=True).start()

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            call()
            with self._lock:
                self._unfinished -= 1


class _Call(Generic[T]):
    """One call and the future of the loop that waits for it."""

    def __init__(self, function: Callable[[], T]) -> None:
        self.is_wanted = True
        self._loop = asyncio.get_running_loop()
        self.future: asyncio.Future[T] = self._loop.create_future()
        self._function = function
        self._error: BaseException | None = None
        self._result: list[T] = []

    def run(self) -> None:
        """On a thread."""
        if not self.is_wanted:
            return
        with self:
            self._result.append(self._function())
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        if self.future.done():
            return
        if self._error is not None:
            self.future.set_exception(self._error)
        else:
            self.future.set_result(self._result[0])

    def __enter__(self) -> None:
        """The call begins."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> bool:
        """Whatever was raised belongs to the one who waits."""
        self._error = error
        return error is not None
