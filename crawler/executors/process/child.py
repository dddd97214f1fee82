"""A worker process as its parent sees it: how it is started, given calls, and ended."""

from __future__ import annotations

import math
import os
import socket
import sys
from collections import Counter, deque
from contextlib import suppress
from pathlib import Path
from subprocess import DEVNULL, PIPE, STDOUT

import anyio
from anyio import CancelScope, ClosedResourceError, create_task_group, move_on_after
from anyio.abc import Process

from crawler.executors.process.frames import Replies, prefix
from crawler.executors.process.inside import WORKER
from crawler.executors.process.job import Job
from crawler.executors.process.output import Output
from crawler.executors.process.platform import how_it_ended, kill_group
from crawler.gil import is_free_threaded

#: Seconds that a worker gets to tear its code down, and to be gone once it has let go of its socket.
GRACE = 2.0
#: Seconds for what is left of a dead worker's output, which something else may hold open.
_LAST_WORDS = 0.5
_BUFFER = 1024 * 1024
_RECEIVE = 64 * 1024


class Child:
    """One worker process.

    Attributes:
        sent: the calls that it was given and has not answered: the first is in hand, others wait.
        given, answered: how many calls it was given, and has answered, in all.
        silent: nothing more comes from it.
        since: when it took the call in hand.
        deadline: when that takes too long.
        verdict: why we ended it, in words; "" when it was not us.
        about: the page that led to the verdict.
        leaving: it ends for no fault of a call that it was sent.
        retired: it gets no more calls.
        heir: a worker is being started to take its place.
        tries: workers before it that ended in its place without having answered a single call.
    """

    def __init__(
        self, process: Process, connection: socket.socket, lifeline: int, name: str, told: Counter[str]
    ) -> None:
        assert process.stdout is not None
        self.connection = connection
        self.output = Output(name, process.stdout, told)
        self.replies = Replies()
        self.sent: deque[Job] = deque()
        self.given = self.answered = 0
        self.since, self.deadline = 0.0, math.inf
        self.verdict = self.about = ""
        self.silent = self.leaving = self.retired = self.heir = False
        self.tries = 0
        self._process = process
        self._lifeline = lifeline
        # One for all that it sends: to make a new one each time would cost more than the rest.
        self._received = memoryview(bytearray(_RECEIVE))
        self._unsent: deque[memoryview] = deque()
        self._open = True
        self._ended = False
        self._over = False

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def give(self, job: Job) -> bool:
        """Send a call; say whether all of it has gone. Otherwise `flush` it."""
        self.given += 1
        self.sent.append(job)
        return self.write([prefix(self.given, job.head, job.body) + job.head, job.body])

    def write(self, pieces: list[bytes]) -> bool:
        """Send bytes, in pieces; say whether all of them have gone."""
        if self._unsent:
            self._unsent.extend(memoryview(piece) for piece in pieces if piece)
            return True  # somebody is flushing already
        sent = self._send(pieces)
        for piece in pieces:
            if sent < len(piece):
                self._unsent.append(memoryview(piece)[sent:])
            sent = max(0, sent - len(piece))
        return not self._unsent

    async def flush(self) -> None:
        """Send what has not gone yet, whenever there is room."""
        while self._unsent and self._open:
            try:
                await anyio.wait_writable(self.connection)
            except ClosedResourceError:
                return
            sent = self._send([self._unsent[0]])
            if sent == len(self._unsent[0]):
                self._unsent.popleft()
            else:
                self._unsent[0] = self._unsent[0][sent:]

    def _send(self, pieces: list[bytes] | list[memoryview]) -> int:
        if not self._open:
            return sum(map(len, pieces))
        try:
            return self.connection.sendmsg(pieces)
        except BlockingIOError:
            return 0
        except OSError:  # it is gone: whoever reads its replies sees that too
            return sum(map(len, pieces))

    def receive(self) -> memoryview:
        """Return what has come, nothing when there is nothing now; it holds until the next call."""
        size = 0
        if not self.silent:
            try:
                size = self.connection.recv_into(self._received)
                self.silent = not size
            except BlockingIOError:
                self.silent = self._ended
            except OSError:  # it was reset, which is an end too
                self.silent = True
        return self._received[:size]

    async def readable(self) -> None:
        """Wait until something has come, or nothing comes any more."""
        if not self._ended:
            with suppress(ClosedResourceError):
                await anyio.wait_readable(self.connection)

    async def see_its_end(self) -> None:
        """Wait for the end of the process, and have whoever reads its replies see it.

        The end of its socket is not enough: what it has forked holds that open.
        """
        await self._process.wait()
        self._ended = True
        anyio.notify_closing(self.connection)

    def condemn(self, verdict: str) -> None:
        """End it at once, and all that it has started; whoever reads its replies sees the end of them."""
        self.verdict = self.verdict or verdict
        self.deadline, self.silent = math.inf, True
        if not self._over:
            kill_group(self.pid)
        if self._open:
            self.connection.shutdown(socket.SHUT_RDWR)

    async def next_reply(self) -> tuple[int, bytes] | None:
        """Wait for one reply, as long as nothing else reads them; None at the end.

        Raises FrameError for what is no reply.
        """
        while True:
            await self.readable()
            for number, head in self.replies.read(self.receive()):
                return number, bytes(head)
            if self.silent:
                return None

    def dismiss(self) -> None:
        """Let it tear its code down and end; all calls have been answered."""
        self.leaving = self.retired = True
        if self._open:
            self.connection.shutdown(socket.SHUT_RDWR)

    async def end(self) -> str:
        """End it, after a grace time if it still runs; return how it ended, in words."""
        with CancelScope(shield=True):
            try:
                self._close()
                async with create_task_group() as ending:
                    ending.start_soon(self.output.forward)
                    with move_on_after(GRACE) as grace:
                        await self._process.wait()
                    kill_group(self.pid)  # what it has started is still there, perhaps
                    code = await self._process.wait()
                    ending.cancel_scope.deadline = anyio.current_time() + _LAST_WORDS
            finally:  # asyncio can cancel even this
                kill_group(self.pid)
                self._let_go()
            await self._process.aclose()
        return "it let go of its connection" if grace.cancelled_caught else how_it_ended(code)

    def _let_go(self) -> None:
        if not self._over:
            self._over = True
            os.close(self._lifeline)

    def _close(self) -> None:
        if self._open:
            self._open = False
            anyio.notify_closing(self.connection)
            self.connection.close()


