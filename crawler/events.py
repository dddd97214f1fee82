"""What listeners are told: frozen records, one for each thing that happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from crawler.model import Failed, Lease, Outcome, Reason
from crawler.model.recrawl import Compared


class Opened(msgspec.Struct, frozen=True):
    """The crawl has been set up and is about to lease its first request.

    Attributes:
        name: what the crawl is called.
        beginning: "new", "resumed", "anew" when the state held a crawl that is over, "round" when it is
            another round of that (`recrawl`), or "over" when that is to stay as it is.
        state: the state file; empty when the state is in memory.
        pages: pages that were fetched before, when it is resumed.
        pending: requests that wait from before.
        items: items that every output has from before.
        ended: why the crawl ended which is over.
        changes: with `recrawl`, how many pages of this round stand how, from before.
    """

    name: str
    beginning: str = "new"
    state: str = ""
    pages: int = 0
    pending: int = 0
    items: int = 0
    ended: str = ""
    changes: Mapping[str, int] | None = None


class Visited(msgspec.Struct, frozen=True):
    """One lease was settled.

    Attributes:
        lease: what was lent out.
        outcome: what came of it; `outcome.reason` names the cause.
        status: HTTP status, 0 when no answer came.
        size: bytes of the decoded body.
        wire_bytes: bytes of the body on the wire.
        seconds: time from asking the server to the end of the body.
        new: how many of the found requests were not known before.
        compared: with `recrawl`, how it stands against the round before, once it is over.
    """

    lease: Lease
    outcome: Outcome
    status: int = 0
    size: int = 0
    wire_bytes: int = 0
    seconds: float = 0.0
    new: int = 0
    compared: Compared | None = None


class StartRefused(msgspec.Struct, frozen=True):
    """A start URL cannot be used: it is out of scope, or no URL."""

    url: str
    reason: Reason
    detail: str = ""


class RobotsRead(msgspec.Struct, frozen=True):
    """The robots.txt of an origin was read, or could not be.

    Attributes:
        origin: scheme, host and port.
        verdict: in words, what follows.
        crawl_delay: seconds between contacts that the site asks for.
        forbids_all: nothing may be fetched.
        cause: what kept it from being read, if anything did.
    """

    origin: str
    verdict: str
    crawl_delay: float | None = None
    forbids_all: bool = False
    cause: Reason | None = None


class FetchPaused(msgspec.Struct, frozen=True):
    """Fetching pauses, now and then, for want of descriptors, ports or buffers; told once, no page fails.

    `cause` is what the system said.
    """

    cause: str


class Delivered(msgspec.Struct, frozen=True):
    """Items were handed to every output, in order."""

    items: Sequence[Any]


class CallbackFailed(msgspec.Struct, frozen=True):
    """A spider's callback raised; its page counts as given up."""

    url: str
    callback: str
    error: BaseException


class ItemFailed(msgspec.Struct, frozen=True):
    """A stage failed on an item; the rest of its page is kept."""

    url: str
    failed: Failed


class BatchMissing(msgspec.Struct, frozen=True):
    """The crawl goes on without a batch at the end to which items had still to come; they are kept for it.

    Attributes:
        name: the batch, and the line that it was at the end of, where there were several.
        items: how many had still to come to it, at most.
        gone: how many of these are not in the state any more.
    """

    name: str
    items: int
    gone: int = 0


class WorkerLost(msgspec.Struct, frozen=True):
    """A worker process ended, or was ended, over what it had in hand; another takes its place.

    Attributes:
        where: the stage or callbacks that it worked for.
        cause: why, in words.
        url: the page that it had in hand, or whose item it had; empty when it had none.
    """

    where: str
    cause: str
    url: str


class ThreadStuck(msgspec.Struct, frozen=True):
    """A thread was left behind: it did not end in time, and a thread cannot be stopped.

    Attributes:
        where: the stage or callback that it runs.
        seconds: how long it has been at it.
        url: the page that it has in hand, or whose item it has.
    """

    where: str
    seconds: float
    url: str


class LoopBlocked(msgspec.Struct, frozen=True):
    """Some code kept the event loop from everything else.

    Attributes:
        where: the function.
        file, line: what it was doing when it was looked at.
        seconds: how long the loop stood still, at least.
        cpu: seconds of them that the code computed for; it waited for the others.
        inside: the function of a library that it had called; empty when it did it all itself.
        whose: "plugin" for a callback or stage, "program" for other code of the application, "crawler"
            for crawler's own, "library" for anything else.
    """

    where: str
    file: str
    line: int
    seconds: float
    cpu: float = 0.0
    inside: str = ""
    whose: str = "plugin"


class PageGone(msgspec.Struct, frozen=True):
    """Nothing leads any more to a page of the round before; its `items` items are gone with it."""

    url: str
    items: int


class Closed(msgspec.Struct, frozen=True):
    """The crawl is over; `cause` says why: "finished", a limit's name, "spent", "stopped" or "failed"."""

    cause: str


Event = (
    Opened
    | StartRefused
    | Visited
    | RobotsRead
    | FetchPaused
    | Delivered
    | CallbackFailed
    | ItemFailed
    | BatchMissing
    | WorkerLost
    | ThreadStuck
    | LoopBlocked
    | PageGone
    | Closed
)
