"""The crawl's line: lease the next request, attempt it, settle what came of it."""

from __future__ import annotations

from time import perf_counter

from anyio import Event, Semaphore, create_task_group, sleep

from crawler.engine.admission import Admission
from crawler.engine.callbacks import Callbacks
from crawler.engine.delivery import Delivery
from crawler.engine.plan import Plan
from crawler.engine.reading import Reading
from crawler.engine.robots import RobotsDesk
from crawler.errors import FetchError, UrlError
from crawler.events import Closed, Delivered, Event as Told, Opened, StartRefused, Visited
from crawler.model import ROBOTS, Done, GaveUp, Lease, Outcome, Reason, Refused, Response, Retry
from crawler.policy.judge import judge_failure


class Engine:
    """Runs one crawl from its start requests to its end.

    Args:
        plan: what the crawl works with.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._frontier = plan.frontier
        self.delivery = Delivery(plan.store, plan.sinks)
        callbacks = Callbacks(plan.spider)
        self._admission = Admission(plan.scope, plan.frontier.knows, callbacks.find)
        self._reading = Reading(plan, callbacks, self._admission, self._tell)
        self._robots = RobotsDesk(plan.frontier, plan.retry, plan.robots_agent, self._tell)
        self._slots = Semaphore(plan.concurrency, fast_acquire=True)
        self._in_hand = 0
        self._paused = False
        self._room = Event()
        self.cause = ""

    async def run(self) -> str:
        """Crawl to the end; return why it ended: "finished", "stopped", or the name of a limit."""
        await self._frontier.open()
        self._tell(Opened(self._plan.name))
        self._frontier.feeding(begin=True)
        async with create_task_group() as delivery:
            delivery.start_soon(self._deliver)
            async with create_task_group() as beside:
                beside.start_soon(self._watch_time)
                beside.start_soon(self._feed)
                async with create_task_group() as visits:
                    while (lease := await self._next()) is not None:
                        visits.start_soon(self._visit, lease)
                beside.cancel_scope.cancel()
            self.delivery.finish()
        self.cause = self.cause or "finished"
        self._tell(Closed(self.cause))
        return self.cause

    def stop(self, cause: str = "stopped") -> None:
        """Lease nothing more; what is in flight is finished, then `run` returns."""
        self.cause = self.cause or cause
        self._frontier.close()
        self._room.set()

    def pause(self) -> None:
        """Lease nothing until `resume`; what is in flight goes on."""
        self._paused = True

    def resume(self) -> None:
        """Go on after `pause`."""
        self._paused = False
        self._room.set()

    # One URL, room by room.

    async def _next(self) -> Lease | None:
        """Wait for a free slot, room for another page and a request that is due; None at the end."""
        while True:
            await self._slots.acquire()
            lease = await self._frontier.lease() if await self._may_start() else None
            if lease is None:
                return None
            if lease.request.callback == ROBOTS:
                return lease
            self._plan.budget.begin()
            if not self._frontier.rules_of(lease).refuses(lease.request.url):
                return lease
            self._give_back(lease, contacted=False)
            await self._settle(lease, Refused(Reason.ROBOTS), None)

    async def _visit(self, lease: Lease) -> None:
        """Fetch one URL, judge the answer, call the spider, write down what came of it."""
        began = perf_counter()
        fetched = await self._fetch(lease)
        seconds = perf_counter() - began
        if lease.request.callback == ROBOTS:
            outcome = self._robots.read(lease, fetched)
            await self._frontier.settle(lease, outcome)
        elif isinstance(fetched, Response):
            size = len(fetched.body)
            self._in_hand += size
            outcome = await self._reading.read(lease, fetched)
            self._in_hand -= size
            visited = Visited(lease, outcome, fetched.status, size, fetched.wire_bytes, seconds)
            del fetched  # the body goes before anything waits
            await self._settle(lease, outcome, visited)
        else:
            outcome = await self._reading.give_up(lease, fetched)
            await self._settle(lease, outcome, Visited(lease, outcome, seconds=seconds))

    async def _fetch(self, lease: Lease) -> Response | Outcome:
        """Ask the server; give slot and host back as soon as the body is in."""
        contacted = True
        try:
            return await self._plan.fetcher.fetch(lease.request)
        except FetchError as error:
            failed = judge_failure(lease, error, self._plan.retry)
            contacted = not isinstance(failed, Refused)
            return failed
        finally:
            self._give_back(lease, contacted=contacted)

    async def _settle(self, lease: Lease, outcome: Outcome, visited: Visited | None) -> None:
        """Write the outcome down, let its items be delivered, tell the listeners."""
        if isinstance(outcome, Retry) and outcome.reason is Reason.BUSY:
            self._frontier.pause(lease, outcome.delay)
        new = await self._frontier.settle(lease, outcome)
        page = isinstance(outcome, Done | GaveUp) and outcome.reason is not Reason.REDIRECT
        visited = visited or Visited(lease, outcome)
        self._plan.budget.end(page=page, size=visited.size)
        if isinstance(outcome, Done | GaveUp):
            self.delivery.committed(len(outcome.items))
        self._room.set()
        self._tell(Visited(lease, outcome, visited.status, visited.size, visited.wire_bytes, visited.seconds, new))

    # What goes on beside.

    async def _may_start(self) -> bool:
        """Wait until another page may be started; False when none may be any more."""
        budget = self._plan.budget
        while not self.cause:
            spent = budget.spent()
            if spent:
                self.stop(spent)
                return False
            if not (
                self._paused
                or budget.full()
                or self._in_hand > self._plan.hand_bytes
                or self.delivery.behind()
            ):
                return True
            self._room = Event()
            await self._room.wait()
        return False

    async def _feed(self) -> None:
        """Add the start requests."""
        try:
            async for start in self._plan.spider.starts():
                try:
                    request = self._admission.start(start)
                except UrlError as error:
                    self._tell(StartRefused(str(start), Reason.SCHEME, str(error)))
                    continue
                if isinstance(request, Reason):
                    self._tell(StartRefused(str(start), request))
                else:
                    await self._frontier.add([request])
        finally:
            self._frontier.feeding(begin=False)

    async def _deliver(self) -> None:
        while records := await self.delivery.next_batch():
            self._room.set()
            self._tell(Delivered([record.item for record in records]))

    async def _watch_time(self) -> None:
        if self._plan.seconds is not None:
            await sleep(self._plan.seconds)
            self.stop("time")

    def _give_back(self, lease: Lease, *, contacted: bool) -> None:
        self._slots.release()
        self._frontier.rest(lease, contacted=contacted)

    def _tell(self, event: Told) -> None:
        for listener in self._plan.listeners:
            listener(event)
