"""The crawl's line: lease the next request, attempt it, settle what came of it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Coroutine
from typing import Any

import msgspec
from anyio import Event, Semaphore, create_task_group, get_cancelled_exc_class, move_on_after, sleep
from anyio.lowlevel import checkpoint

from crawler.cancelling import is_cancelled, let_through
from crawler.contracts import Settled
from crawler.engine.admission import Admission
from crawler.engine.callbacks import Callbacks
from crawler.engine.delivery import Delivery
from crawler.engine.intake import Intake, Starts
from crawler.engine.plan import Plan
from crawler.engine.reading import Reading
from crawler.engine.robots import RobotsDesk
from crawler.engine.rounds import Rounds
from crawler.engine.storable import without_unwritable
from crawler.engine.trapmemory import TrapMemory
from crawler.engine.why import Enquiry, Why
from crawler.errors import FetchError, OutputError, ProtocolError, SpiderError
from crawler.events import Closed, Delivered, ItemFailed, PageGone, Visited
from crawler.model import (
    ROBOTS,
    UNREACHED,
    Done,
    GaveUp,
    Lease,
    Outcome,
    Reason,
    Refused,
    Request,
    Response,
    is_page,
)
from crawler.policy.judge import is_busy, judge_failure

_CLOSE_SECONDS = 5.0  # for a spider's generator of start requests to clean up

# Pages whose callbacks have not ended, for each fetch slot.
_PAGES_A_SLOT = 32
# Pages of the round before that are settled at once.
_AT_ONCE = 100


class Engine:
    """Runs one crawl from its start requests to its end.

    Args:
        plan: what the crawl works with.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._frontier = plan.frontier
        self.delivery = Delivery(
            plan.store,
            plan.outlets,
            plan.feeds,
            plan.left,
            before=plan.frontier.items_before,
            room=plan.hand_bytes,
            told=lambda records: plan.tell(Delivered([record.item for record in records])),
            moved=lambda: self._room.set(),
        )
        self._callbacks = Callbacks(plan.spider, plan.placed)
        self._admission = Admission(
            plan.scope,
            plan.frontier.knows,
            self._callbacks.find,
            plan.wishes,
            form=plan.form,
            traps=plan.traps,
        )
        self._trap_memory = TrapMemory(plan.store, plan.traps)
        recrawl = plan.recrawl
        self._rounds = None if recrawl is None else Rounds(plan.fetcher, self._admission, recrawl)
        self._fetcher = self._rounds or plan.fetcher
        self._reading = Reading(plan, self._callbacks, self._admission, plan.tell, self._rounds)
        self._intake = Intake(self._admission, plan.frontier, plan.tell)
        self._robots = RobotsDesk(plan.frontier, plan.retry, plan.tell)
        self._slots = Semaphore(plan.concurrency, fast_acquire=True)
        self._in_hand = 0
        self._visits = 0
        self._under_way: set[str] = set()
        self._unbegun: dict[int, Coroutine[Any, Any, None]] = {}
        self._enquiry = Enquiry(plan.store, plan.frontier, self._admission, self._under_way)
        self._most_visits = _PAGES_A_SLOT * plan.concurrency
        self._room = Event()
        self.cause = ""

    async def run(self) -> str:
        """Crawl to the end; return why it ended.

        That is "finished", "stopped", a limit's name, or "spent" when earlier runs had come to the limit.
        """
        self._plan.tell(self._plan.opened)
        ended = "failed"
        try:
            await self._crawl()
            ended = self.cause or "finished"
        except get_cancelled_exc_class():
            ended = "stopped"
            raise
        finally:
            self.cause = ended
            self._frontier.close()  # so that nobody adds any more
            self._frontier.give_back_all()
            for visit in self._unbegun.values():  # `asyncio.run` cancels at its end what has not begun yet
                visit.close()
            self._plan.tell(Closed(ended))
        return ended

    async def _crawl(self) -> None:
        self._frontier.feeding(begin=True)
        await self._trap_memory.recall()
        over = self._plan.opened.ended
        if over:
            self.stop(over)  # its items may still have to be delivered
        elif self._plan.budget.spent():  # by earlier runs, whose items may still have to be delivered
            self.stop("spent")
        async with self.delivery.running() as delivery:
            async with create_task_group() as beside:
                beside.start_soon(self._watch_time)
                if not over:
                    beside.start_soon(self._feed)
                beside.start_soon(self._plan.pipeline.tend, lambda: self._visits)
                for run in self._plan.beside:
                    beside.start_soon(run)
                async with create_task_group() as visits:
                    while (lease := await self._next()) is not None:
                        visit = self._unbegun[id(lease)] = self._visit(lease)
                        visits.create_task(visit)
                if not visits.cancel_scope.cancel_called:
                    await self._let_go()
                beside.cancel_scope.cancel()
            self.delivery.finish()
        if visits.cancel_scope.cancel_called or delivery.cancel_scope.cancel_called:
            # Somebody cancelled a single task of ours, which ended the others: there is more to be done.
            self.cause = "stopped"

    def stop(self, cause: str = "stopped") -> None:
        """Lease nothing more; what is in flight is finished, then `run` returns."""
        self.cause = self.cause or cause
        self._frontier.close()
        self._room.set()

    def pause(self) -> None:
        """Lease nothing until `resume`; what is in flight goes on."""
        self._frontier.hold()

    def resume(self) -> None:
        """Go on after `pause`."""
        self._frontier.release()

    def keep_open(self) -> None:
        """Let `run` wait for requests that are added, also when there is nothing left, until `finish`."""
        self._intake.keep_open()

    async def add(self, starts: Starts) -> int:
        """Add requests as if the crawl had begun with them; return how many were new. See `Intake.add`."""
        return await self._intake.add(starts)

    def finish(self) -> None:
        """Take in nothing more by `add`: `run` returns when all is done."""
        self._intake.finish()

    async def why(self, asked: str | Request) -> Why:
        """Return what has become of a URL or request. Raises StateError."""
        return await self._enquiry.why(asked)

    async def leave(self) -> None:
        """Note that the crawl has left its hosts: nothing is under way any more."""
        await self._trap_memory.save()
        await self._frontier.leave()

    @property
    def pending(self) -> int:
        """How many requests wait, delayed ones included."""
        return self._frontier.pending

    @property
    def in_flight(self) -> int:
        """How many URLs are being fetched, read or written down."""
        return self._visits

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
            rules = self._frontier.rules_of(lease)
            await self._settle(lease, Refused(rules.cause or Reason.ROBOTS, rules.verdict), None)
            await checkpoint()  # a store in memory would let nobody else run

    async def _visit(self, lease: Lease) -> None:
        """Fetch one URL, judge the answer, call the spider, write down what came of it."""
        del self._unbegun[id(lease)]
        self._visits += 1
        self._under_way.add(lease.request.key)
        began = self._plan.clock()
        fetched = await self._fetch(lease)
        seconds = self._plan.clock() - began
        cached = isinstance(fetched, Response) and fetched.cached
        if lease.request.callback == ROBOTS:
            outcome = await self._robots.read(lease, fetched)
            await self._frontier.settle(lease, outcome)
        elif isinstance(fetched, Response):
            size = len(fetched.body)
            self._in_hand += size
            outcome = await self._reading.read(lease, fetched)
            self._in_hand -= size
            visited = Visited(
                lease, outcome, fetched.status, size, fetched.wire_bytes, 0.0 if cached else seconds
            )
            del fetched  # the body goes before anything waits
            await self._settle(lease, await self._pass_on(lease, outcome), visited)
        else:
            outcome = await self._reading.give_up(lease, fetched)
            visited = Visited(lease, outcome, seconds=seconds)
            await self._settle(lease, await self._pass_on(lease, outcome), visited)
        self._visits -= 1
        self._under_way.discard(lease.request.key)
        self._room.set()
        self._plan.pipeline.look()

    async def _pass_on(self, lease: Lease, outcome: Outcome) -> Outcome:
        """Take the items of a page through the stages of the pipeline."""
        if not (self._plan.pipeline and isinstance(outcome, Done | GaveUp) and outcome.items):
            return outcome
        items, lines, passed = await self._plan.pipeline.run(outcome.items, lease.request.url)
        for failed in passed.failed:
            self._plan.tell(ItemFailed(lease.request.url, failed))
        return msgspec.structs.replace(
            outcome,
            items=items,
            lines=lines,
            dropped=[*outcome.dropped, *passed.dropped],
            failed=[*outcome.failed, *passed.failed],
        )

    async def _fetch(self, lease: Lease) -> Response | Outcome:
        """Ask the server; give slot and host back as soon as the body is in."""
        if lease.request.callback != ROBOTS and self._frontier.given_up(lease):
            self._give_back(lease, contacted=False)
            return GaveUp(Reason.HOST_DOWN)
        contacted, response = True, None
        try:
            response = await self._fetcher.fetch(lease.request)
            contacted = not response.cached
            if contacted and not is_busy(response):
                self._frontier.well(lease)
            return response
        except get_cancelled_exc_class():
            if is_cancelled():
                raise
            return judge_failure(lease, ProtocolError("the fetcher cancelled itself"), self._plan.retry)
        except FetchError as error:
            await let_through()
            failed = judge_failure(lease, error, self._plan.retry)
            contacted = not isinstance(failed, Refused) or failed.reason is Reason.CONTENT_TYPE
            if failed.reason in UNREACHED:
                await self._frontier.trouble(lease)
            return failed
        finally:
            self._give_back(lease, response, contacted=contacted)

    async def _settle(self, lease: Lease, outcome: Outcome, visited: Visited | None) -> None:
        """Write the outcome down, let its items be delivered, tell the listeners."""
        await let_through()  # what came of it may be a cancelled callback's or stage's, and half of the truth
        visited = visited or Visited(lease, outcome)
        try:
            visited, settled = await self._write_down(lease, outcome, visited)
        except OutputError:  # an item that no disk can hold; nothing of the page is written yet
            if not isinstance(outcome, Done | GaveUp):
                raise
            outcome = self._writable(lease, outcome)
            visited, settled = await self._write_down(lease, outcome, visited)
        self._plan.budget.end(page=is_page(outcome), size=visited.size)
        spent = self._plan.budget.spent()
        if spent:
            self.stop(spent)
        self._room.set()
        if not settled.accepted:  # somebody else has the request now, and what came of it was not kept
            return
        if visited.compared is not None:
            self.delivery.committed(len(visited.compared.items), visited.size)
        elif isinstance(outcome, Done | GaveUp):
            self.delivery.committed(len(outcome.items), visited.size)
        self._plan.tell(msgspec.structs.replace(visited, outcome=outcome, new=len(settled.new)))
        if self._trap_memory.due:
            await self._trap_memory.save()

    async def _write_down(self, lease: Lease, outcome: Outcome, visited: Visited) -> tuple[Visited, Settled]:
        compared = None
        if self._rounds is not None:
            compared = await self._rounds.compared(lease, outcome)
            visited = msgspec.structs.replace(visited, compared=compared)
        settled = await self._frontier.settle(
            lease,
            outcome,
            size=visited.size,
            status=visited.status,
            seconds=visited.seconds,
            compared=compared,
        )
        if self._rounds is not None:
            self._rounds.over(lease.request.key)
        return visited, settled

    def _writable(self, lease: Lease, outcome: Done | GaveUp) -> Done | GaveUp:
        rest = without_unwritable(outcome)
        for failed in rest.failed[len(outcome.failed) :]:
            self._plan.tell(ItemFailed(lease.request.url, failed))
        return rest

    # What goes on beside.

    async def _may_start(self) -> bool:
        """Wait until another page may be started; False when none may be any more."""
        budget = self._plan.budget
        while not self.cause:
            full = self._in_hand > self._plan.hand_bytes or self._visits > self._most_visits
            slow = self.delivery.behind(self._in_hand) or self._plan.pipeline.full() or self._callbacks.full()
            if not (budget.full() or full or slow):
                return True
            self._room = Event()
            await self._room.wait()
        return False

    async def _feed(self) -> None:
        """Add the start requests."""
        starts = self._plan.spider.starts()
        try:
            async for start in starts:
                await self._intake.start(start)
        except get_cancelled_exc_class() as error:
            if is_cancelled():
                raise
            raise SpiderError("the start requests end early: what they awaited was cancelled") from error
        finally:
            self._frontier.feeding(begin=False)
            if isinstance(starts, AsyncGenerator):
                with move_on_after(_CLOSE_SECONDS, shield=True):
                    await starts.aclose()

    async def _let_go(self) -> None:
        """Settle pages of the round before that this one has not come to, at its natural end."""
        if self._plan.recrawl is None:
            return
        while not self.cause and (gone := await self._plan.recrawl.past.let_go(_AT_ONCE)):
            for page in gone:
                self.delivery.committed(page.items)
                self._plan.tell(PageGone(page.url, page.items))
            while self.delivery.behind() and not self.cause:
                self._room = Event()
                await self._room.wait()

    async def _watch_time(self) -> None:
        if self._plan.seconds is not None:
            await sleep(self._plan.seconds)
            self.stop("time")

    def _give_back(self, lease: Lease, response: Response | None = None, *, contacted: bool) -> None:
        self._slots.release()
        if response is None:
            self._frontier.rest(lease, contacted=contacted)
        else:
            latency = response.timings.answer or None
            self._frontier.rest(lease, contacted=contacted, latency=latency, address=response.address)
