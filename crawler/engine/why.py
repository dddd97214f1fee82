"""What a crawl knows of one URL, while it runs and afterwards."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from copy import copy

import msgspec

from crawler.contracts import Known, State, Store
from crawler.engine.admission import Admission
from crawler.errors import UrlError
from crawler.frontier import Frontier
from crawler.model import Reason, Request
from crawler.observe.reasons import explain
from crawler.url import canonical, origin_of

_STATES = {"gave_up": "given up"}


class Why(msgspec.Struct, frozen=True):
    """What a crawl knows of a URL; as text, a sentence.

    Attributes:
        url: in canonical form; as it was given when it is no URL.
        state: "done", "gave_up", "refused" (by a rule, whether it was found or not), "waiting" (its fetch
            included), or "unknown".
        reason: why it stands there; None for what waits for its first try, and what is unknown.
        words: that, for people.
    """

    url: str
    state: str
    reason: Reason | None
    words: str

    def __str__(self) -> str:
        return f"{self.url}: {_STATES.get(self.state, self.state)}: {self.words}"


class Enquiry:
    """Answers what has become of a URL.

    Args:
        store: knows the requests.
        frontier: knows the hosts.
        admission: the rules.
        under_way: keys of the requests that are being fetched or read.
    """

    def __init__(
        self, store: Store, frontier: Frontier, admission: Admission, under_way: Collection[str]
    ) -> None:
        self._store = store
        self._frontier = frontier
        self._admission = admission
        self._under_way = under_way

    async def why(self, asked: str | Request) -> Why:
        """Return what is known of a URL, or of a request as it was made. Raises StateError."""
        request = Request(asked) if isinstance(asked, str) else copy(asked)
        try:
            known = await self._store.look_up(request.at(canonical(request.url)).key)
            if (
                known is None
            ):  # as nearly always: only a redirect leads to a URL that is not in the crawl's form
                known = await self._store.look_up(request.at(self._admission.canonical(request.url)).key)
        except UrlError as error:
            return Why(request.url, "refused", Reason.SCHEME, str(error))
        if known is None:
            return await self._unknown(request.url)
        words = ", ".join(self._waiting(request, known)) if known.state is State.WAITING else _ended(known)
        return Why(request.url, str(known.state), known.reason, words)

    async def _unknown(self, url: str) -> Why:
        """Ask the rules about a URL that was not let in, or never found."""
        reason = self._admission.refuses(url)
        if reason is Reason.HOST and self._admission.may_start(url):
            words = f"as a link it would be refused ({explain(reason)}); crawl.add(url) lets it in"
            return Why(url, "refused", reason, f"{reason}: {words}")
        if reason is not None:
            return Why(url, "refused", reason, f"{reason}: {explain(reason)}")
        rules = await self._frontier.known_rules(origin_of(url))
        if rules is not None and rules.refuses(url):
            reason = rules.cause or Reason.ROBOTS
            return Why(url, "refused", reason, f"robots.txt of its host does not let us ({rules.verdict})")
        like = self._admission.refused_before(url)
        if like is not None:
            words = f"{like}: links to URLs like it were not let in: {explain(like)}"
            return Why(url, "unknown", None, f"not found so far, or refused as a trap; {words}")
        asked = "" if rules is not None else ", and robots.txt of its host has not been asked"
        return Why(
            url,
            "unknown",
            None,
            f"no link that may be followed led there so far; no rule keeps it out{asked}",
        )

    def _waiting(self, request: Request, known: Known) -> Iterator[str]:
        if request.key in self._under_way:
            yield "it is being fetched or read now"
            return
        if known.reason is None:
            yield "not tried yet"
        else:
            yield f"to be tried again, because of {_label(known)}: {explain(_label(known)).meaning}"
        if self._frontier.closed:
            yield "and nothing more is fetched: the crawl ends, or is over"
            return
        if self._frontier.held:
            yield "the crawl is paused"
        outlook = self._frontier.outlook(origin_of(request.url))
        if outlook.asking:
            yield "robots.txt of its host is asked first"
        if outlook.wait == math.inf:
            yield "its host is being contacted, by as many as may"
        elif outlook.wait > 0:
            yield f"its host may be contacted in {outlook.wait:.1f} s"
        number = outlook.waiting
        yield f"{number:,} {'request waits' if number == 1 else 'requests wait'} for that host"


def _ended(known: Known) -> str:
    label = _label(known)
    words = str(explain(label)) if label else "done"
    more = f" ({known.detail})" if known.detail and known.reason is not Reason.STATUS else ""
    return f"{label}: {words}{more}"


def _label(known: Known) -> str:
    """Return the reason as statistics name it."""
    if known.reason is Reason.STATUS and known.detail.isdecimal():
        return f"status {known.detail}"
    return str(known.reason or "")
