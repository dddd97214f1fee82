"""The calls of one executor: which worker gets which, what it answers, and when it has had its time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from itertools import islice
from time import monotonic

import anyio
import msgspec
from anyio.lowlevel import checkpoint

from crawler.errors import CallResult, CallTimeout, CrawlerError, Quarantined
from crawler.executors.process.child import Child
from crawler.executors.process.frames import FrameError
from crawler.executors.process.job import Job
from crawler.executors.process.reply import Reply, Said, Status, error_of
from crawler.executors.process.wire import Wire
from crawler.placement import Resolved

#: Seconds that calls take on average up to which a second one is sent before the first is answered.
BRIEF = 0.1
#: Workers that one call may take with it.
DEATHS = 2

_WEIGHT = 0.2


class Calls:
    """Hands calls to workers, and answers to who waits for them.

    Args:
        placed: the limits.
        wire: reads what workers send.
        flush: is to see to it that `child.flush()` is run.
        used_up: is told of a worker that is soon to be replaced, having done its share of calls.
    """

    def __init__(
        self,
        placed: Resolved,
        wire: Wire,
        flush: Callable[[Child], None],
        used_up: Callable[[Child], None],
    ) -> None:
        self._placed = placed
        self._wire = wire
        self._flush = flush
        self._used_up = used_up
        self._queue: deque[Job] = deque()
        self._live: list[Child] = []
        self._pace = 0.0
        self._over: Exception | None = None
        self._decoder = msgspec.msgpack.Decoder(Reply)

    @property
    def waiting(self) -> int:
        """Calls that no worker has taken in hand, and for whose answer somebody waits."""
        sent = (job for child in self._live for job in islice(child.sent, 1, None))
        return len(self._queue) + sum(not job.abandoned for job in sent)

    def add(self, job: Job) -> None:
        """Have a call done."""
        self._queue.append(job)
        self._feed()

    def forget(self, job: Job) -> None:
        """Take back a call for whose answer nobody waits any more; a worker that has it goes on with it."""
        job.abandoned = True
        if job in self._queue:
            self._queue.remove(job)

    def fail_all(self, error: Exception) -> None:
        """Answer all calls with this error, those to come too."""
        self._over = error
        for job in [*self._queue, *(job for child in self._live for job in child.sent)]:
            job.fail(error)
        self._queue.clear()

    def join(self, child: Child) -> None:
        """Give calls to this worker from now on."""
        self._live.append(child)
        self._feed()

    def leave(self, child: Child) -> Job | None:
        """Give none to this worker any more, and those to others that it had; return the one to blame."""
        self._live.remove(child)
        blamed = child.sent.popleft() if child.sent and not child.leaving else None
        for job in reversed(child.sent):
            self._again(job)
        child.sent.clear()
        self._feed()
        return blamed

    def blame(self, job: Job, cause: str) -> None:
        """Try a call once more over which a worker died; the second time, do not."""
        job.deaths += 1
        if job.deaths >= DEATHS:
            job.fail(Quarantined(f"{job.deaths} worker processes died of it; of the last one, {cause}"))
        else:
            self._again(job)
            self._feed()

    async def serve(self, child: Child) -> None:
        """Take a worker's answers until there are no more."""
        while not child.silent:
            await checkpoint()  # a moment later there often is more, and to wait is dearer than to look
            if not self._read(child) and not child.silent:
                await child.readable()

    async def keep_time(self) -> None:
        """End workers whose call in hand takes too long, as long as this is not cancelled."""
        timeout = self._placed.timeout
        while True:
            for child in [child for child in self._live if child.deadline <= monotonic()]:
                self._read(child)  # the answer may be there, if only we had been awake to see it
                if child.deadline <= monotonic():
                    self._time_out(child)
            # A call that is taken in hand from now on cannot be due before this wakes again.
            soonest = min((child.deadline for child in self._live), default=monotonic() + timeout)
            await anyio.sleep(max(0.0, min(soonest - monotonic(), timeout)))

    def retire(self, child: Child) -> None:
        """Let a worker go when it has answered what it was given."""
        child.retired = True
        if not child.sent:
            child.dismiss()

    def _time_out(self, child: Child) -> None:
        job = child.sent.popleft()
        words = f"it took longer than {self._placed.timeout:g} s"
        job.fail(CallTimeout(words))
        child.leaving, child.about = True, job.url
        child.condemn(words)

    def _again(self, job: Job) -> None:
        if self._over is not None:
            job.fail(self._over)
        elif not job.abandoned:
            self._queue.appendleft(job)

    def _feed(self) -> None:
        while self._queue:
            child = self._free()
            if child is None:
                return
            self._give(child, self._queue.popleft())

    def _free(self) -> Child | None:
        """Return a worker that has nothing to do; else, while calls are brief, one that soon has."""
        soon = None
        recycle, since = self._placed.recycle, monotonic() - BRIEF
        for child in self._live:
            if child.retired or child.leaving or child.silent:
                continue
            if recycle is not None and child.given >= recycle:
                continue
            if not child.sent:
                return child
            if soon is None and len(child.sent) == 1 and child.since > since:
                soon = child
        return soon if self._pace < BRIEF else None

    def _give(self, child: Child, job: Job) -> None:
        if not child.sent:
            self._take_in_hand(child, monotonic())
        if not child.give(job):
            self._flush(child)
        recycle = self._placed.recycle
        if recycle is not None and not child.heir and child.given >= recycle - recycle // 5:
            self._used_up(child)

    def _take_in_hand(self, child: Child, now: float) -> None:
        child.since, child.deadline = now, now + self._placed.timeout

    def _read(self, child: Child) -> bool:
        """Take what a worker has sent; say whether there was anything."""
        data = child.receive()
        try:
            for number, head in child.replies.read(data):
                self._answered(child, number, head)
        except FrameError:
            child.condemn("it sent what is no reply")
        return bool(data)

    def _answered(self, child: Child, number: int, head: memoryview) -> None:
        if not child.sent or number != child.answered + 1:
            raise FrameError(f"answer {number}")
        try:
            reply = self._decoder.decode(head)
        except (msgspec.MsgspecError, RecursionError) as error:
            raise FrameError(str(error)) from error
        job = child.sent.popleft()
        now = monotonic()
        self._pace += _WEIGHT * (now - child.since - self._pace)
        child.answered += 1
        child.tries = 0
        if child.sent:
            self._take_in_hand(child, now)
        else:
            child.deadline = float("inf")
            if child.retired:
                child.dismiss()
        self._answer(child, job, reply)
        self._feed()

    def _answer(self, child: Child, job: Job, reply: Reply) -> None:
        if reply.said.status is Status.MEMORY:
            self._out_of_memory(child, job, reply.said)
        elif reply.said.status is not Status.DONE:
            job.fail(error_of(reply.said))
        elif not job.abandoned:
            try:
                job.done(self._wire.unpack(reply.parts))
            except CrawlerError as error:
                job.fail(error)
            except Exception as error:  # a class of items that runs code when an item is made
                job.fail(CallResult(f"what came of it cannot be read here: {type(error).__name__}: {error}"))

    def _out_of_memory(self, child: Child, job: Job, said: Said) -> None:
        words = f"it wanted more than the {self._placed.memory:,} bytes of memory that it may take"
        job.fail(error_of(msgspec.structs.replace(said, detail=f"{words}: {said.detail}")))
        child.leaving, child.about = True, job.url
        child.condemn(words)
