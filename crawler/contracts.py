"""All sockets on one page: what a store, a fetcher, a sink, a listener and an executor must be able to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Protocol

import msgspec

from crawler.errors import OutputError
from crawler.events import Event
from crawler.model import Failed, Lease, Reason, Request, Response
from crawler.model.recrawl import Compared, Remembered


class Listener(Protocol):
    """Is told what happened. It can change nothing, and must not raise or block."""

    def __call__(self, event: Event, /) -> None: ...


class Fetcher(Protocol):
    """Whatever fetches: the real web, a cache in front of it, or a pretend web in a test."""

    async def fetch(self, request: Request) -> Response:
        """Return the server's answer, whatever its status; redirects are not followed.

        Raises FetchError when there is no complete answer; its `reason` says why.
        """
        ...


class Record(msgspec.Struct, frozen=True):
    """One item as the store keeps it.

    Attributes:
        id: grows by one with each item that is committed.
        item: the item; a `NamedItem` when it was read back from a disk.
        url: the page it was found on.
        json: the item as JSON, where the store has that already.
        line: the line of stages that it came through, where there are several.
        change: how it stands against the round before, with `recrawl`; it is in the JSON too.
    """

    id: int
    item: Any
    url: str
    json: bytes | None = None
    line: str = ""
    change: str = ""


#: How the names of the marks begin that are not a sink's, but a batch's at the end of a pipeline.
BATCH = "batch "


#: And those of a program's consumers of items: by type.
CONSUMER = "consumer of "

#: How the names of notes about a host begin: that it is to be left alone, its robots.txt, its cookies.
REST, ROBOTS_TEXT, COOKIES = "rest ", "robots ", "cookies "
#: The note that says what the rules about traps have counted.
TRAP_COUNTS = "traps"
#: The note that says whether hosts may be in contact with this crawl.
CONTACTS = "contacts"


class Mark(msgspec.Struct, frozen=True):
    """How far a sink has come; the store keeps the newest one of each.

    Attributes:
        sink: the sink's name.
        item: id of the last item that it has; 0 when it begins anew.
        place: what it needs to find this point in its output again, and to know an output of its own
            that is to be replaced; plain data.
        forgotten: id of the last item that the store has let go of, for a sink that is opened.
    """

    sink: str
    item: int
    place: Any = None
    forgotten: int = 0

    def check(self, item: int) -> None:
        """Raise OutputError when an output that has the items up to this one can never get the next ones."""
        if item < self.forgotten:
            raise OutputError(
                f"{self.sink}: its items up to number {self.forgotten} are neither there nor in the "
                "state, which keeps none (state.keep_items); use --fresh to crawl anew"
            )


class Sink(Protocol):
    """Where items go. Opened once, fed in order, closed once; only then is the output complete.

    Attributes:
        name: what its mark is kept under: the same for the same output in the next run. Sinks without
            a name share one mark.
    """

    name: str

    async def open(self, mark: Mark | None) -> int:
        """Make the output ready to go on from `mark`, cutting off what came after; None begins anew.

        So does a mark of item 0, whose place tells what the crawl has left there before.

        Returns the id of the last item that is in it, which may be less than the mark's when the
        output is not as it was left; `mark.check` that id before anything is changed. Raises OutputError
        when it cannot be written, or is not to be replaced.
        """
        ...

    async def write(self, records: Sequence[Record]) -> Any:
        """Take these records, in order; return the place, once the operating system has them.

        Raises Deserted when who reads the output has gone. Nothing more is written to it then, and its
        attribute `taken`, the id of the last item that was read, is where the next run goes on.

        A sink with a name is asked for its place by no records at all, right after it was opened.
        """
        ...

    async def close(self, *, failed: bool = False) -> Any:
        """Finish the output and return the place. Called once, on every way out.

        `failed` is set when an error led there.
        """
        ...


class Executor(Protocol):
    """Runs the code of one stage, or of a spider's callbacks, at one place: loop, threads or processes.

    Attributes:
        name: what it runs, as people are told.
        full: as many calls wait for a worker as may; the crawl fetches no further page then.
    """

    name: str

    @property
    def full(self) -> bool: ...

    async def open(self) -> None:
        """Start the workers, and let each set the code up. Raises PluginError when that fails."""
        ...

    async def call(self, name: str, argument: Any, url: str) -> list[Any]:
        """Run the code once and return all that came of it, in order.

        Args:
            name: of a spider, which callback; "" for a stage.
            argument: a page or a failure for a callback, an item for a stage, a list of items for a batch.
            url: the page that it is about, for what people are told.

        Raises CallError when time, memory, result or the worker failed, and otherwise what the code raised
        (a `CallError` with its traceback as text when that was in another process); `Drop` too.
        """
        ...

    async def close(self) -> None:
        """Tear the code down and end the workers, in bounded time; called once, also after a failed open."""
        ...


class State(StrEnum):
    """Where a request stands in its store."""

    WAITING = "waiting"
    DONE = "done"
    GAVE_UP = "gave_up"
    REFUSED = "refused"


class Known(msgspec.Struct, frozen=True):
    """What a store says of one request.

    Attributes:
        callback: gets the page.
        state: where it stands; one that is lent out waits.
        reason: why it stands there, or waits once more; None for one that nobody has tried.
        detail: more on the reason, as far as the store keeps it.
    """

    callback: str
    state: State = State.WAITING
    reason: Reason | None = None
    detail: str = ""


class Settlement(msgspec.Struct, frozen=True):
    """What is written down when a lease ends.

    Attributes:
        lease: the lease that ends.
        reason: why it ended.
        state: where the request stands when it is over.
        again_at: when to lend the request again, on the store's clock; None when it is over.
        found: requests to add.
        items: items to commit.
        page: whether it counts as a page.
        size: bytes of the decoded body.
        detail: more on the reason: the status of an answer, or the words of an error.
        status: of the answer, 0 when there was none.
        seconds: how long it took to get it.
        failed: what plugins failed on, to be kept for who looks into it.
        lines: the line of stages that each item came through; empty where there are not several.
        compared: with `recrawl`, once the request is over: its items instead of `items`, further requests
            to add, and what the next round is to know.
    """

    lease: Lease
    reason: Reason
    state: State = State.DONE
    again_at: float | None = None
    found: Sequence[Request] = ()
    items: Sequence[Any] = ()
    page: bool = False
    size: int = 0
    detail: str = ""
    failed: Sequence[Failed] = ()
    lines: Sequence[str] = ()
    status: int = 0
    seconds: float = 0.0
    compared: Compared | None = None


class Settled(msgspec.Struct, frozen=True):
    """A store's answer to one settlement.

    Attributes:
        accepted: False when the lease was no longer the newest one, and nothing was written.
        new: those found requests that were not known.
    """

    accepted: bool
    new: Sequence[Request] = ()


class Note(msgspec.Struct, frozen=True):
    """Something small that a store keeps beside the requests: a host's robots.txt, its cookies.

    Attributes:
        value: what was kept.
        age: seconds since then; never less than 0, whatever has become of the clock.
    """

    value: bytes
    age: float


class Backlog(msgspec.Struct, frozen=True):
    """What a store holds for one host: requests that are ready, and when delayed ones become so."""

    host: str
    ready: int
    delayed: Sequence[float] = ()


class Recalled(msgspec.Struct, frozen=True):
    """What a store holds of a crawl; what the crawl starts from.

    Attributes:
        backlogs: what waits, by host.
        marks: how far the sinks have come, by name.
        items: id of the last item that was committed, 0 for none.
        forgotten: id of the last item that the store has let go of, 0 for none.
        pages: pages that were counted.
        size: bytes of decoded bodies.
    """

    backlogs: Sequence[Backlog] = ()
    marks: Mapping[str, Mark] = MappingProxyType({})
    items: int = 0
    forgotten: int = 0
    pages: int = 0
    size: int = 0


class Unlinked(msgspec.Struct, frozen=True):
    """A page of the round before to which nothing leads any more, and how many items are gone with it."""

    url: str
    items: int


class Past(Protocol):
    """What the round before knew of pages, and what this one knows; of a store that can keep that."""

    @property
    def changes(self) -> Mapping[str, int]:
        """How many pages of this round stand how, when it is opened."""
        ...

    async def page(self, key: str) -> Remembered | None:
        """Return what the round before knew of a request's page; None when it knew none."""
        ...

    async def let_go(self, limit: int) -> Sequence[Unlinked]:
        """Settle up to `limit` pages of the round before that this one does not know, as gone.

        Each becomes a request that is over, and its items are committed once more; both together. Returns
        nothing when there are none left.
        """
        ...


