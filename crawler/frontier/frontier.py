"""The frontier: which request is next. It schedules hosts; the requests wait in a store."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from heapq import heappop, heappush
from itertools import count

import msgspec
from anyio import CancelScope, Event, current_time
from anyio.lowlevel import checkpoint

from crawler.contracts import Recalled, Settled, Settlement, Store
from crawler.frontier.hostmemory import HostMemory
from crawler.frontier.loan import Loan
from crawler.frontier.queue import HostQueue, Outlook
from crawler.frontier.rulebook import Rulebook
from crawler.frontier.settlement import settlement_of
from crawler.model import ROBOTS, Done, GaveUp, Lease, Outcome, Request
from crawler.model.recrawl import Compared
from crawler.policy.politeness import Politeness
from crawler.policy.robots import (
    FRESH_SECONDS,
    OFF,
    UNREACHABLE_SECONDS,
    RobotsRules,
    RobotsText,
)
from crawler.url import origin_of
from crawler.waiting import loop_clock

# Requests that are given to the store together: more would keep everybody waiting for a tenth of a second.
_MOST_AT_ONCE = 1_000


class Frontier:
    """Lends requests, host by host, each host at its own pace, and takes back what came of them.

    Args:
        store: where requests are kept.
        politeness: the paces of the hosts; crawls may share it.
        robots: whether robots.txt is asked first.
        agent: the product token that robots.txt is read for.
        owner: the name under which leases are taken.
        lease_seconds: how long a lease lasts; infinite where no other owner uses the store.
        threads: whether there may be threads, for a long robots.txt.

    Attributes:
        rulebook: reads robots.txt.
        knows: says at once whether a request with a key was added.
        items_before: id of the last item of earlier runs.
    """

    def __init__(
        self,
        store: Store,
        politeness: Politeness,
        *,
        robots: bool = True,
        agent: str = "",
        owner: str = "",
        lease_seconds: float = math.inf,
        threads: bool = False,
    ) -> None:
        self._store = store
        self._politeness = politeness
        self._robots = robots
        self.rulebook = Rulebook(agent, threads=threads)
        self._memory = HostMemory(store, politeness.max_delay)
        self._contacted = -math.inf  # by earlier runs, whichever host it was
        self._owner = owner
        self._lease_seconds = lease_seconds
        self._queues: dict[str, HostQueue] = {}
        self._due: list[tuple[float, int, HostQueue]] = []
        self._later: list[tuple[float, str]] = []  # when delayed requests become ready
        self._turn = count()
        self._leased = 0
        self._loans: dict[int, Loan] = {}
        self._pending = 0
        self._feeds = 0
        self._held = False
        self._closed = False
        self._now: Callable[[], float] = current_time
        self._changed = True
        self._sleeper: Event | None = None
        self.items_before = 0
        self.knows = store.knows

    async def recall(self) -> Recalled:
        """Take back what this owner had been lent, take up what waits, and return what there is."""
        self._now = loop_clock()  # it is asked several times for each request
        recalled = await self._store.recall(owner=self._owner, now=self._now())
        self.items_before = recalled.items
        self._contacted = await self._memory.begin(self._now())
        for backlog in recalled.backlogs:
            for at in backlog.delayed:
                heappush(self._later, (at, backlog.host))
            self._pending += backlog.ready + len(backlog.delayed)
            if backlog.ready:
                self._ready(backlog.host, backlog.ready)
        return recalled

    async def leave(self) -> None:
        """Note that the hosts have been left in good order: what was lent has ended."""
        await self._memory.leave(self._now())

    async def add(self, requests: Sequence[Request]) -> int:
        """Add requests that are in canonical form and in scope; return how many were new."""
        new = await self._store.add(requests)
        self._queue_up(new)
        return len(new)

    async def lease(self) -> Lease | None:
        """Wait for the next request that may be fetched, and lend it.

        Returns None when there is nothing left: nothing pending, nothing lent out that could add
        more, nobody feeding; or when the frontier was closed. It is closed then, in the same moment:
        whoever begins to feed later finds it so.
        """
        while not self._closed:
            self._changed = False  # before looking: what changes while a store is asked counts
            now = self._now()
            self._ripen(now)
            while self._due and self._due[0][0] <= now and not self._held:
                lease = await self._take(heappop(self._due)[2], now)
                if lease is not None:
                    return lease
            if not (self._leased or self._pending or self._feeds):
                self._closed = True
                return None
            await self._sleep()
        return None

    def rest(self, lease: Lease, *, contacted: bool, latency: float | None = None, address: str = "") -> None:
        """Give the host's slot back: its body is in, or it was not asked at all.

        Args:
            lease: what was lent.
            contacted: whether the host was.
            latency: seconds that it took to answer; None when that is all the time since the lease.
            address: the network address that was contacted, where it is known.
        """
        loan = self._loans[id(lease)]
        if not loan.out:
            return
        loan.out = False
        pace, now = self._queues[lease.host].pace, self._now()
        pace.end(now, contacted=contacted, latency=now - loan.began if latency is None else latency)
        self._politeness.locate(pace, address)

    def give_back_all(self) -> None:
        """Give the slots back that nobody will: of leases whose visit was cancelled before it began."""
        for loan in list(self._loans.values()):
            self.rest(loan.lease, contacted=False)

    async def pause(self, lease: Lease, seconds: float) -> float:
        """Leave the lease's host alone for so long, also when the crawl is interrupted meanwhile.

        Returns the seconds for which it is left alone in the end: it may have been for longer already.
        """
        now = self._now()
        until = self._queues[lease.host].pace.pause(now + seconds)
        await self._memory.rest(lease.host, until - now, now)
        return until - now

    async def trouble(self, lease: Lease, asked: float | None = None) -> float:
        """Leave the lease's host alone: it is busy, or cannot be reached. Returns the seconds.

        Args:
            lease: what ran into it.
            asked: the seconds that the host asked for, if it did.
        """
        backoff = self._queues[lease.host].pace.backoff
        return await self.pause(lease, backoff.trouble(self._loans[id(lease)].began, self._now(), asked))

    def well(self, lease: Lease) -> None:
        """Take note that the lease's host answers as it should."""
        self._queues[lease.host].pace.backoff.well()

    def given_up(self, lease: Lease) -> bool:
        """Say whether the lease's host was in trouble so often that it is not asked any more for a while."""
        return self._queues[lease.host].pace.backoff.given_up(self._now())

    async def settle(
        self,
        lease: Lease,
        outcome: Outcome,
        *,
        size: int = 0,
        status: int = 0,
        seconds: float = 0.0,
        compared: Compared | None = None,
    ) -> Settled:
        """End a lease and write down its outcome; return what the store made of it.

        Args:
            lease: what was lent.
            outcome: what came of it.
            size: bytes of the decoded body.
            status: of the answer, 0 when there was none.
            seconds: how long it took to get it.
            compared: how it stands against the round before, with `recrawl`.
        """
        settled = Settled(accepted=True)
        if lease.request.callback != ROBOTS:
            early, outcome = await self._add_early(outcome)
            now = self._now()
            settlement = settlement_of(
                lease, outcome, now, size=size, status=status, seconds=seconds, compared=compared
            )
            (settled,) = await self._store.settle([settlement], now=now)
            self._take_back(settlement, settled)
            if early:
                settled = msgspec.structs.replace(settled, new=[*early, *settled.new])
        # Not before its links are queued up: until then there may be more to come.
        self._leased -= 1
        self._loans.pop(id(lease), None)
        self._rouse()
        return settled

    async def _add_early(self, outcome: Outcome) -> tuple[Sequence[Request], Outcome]:
        """Add what a very long page found, but for the last; return what was new, and the rest.

        Written down together with their page they would keep everybody waiting. That they are known some
        moments before it is done does no harm: should the crawl end there, the page is read again.
        """
        if not isinstance(outcome, Done | GaveUp) or len(outcome.found) <= _MOST_AT_ONCE:
            return (), outcome
        new: list[Request] = []
        found = outcome.found
        last = len(found) - len(found) % _MOST_AT_ONCE
        for start in range(0, last, _MOST_AT_ONCE):
            added = await self._store.add(found[start : start + _MOST_AT_ONCE])
            self._queue_up(added)
            new += added
            await checkpoint()
        return new, msgspec.structs.replace(outcome, found=found[last:])

    async def callback_of(self, key: str) -> str | None:
        """Return the callback of a known request."""
        return await self._store.callback_of(key)

    def rules_of(self, lease: Lease) -> RobotsRules:
        """Return the robots.txt rules of the lease's origin."""
        return self._queues[lease.host].rules or OFF

    async def learn(self, origin: str, rules: RobotsRules, text: RobotsText | None = None) -> None:
        """Take note of an origin's robots.txt; its requests may go now.

        Args:
            origin: scheme, host and port.
            rules: what follows from the answer.
            text: the answer, when later runs may go by it.
        """
        now = self._now()
        if text is not None:
            await self._memory.robots(origin, text, now)
        queue = self._queue(origin)
        if queue.rules is not None and rules.cause is not None:
            # RFC 9309, 2.4: while robots.txt cannot be reached, the rules that were read may serve on.
            self._obey(queue, queue.rules, now + UNREACHABLE_SECONDS)
        else:
            self._obey(queue, rules, now + FRESH_SECONDS)

    def ask_ahead(self, request: Request, attempt: int = 1) -> None:
        """Let a request of our own (robots.txt, after a redirect or once more) go before the store's."""
        queue = self._queue(origin_of(request.url))
        queue.ahead.append((request, attempt))
        self._pending += 1
        self._schedule(queue)

    def feeding(self, *, begin: bool) -> None:
        """Note that somebody has begun, or has ended, to add requests from outside.

        What is added in between is lent, unless somebody closes the frontier; see `closed`.
        """
        self._feeds += 1 if begin else -1
        self._rouse()

    def hold(self) -> None:
        """Lend nothing until `release`; whoever waits for a lease goes on waiting."""
        self._held = True

    def release(self) -> None:
        """Go on after `hold`."""
        self._held = False
        self._rouse()

    def close(self) -> None:
        """Lend nothing more; whoever waits for a lease gets None."""
        self._closed = True
        for queue in self._queues.values():
            queue.pace.let(queue)
        self._rouse()

    @property
    def closed(self) -> bool:
        """Whether nothing more is lent."""
        return self._closed

    @property
    def held(self) -> bool:
        """Whether nothing is lent until `release`."""
        return self._held

    @property
    def pending(self) -> int:
        """How many requests wait, delayed ones included."""
        return self._pending

    def outlook(self, origin: str) -> Outlook:
        """Return what requests have to expect that wait for an origin."""
        queue = self._queues.get(origin)
        delayed = sum(host == origin for _, host in self._later)
        pace = self._politeness.pace(origin) if queue is None else queue.pace
        ready, asking = (0, False) if queue is None else (queue.ready, queue.asking)
        return Outlook(ready + delayed, pace.wait(self._now()), asking)

    async def known_rules(self, origin: str) -> RobotsRules | None:
        """Return an origin's robots.txt rules, also those of an earlier run; None when they are not known."""
        if not self._robots:
            return OFF
        queue = self._queues.get(origin)
        if queue is not None and queue.rules is not None:
            return queue.rules
        kept = await self._memory.robots_of(origin, self._now())
        return None if kept is None else await self.rulebook.rules(kept[0])

    # Inside.

    async def _take(self, queue: HostQueue, now: float) -> Lease | None:
        """Lend one request of a host that was due; None when it turns out that it must wait."""
        queue.scheduled = False
        queue.pace.let(queue)
        if not queue.has_work():
            return None
        if not queue.recalled:
            await self._recall_host(queue, now)
        if self._robots and queue.needs_rules(now):
            await self._want_rules(queue, now)
        if queue.pace.wait(now):
            self._schedule(queue, now)
            return None
        queue.pace.begin(queue)
        lease = await self._pick(queue, now)
        if lease is None:
            return None
        self._pending -= 1
        self._leased += 1
        self._loans[id(lease)] = Loan(lease, now)
        self._schedule(queue, now)
        return lease

    async def _recall_host(self, queue: HostQueue, now: float) -> None:
        """Take up what earlier runs knew: when the host was contacted, and that it is to be left alone."""
        queue.recalled = True
        queue.pace.contacted(self._contacted)
        rest = await self._memory.rest_of(queue.origin, now)
        if rest:
            queue.pace.pause(now + rest)

    async def _want_rules(self, queue: HostQueue, now: float) -> None:
        """Take up the robots.txt that an earlier run has read; when it is too old, let it be asked first."""
        if queue.rules is None:
            known = await self._memory.robots_of(queue.origin, now)
            if known is not None:
                text, age = known
                rules = await self.rulebook.rules(text)
                self._obey(queue, rules, now - age + FRESH_SECONDS)
        if not queue.needs_rules(now):
            return
        queue.asking = True
        queue.ahead.append((Request(queue.origin + "/robots.txt", ROBOTS, data=queue.origin), 1))
        self._pending += 1

    def _obey(self, queue: HostQueue, rules: RobotsRules, until: float) -> None:
        """Let an origin's requests go by these rules until then."""
        queue.asking = False
        queue.rules, queue.rules_end = rules, until
        if rules.crawl_delay is not None:
            queue.pace.slow_down(rules.crawl_delay)
        self._schedule(queue)

    async def _pick(self, queue: HostQueue, now: float) -> Lease | None:
        """Lend what goes first of a host whose slot is taken; without a lease, give the slot back."""
        if queue.ahead:
            request, attempt = queue.ahead.popleft()
            return Lease(0, 0, request, attempt, queue.origin)
        claimed: Sequence[Lease] = ()
        ready, queue.ready = queue.ready, 0  # while the store is asked, more may become ready
        try:
            claimed = await self._store.claim(
                {queue.origin: 1}, owner=self._owner, now=now, ttl=self._lease_seconds
            )
        finally:
            if not claimed:
                queue.pace.end(now, contacted=False)
        if not claimed:  # somebody else has what this host had left
            self._pending -= ready
            return None
        queue.ready += ready - 1
        return claimed[0]

    def _take_back(self, settlement: Settlement, settled: Settled) -> None:
        """Queue up what comes back to the store, and what was found."""
        lease = settlement.lease
        if not settled.accepted:  # its time was over: it is the store's again, to be lent here or elsewhere
            self._pending += 1
            self._ready(lease.host, 1)
        elif settlement.again_at is not None:
            self._pending += 1
            heappush(self._later, (settlement.again_at, lease.host))
        self._queue_up(settled.new)

    def _schedule(self, queue: HostQueue, now: float | None = None) -> None:
        """Put a host that has work where it will be found when its pace allows."""
        if queue.scheduled or self._closed or not queue.has_work():
            return
        queue.scheduled = True
        turn = queue.pace.want(queue)
        now = self._now() if now is None else now
        wait = queue.pace.wait(now)
        if wait == math.inf:
            queue.pace.park(lambda: self._unpark(queue))
            return
        heappush(self._due, (now + wait + turn, next(self._turn), queue))
        self._rouse()

    def _unpark(self, queue: HostQueue) -> None:
        queue.scheduled = False
        self._schedule(queue)

    def _queue_up(self, requests: Iterable[Request]) -> None:
        for request in requests:
            self._pending += 1
            self._ready(origin_of(request.url), 1)

    def _ready(self, origin: str, number: int) -> None:
        queue = self._queue(origin)
        queue.ready += number
        if not queue.scheduled:
            self._schedule(queue)

    def _queue(self, origin: str) -> HostQueue:
        queue = self._queues.get(origin)
        if queue is None:
            queue = self._queues[origin] = HostQueue(origin, self._politeness.pace(origin))
        return queue

    def _ripen(self, now: float) -> None:
        while self._later and self._later[0][0] <= now:
            self._ready(heappop(self._later)[1], 1)

    async def _sleep(self) -> None:
        """Wait until a host or a delayed request is due, or something has changed."""
        due = min(self._due[0][0] if self._due else math.inf, self._later[0][0] if self._later else math.inf)
        due = math.inf if self._held else due
        if self._changed:
            return
        self._sleeper = Event()
        try:
            if due == math.inf:
                await self._sleeper.wait()
            else:
                with CancelScope(deadline=due):
                    await self._sleeper.wait()
        finally:
            self._sleeper = None

    def _rouse(self) -> None:
        self._changed = True
        if self._sleeper is not None:
            self._sleeper.set()
