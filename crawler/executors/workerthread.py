"""A thread for a plugin's blocking code: sets it up, runs one call after the other, tears it down."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from contextvars import Context, ContextVar, copy_context
from queue import SimpleQueue
from threading import Thread
from time import monotonic
from typing import Any

from anyio import Event
from anyio.lowlevel import current_token

from crawler.errors import CallError
from crawler.executors.work import Work
from crawler.raised import raised

_async_library: ContextVar[str | None] | None = None
try:
    from sniffio import current_async_library_cvar
except ImportError:  # anyio can do without
    pass
else:
    _async_library = current_async_library_cvar

#: Has the event loop call a function soon; for any thread. Raises RuntimeError when the loop has ended.
Post = Callable[..., object]


def post_to_loop() -> Post:
    """Return what other threads reach the running event loop by, without waiting for it."""
    token: Any = current_token().native_token  # asyncio's and uvloop's is the loop itself
    post: Post = getattr(token, "call_soon_threadsafe", None) or token.run_sync_soon
    return post


class Call:
    """One call: what is to be done, and what came of it.

    Args:
        name, argument, url: as for `Executor.call`.

    Attributes:
        worker: the thread that has it in hand.
        begun: set when a thread has got it.
        ended: set when the loop knows what came of it.
        over: what came of it is there; set by the thread, so it may be ahead of `ended`.
    """

    def __init__(self, name: str, argument: Any, url: str) -> None:
        self.name = name
        self.url = url
        self.worker: WorkerThread | None = None
        self.begun = Event()
        self.ended = Event()
        self.over = False
        self._argument = argument
        self._context = _carried()
        self._result: list[Any] = []
        self._error: Exception | None = None

    def run(self, work: Work) -> None:
        """Do it, in a thread; nothing that the code raises gets out."""
        try:
            self._result = self._context.run(work.call, self.name, self._argument)
        except Exception as error:
            self._error = error
        except BaseException as error:  # SystemExit, say: raised on the loop, it would end the program
            self._error = CallError(raised(error, deepest=True), "".join(traceback.format_exception(error)))
        self._argument = None
        self.over = True

    def fail(self, error: Exception) -> None:
        """Let it end in an error, on the loop, whatever a thread makes of it."""
        self._error = error
        self.over = True
        self.begun.set()
        self.ended.set()

    def outcome(self) -> list[Any]:
        """Return what the code returned, or raise what it raised; to be called once."""
        error, self._error = self._error, None
        if error is None:
            return self._result
        try:
            raise error
        finally:
            del error  # whose traceback holds this frame


class WorkerThread:
    """A daemon thread: neither `close` nor the end of the program waits for it.

    Args:
        name: what debuggers show.
        make: makes the work, which belongs to this thread alone.
        post: reaches the event loop.
        on_open: is told, on the loop, when the work is set up.
        on_idle: is told, on the loop, of each call that is over.
        on_end: is told, on the loop, when the thread is over, and of the error that setting up or tearing
            down ended in.

    Attributes:
        opened: whether the work is set up, as far as the loop knows.
        call: what it has in hand, as far as the loop knows.
    """

    def __init__(
        self,
        name: str,
        make: Callable[[], Work],
        post: Post,
        *,
        on_open: Callable[[WorkerThread], None],
        on_idle: Callable[[WorkerThread, Call], None],
        on_end: Callable[[WorkerThread, BaseException | None], None],
    ) -> None:
        self._make = make
        self._post = post
        self._on_open = on_open
        self._on_idle = on_idle
        self._on_end = on_end
        self._inbox: SimpleQueue[Call | None] = SimpleQueue()
        # A context of its own: that of whoever starts it belongs to the calls, which bring it along.
        self._thread = Thread(target=Context().run, args=(self._run,), name=name, daemon=True)
        self._since = monotonic()
        self.opened = False
        self.call: Call | None = None

    @property
    def seconds(self) -> float:
        """How long it has been at what it does now."""
        return monotonic() - self._since

    def start(self) -> None:
        """Start it; when there can be no more threads, that is its end."""
        try:
            self._thread.start()
        except RuntimeError as error:
            self._post(self._on_end, self, error)

    def begin(self, call: Call) -> None:
        """Hand it a call."""
        self.call, call.worker = call, self
        self._since = monotonic()
        self._inbox.put(call)
        call.begun.set()

    def leave(self) -> None:
        """Let it tear down its work and end, after what it has in hand."""
        if self.opened and self.call is None:
            self._since = monotonic()
        self._inbox.put(None)

    def join(self) -> None:
        """Wait for the last steps of a thread that has told its end."""
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        try:
            work = self._make()
            work.open()
        except BaseException as error:
            self._end(error)
            return
        going = self._tell(self._on_open, self)
        while going and (call := self._inbox.get()) is not None:
            call.run(work)
            going = self._tell(self._on_idle, self, call)
            del call  # an idle thread keeps no page alive
        try:
            work.close()
        except BaseException as error:
            self._end(error)
        else:
            self._end(None)

    def _end(self, error: BaseException | None) -> None:
        if not self._tell(self._on_end, self, error) and error is not None:
            raise error  # then nobody else hears of it

    def _tell(self, function: Callable[..., None], *arguments: Any) -> bool:
        """Say whether the loop could be told: when it has ended, nobody waits any more."""
        try:
            self._post(function, *arguments)
        except RuntimeError:
            return False
        return True


def _carried() -> Context:
    """Return the caller's context variables, for code in a thread."""
    context = copy_context()
    if _async_library is not None:  # or code that asks would be told that it runs on an event loop
        context.run(_async_library.set, None)
    return context
