"""The watchdog: notices that the event loop stands still, and says whose code keeps it."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from threading import Event, Thread, get_ident
from time import monotonic, process_time, thread_time
from types import FrameType

from anyio import sleep
from anyio.lowlevel import checkpoint

from crawler.events import LoopBlocked
from crawler.gil import has_gil
from crawler.observe.culprit import Sighting, below, floor_of, most_seen, sight
from crawler.observe.standstill import computed, still

#: Seconds from one sign of life of the loop to the next.
BEAT = 0.05
#: Seconds that such a sign may be late.
THRESHOLD = 0.1
#: Seconds of one standstill after which the log is told at once, by the watching thread.
STUCK = 5.0

# Seconds from one look at a long standstill to the next.
_RAREST = 0.25
# Seconds by which the watching thread itself may wake too late without anybody wondering why.
_TARDY = 0.05


class Watchdog:
    """Tells listeners when some code kept the event loop from everything else, once for each time.

    A task on the loop gives a sign of life every so often. A thread looks whether one is late, and then at
    the stack of the loop's thread, more than once when it takes long: what is seen most often did it. What
    was seen is told when the loop goes on.

    The watching thread may itself be late, by one of two causes. The process got no processor: it was
    stopped, or the machine was too busy; nobody is to blame, and that time does not count. Or a call into
    C code held the interpreter's lock: then the process did compute all the while, and it was the loop
    that did when its thread's processor time says so. If it was another thread, what the loop happened to
    be at is innocent.

    Args:
        tell: tells the listeners, on the loop.
    """

    def __init__(self, tell: Callable[[LoopBlocked], None]) -> None:
        self._tell = tell
        self._logger = logging.getLogger("crawler")

    async def run(self) -> None:
        """Watch the running loop until cancelled. Not for virtual time, in which no loop is ever late.

        Without Python's lock nobody is watched: what another thread runs is not to be looked at then.
        """
        if not has_gil():
            self._logger.info("nobody watches whether the event loop is kept waiting: Python's lock is off")
            return
        stack = below(sys._getframe())
        await checkpoint()  # the next stack differs from it in what comes and goes
        self._beat, stack = _next_beat(stack)
        stop = Event()
        watcher = Thread(target=self._watch, args=(get_ident(), stop), name="crawler watchdog", daemon=True)
        try:
            watcher.start()
        except RuntimeError as error:  # the system's limit of threads is reached
            self._logger.warning("nobody watches whether the event loop is kept waiting: %s", error)
            del self._beat  # which holds a frame of the loop
            return
        try:
            while True:
                await sleep(BEAT)
                last = self._beat
                self._beat, stack = _next_beat(stack)
                if last.seen:
                    self._report(last, self._beat)
        finally:
            stop.set()
            watcher.join()
            del self._beat  # which holds a frame of the loop

    def _report(self, last: _Beat, now: _Beat) -> None:
        seconds = now.at - last.at - last.paused - BEAT
        cpu = min(now.cpu - last.cpu, seconds)
        seen = [sighting for sighting, tardy in last.seen if not tardy or computed(seconds, cpu)]
        if seen:
            most = most_seen(seen)
            self._tell(LoopBlocked(most.where, most.file, most.line, seconds, cpu, most.inside, most.whose))

    # In the watching thread.

    def _watch(self, loop: int, stop: Event) -> None:
        pause = BEAT
        while True:
            began, cpu = monotonic(), process_time()
            if stop.wait(pause):
                return
            beat, woke = self._beat, monotonic()
            tardy = woke - began - pause > _TARDY
            if tardy:
                ran = min(process_time() - cpu, woke - began)
                beat.paused += min(woke - began - ran, woke - beat.at)
            wait = beat.at + beat.paused + BEAT + THRESHOLD - monotonic()
            if wait > 0:
                pause = wait
                continue
            sighting = sight(sys._current_frames().get(loop), beat.floor)
            if sighting is not None and beat is self._beat:
                beat.seen.append((sighting, tardy))
                seconds = monotonic() - beat.at - beat.paused
                if seconds > STUCK and not beat.shouted:  # it may never go on, and nobody be told
                    beat.shouted = True
                    self._logger.warning("%s", still(sighting, seconds))
            beat.looks += 1
            pause = min(BEAT * beat.looks, _RAREST)


class _Beat:
    """A sign of life of the loop.

    Args:
        floor: the frame of the loop.

    Attributes:
        at: when it was given.
        cpu: seconds of processor time of the loop's thread until then.
        paused: seconds since then in which the process did not run.
        shouted: whether the log has been told of a standstill that has not ended.
        looks: how often the thread has looked for what keeps the next one.
        seen: what it saw, and whether it was late for it.
    """

    def __init__(self, floor: FrameType | None) -> None:
        self.floor = floor
        self.at = monotonic()
        self.cpu = thread_time()
        self.paused = 0.0
        self.looks = 0
        self.shouted = False
        self.seen: list[tuple[Sighting, bool]] = []


def _next_beat(earlier: list[FrameType]) -> tuple[_Beat, list[FrameType]]:
    stack = below(sys._getframe(1))
    return _Beat(floor_of(stack, earlier)), stack