class Store(Protocol):
    """Where requests and items are kept. Four verbs, each batched, idempotent, atomic; and what serves them.

    Times are seconds on one clock, given by the caller as `now`. A lease ends when it is settled or
    when its time is over; after that only a newer lease of the same request can settle.
    """

    async def recall(self, *, owner: str, now: float) -> Recalled:
        """Take back what is lent to `owner`, who starts anew; return what there is."""
        ...

    def knows(self, key: str) -> bool:
        """Say at once whether a request with this key was added. May miss one, never invents one."""
        ...

    async def callback_of(self, key: str) -> str | None:
        """Return the callback of the request with this key; None when there is none."""
        ...

    async def add(self, requests: Sequence[Request]) -> Sequence[Request]:
        """Add requests to their hosts' queues; return those whose key was new."""
        ...

    async def claim(
        self, wanted: Mapping[str, int], *, owner: str, now: float, ttl: float
    ) -> Sequence[Lease]:
        """Lend to `owner` up to `wanted[host]` requests of each host, for `ttl` seconds.

        Within a host the order is: higher priority first, then those that were not put off, then as added.
        """
        ...

    async def settle(self, settlements: Sequence[Settlement], *, now: float) -> Sequence[Settled]:
        """End leases: state, found requests and items of each settlement together, or nothing of it.

        The answer may come before the settlement is on disk; its items are not drained before.
        """
        ...

    async def extend(self, leases: Sequence[Lease], *, now: float, ttl: float) -> Sequence[bool]:
        """Let leases end `ttl` seconds from now instead; False for those that were lost already."""
        ...

    async def look_up(self, key: str) -> Known | None:
        """Return how the request with this key stands; None when there is none.

        It is for a person's question, and may look at all that there is; `callback_of` must not.
        """
        ...

    async def keep(self, name: str, value: bytes, *, now: float) -> None:
        """Keep something small under a name; what was kept under it before is gone.

        It outlives a crash wherever something does that was settled after it.
        """
        ...

    async def kept(self, name: str, *, now: float) -> Note | None:
        """Return what is kept under a name; None when nothing is."""
        ...

    async def drain(self, after: int, limit: int) -> Sequence[Record]:
        """Return up to `limit` items with an id above `after`, in order, once they are committed."""
        ...

    async def mark(
        self, marks: Sequence[Mark], *, failed: Sequence[tuple[int, Failed]] = (), at_once: bool = False
    ) -> None:
        """Note how far the crawl's sinks have come, all of them. What all have, the store may let go of.

        Together with that it is written down, for who looks into it, what they have `failed` on: each with
        the id of the item, which their marks have passed with this and not before.

        With `at_once` it returns when the marks, and all that was settled before, would survive a crash.
        """
        ...
