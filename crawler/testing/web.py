"""A pretend web: a fetcher whose servers are a few lines of a test, and which keeps what they saw."""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from anyio import current_time, sleep
from msgspec import structs
from multidict import CIMultiDict, CIMultiDictProxy

from crawler.errors import FetchError
from crawler.model import Request, Response, Timings
from crawler.url import canonical, origin_of

HTML = "text/html; charset=utf-8"

#: Headers as a test writes them; pairs where a name repeats, such as Set-Cookie.
Headers = Mapping[str, str] | Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Hit:
    """One request as its server saw it.

    Attributes:
        url, method, headers, body: what was asked.
        started, ended: seconds on the clock of the event loop; `ended` is None while it is answered.
        status: what was answered; 0 when there was no answer.
    """

    url: str
    method: str
    headers: Mapping[str, str]
    body: bytes
    started: float
    ended: float | None = None
    status: int = 0

    @property
    def host(self) -> str:
        """Host, and port where it is not the usual one."""
        return origin_of(self.url).partition("://")[2]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a pretend server answers.

    Attributes:
        body: text is sent as UTF-8.
        status: HTTP status.
        headers: besides Content-Type.
        latency: seconds until the answer is in; None for the web's usual latency.
        content_type: the Content-Type header; empty for none.
    """

    body: str | bytes = b""
    status: int = 200
    headers: Headers = ()
    latency: float | None = None
    content_type: str = HTML


#: What a handler may return: an answer, or just the body of a page.
Given = Answer | str | bytes
Handler = Callable[[Request], Given | Awaitable[Given]]


class PretendWeb:
    """Servers without a network: a `Fetcher` for tests of spiders and of the engine.

    What was not added is answered with 404, robots.txt included. Waiting uses the event loop's own
    clock, so that in virtual time nothing is really waited for.

    Args:
        latency: seconds that an answer takes unless it says otherwise.
    """

    def __init__(self, latency: float = 0.05) -> None:
        self.latency = latency
        self._answers: dict[str, Answer] = {}
        self._handlers: dict[str, dict[str, Handler]] = {}  # by origin, and what their URLs begin with
        self._faults: dict[str, deque[FetchError | type[FetchError]]] = {}
        self._addresses: dict[str, str] = {}
        self._hits: list[Hit] = []

    # What there is.

    def page(
        self,
        url: str,
        body: str | bytes = "",
        *,
        status: int = 200,
        headers: Headers = (),
        latency: float | None = None,
        content_type: str = HTML,
    ) -> None:
        """Answer requests for `url`, by any method, with this; an earlier page of that URL is replaced."""
        self._answers[canonical(url)] = Answer(body, status, headers, latency, content_type)

    def redirect(
        self, url: str, to: str, *, status: int = 302, headers: Headers = (), latency: float | None = None
    ) -> None:
        """Redirect `url` to `to`, which is sent as it is written: absolute, relative or nonsense."""
        self.page(url, status=status, headers=[("Location", to), *_pairs(headers)], latency=latency)

    def robots(self, origin: str, text: str, *, status: int = 200, latency: float | None = None) -> None:
        """Give an origin, such as "https://shop.test", a robots.txt."""
        url = origin.rstrip("/") + "/robots.txt"
        self.page(url, text, status=status, latency=latency, content_type="text/plain")

    def handler(self, prefix: str, handler: Handler) -> None:
        """Let a function, plain or async, answer whatever lies below `prefix` and was not added.

        It gets the request and returns an `Answer` or the body of a page, or raises FetchError. The
        longest prefix wins. A robots.txt is asked of a handler only when `prefix` is its very URL.
        """
        prefix = canonical(prefix)
        self._handlers.setdefault(origin_of(prefix), {})[prefix] = handler

    def address(self, host: str, address: str) -> None:
        """Let a host be at a network address, which responses name and hosts may share."""
        self._addresses[host] = address

    def fault(self, url: str, error: FetchError | type[FetchError], *, times: int = 1) -> None:
        """Let the next `times` requests for `url` fail with `error`; after that it works."""
        self._faults.setdefault(canonical(url), deque()).extend([error] * times)

    # Being a fetcher.

    async def fetch(self, request: Request) -> Response:
        """Return the answer that was arranged. Raises FetchError for a fault."""
        position = len(self._hits)
        hit = Hit(request.url, request.method, dict(request.headers), request.body, current_time())
        self._hits.append(hit)
        status = 0
        try:
            answer = await self._answer(request)
            await sleep(self.latency if answer.latency is None else answer.latency)
            status = answer.status
        finally:
            self._hits[position] = replace(hit, ended=current_time(), status=status)
        took = current_time() - hit.started
        response = _response(request, answer, Timings(first_byte=took, total=took))
        address = self._addresses.get(hit.host)
        return response if address is None else structs.replace(response, address=address)

    async def _answer(self, request: Request) -> Answer:
        """Return what answers the request: a fault, then a page, then a handler, then 404."""
        faults = self._faults.get(request.url)
        if faults:
            error = faults.popleft()
            await sleep(self.latency)
            raise error if isinstance(error, FetchError) else error(f"{request.url}: a pretended fault")
        answer = self._answers.get(request.url)
        if answer is not None:
            return answer
        handler = self._find_handler(request.url)
        if handler is None:
            return Answer("not found", 404)
        given: Any = handler(request)
        if inspect.isawaitable(given):
            given = await given
        return given if isinstance(given, Answer) else Answer(given)

    def _find_handler(self, url: str) -> Handler | None:
        origin = origin_of(url)
        handlers = self._handlers.get(origin, {})
        if url == origin + "/robots.txt":
            return handlers.get(url)
        prefix = max((prefix for prefix in handlers if url.startswith(prefix)), key=len, default=None)
        return None if prefix is None else handlers[prefix]

    # What the servers saw.

    @property
    def hits(self) -> Sequence[Hit]:
        """All requests, in the order in which they arrived."""
        return tuple(self._hits)

    @property
    def under_way(self) -> Sequence[Hit]:
        """The requests that are being answered now."""
        return [hit for hit in self._hits if hit.ended is None]

    def hits_of(self, host: str) -> list[Hit]:
        """Return the requests to one host ("shop.test", "localhost:8080"), over http and https."""
        return [hit for hit in self._hits if hit.host == host]

    def asked(self, url: str) -> int:
        """Return how often a URL was asked for."""
        url = canonical(url)
        return sum(hit.url == url for hit in self._hits)

    def most_at_once(self, host: str | None = None) -> int:
        """Return how many requests were answered at the same time at most: by a host, or by all."""
        hits = self._hits if host is None else self.hits_of(host)
        # At one instant ends come before starts: they do not overlap. What took no time ends last.
        changes = [(hit.started, 1, 1) for hit in hits]
        changes += [
            (hit.ended, 0 if hit.ended > hit.started else 2, -1) for hit in hits if hit.ended is not None
        ]
        most = current = 0
        for _, _, change in sorted(changes):
            current += change
            most = max(most, current)
        return most

    def gaps(self, host: str) -> list[float]:
        """Return the seconds between the end of each request to a host and the start of the next one.

        Where requests overlap, a gap is negative.
        """
        hits = sorted(self.hits_of(host), key=lambda hit: hit.started)
        return [after.started - before.ended for before, after in pairwise(hits) if before.ended is not None]


def _response(request: Request, answer: Answer, timings: Timings) -> Response:
    headers: CIMultiDict[str] = CIMultiDict(_pairs(answer.headers))
    if answer.content_type:
        headers.setdefault("Content-Type", answer.content_type)
    body = answer.body.encode() if isinstance(answer.body, str) else answer.body
    if request.method == "HEAD":
        body = b""
    return Response(request, answer.status, CIMultiDictProxy(headers), body, len(body), timings=timings)


def _pairs(headers: Headers) -> list[tuple[str, str]]:
    return list(headers.items()) if isinstance(headers, Mapping) else list(headers)