async def start(name: str, told: Counter[str]) -> Child:
    """Start a worker process, which waits to be told what to load.

    Args:
        name: what it runs, as people are told.
        told: counts the lines that the workers of one executor have printed.
    """
    ours, theirs = socket.socketpair()
    lifeline, ours_of_it = os.pipe()
    try:
        ours.setblocking(False)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
        command = [sys.executable, "-P", "-m", WORKER]
        with CancelScope(shield=True):  # or a process would be there that nobody knows of
            process = await anyio.open_process(
                [*command, str(theirs.fileno()), str(lifeline), str(os.getpid())],
                stdin=DEVNULL,
                stdout=PIPE,
                stderr=STDOUT,
                pass_fds=(theirs.fileno(), lifeline),
                start_new_session=True,
                env=_environment(),
            )
    except BaseException:
        ours.close()
        os.close(ours_of_it)
        raise
    finally:
        theirs.close()
        os.close(lifeline)
    return Child(process, ours, ours_of_it, name, told)


def _environment() -> dict[str, str]:
    found = {**os.environ, "PYTHONPATH": os.pathsep.join(_path())}
    if is_free_threaded():
        # Or its allocator sets a gigabyte of addresses aside, and what a worker may grow by starts there.
        found.setdefault("MIMALLOC_ARENA_RESERVE", "0")
    return found


def _path() -> list[str]:
    here, path = str(Path(__file__).parents[3]), [str(one) for one in sys.path]
    return path if here in path else [*path, here]
