"""The fetcher that goes to the real web, over aiohttp."""

from __future__ import annotations

import io
import ssl
from collections.abc import Mapping
from time import perf_counter
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp.abc import AbstractResolver
from multidict import CIMultiDict
from yarl import URL

from crawler.decode import ACCEPT_ENCODING
from crawler.errors import ProtocolError, SchemeRefused
from crawler.fetch.body import drain, read_body
from crawler.fetch.connector import SPANS, Connector
from crawler.fetch.limits import Limits
from crawler.fetch.timelimit import Run, TimeLimit
from crawler.fetch.translate import FOREIGN, translate
from crawler.model import ROBOTS, Request, Response, Timings
from crawler.policy.address import AddressRule
from crawler.url import origin_of

_ACCEPT = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"
# aiohttp writes a longer body in one piece, and warns about it.
_ONE_PIECE = 1024 * 1024


class HttpFetcher:
    """Fetches over HTTP/1.1; an async context manager that keeps connections open between fetches.

    Redirects are not followed, cookies are not kept, proxies of the environment are not used.

    Args:
        limits: times and sizes that a fetch may not exceed.
        user_agent: what the crawler calls itself.
        headers: headers of every request, in place of the usual ones where they have the same name.
        headers_at: further ones of requests to an origin, by that: `https://a.test`; they may be secrets.
        address: which addresses may be connected to.
        concurrency: how many fetches run at once; connections to about as many hosts are kept open.
        verify_tls: False to accept any certificate, or a context of one's own.
        resolver: looks up host names; default is the system's resolver.
    """

    def __init__(
        self,
        limits: Limits,
        *,
        user_agent: str,
        headers: Mapping[str, str] | None = None,
        headers_at: Mapping[str, Mapping[str, str]] | None = None,
        address: AddressRule,
        concurrency: int,
        verify_tls: bool | ssl.SSLContext = True,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._limits = limits
        self._headers = CIMultiDict(
            {"User-Agent": user_agent, "Accept": _ACCEPT, "Accept-Encoding": ACCEPT_ENCODING}
        )
        self._own_headers = CIMultiDict(headers or {})
        self._headers_at: dict[str, CIMultiDict[str]] = {}
        for origin, further in (headers_at or {}).items():
            self._headers_at[origin] = self._own_headers.copy()
            self._headers_at[origin].update(further)
        self._address = address
        self._concurrency = concurrency
        self._verify_tls = verify_tls
        self._resolver = resolver
        self._session: aiohttp.ClientSession | None = None
        self._total: TimeLimit | None = None

    async def __aenter__(self) -> Self:
        self._total = TimeLimit(self._limits.total)
        connector = Connector(
            self._limits,
            self._address,
            idle_hosts=max(self._concurrency, 16),
            verify_tls=self._verify_tls,
            resolver=self._resolver,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            headers=self._headers,
            timeout=aiohttp.ClientTimeout(total=None, sock_read=self._limits.read),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
        )
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()
        if self._total is not None:
            self._total.close()

    async def fetch(self, request: Request) -> Response:
        """Return the server's answer, whatever its status; redirects are not followed.

        The body is decoded, except that of a redirect, which is left empty. Raises FetchError
        when there is no complete answer; its `reason` says why.
        """
        session, limits, total_limit = self._session, self._limits, self._total
        if session is None or total_limit is None:
            raise RuntimeError("an HttpFetcher fetches only inside `async with`")
        started = perf_counter()
        url = _url(request)
        try:
            with Run(total_limit):
                answer = await session.request(
                    request.method,
                    url,
                    headers=self._headers_for(request),
                    data=_payload(request.body),
                    allow_redirects=False,
                )
                first_byte = perf_counter()
                try:
                    if 300 <= answer.status < 400:
                        body, wire = b"", await drain(answer)
                    else:
                        body, wire = await read_body(answer, limits.body)
                except BaseException:
                    answer.close()
                    raise
        except FOREIGN as error:
            raise translate(error, url, limits) from error
        timings = _timings(started, first_byte)
        return Response(request, answer.status, answer.headers, body, wire, timings=timings)

    def _headers_for(self, request: Request) -> Mapping[str, str]:
        """Return the headers of a request, over those that are configured for all or for its origin.

        A redirect of robots.txt may lead out of the crawl's scope: there all of them stay away.
        """
        own = self._own_headers
        if self._headers_at:
            own = self._headers_at.get(origin_of(request.url), own)
        if not own or (request.callback == ROBOTS and request.history):
            return request.headers
        headers = own.copy()
        headers.update(request.headers)
        return headers


def _url(request: Request) -> URL:
    """Return the request's URL for aiohttp, as it is: it was encoded when it was made canonical."""
    try:
        url = URL(request.url, encoded=True)
        host = url.raw_host
    except ValueError as error:
        raise ProtocolError(f"{request.url[:200]}: {error}") from error
    if url.scheme not in ("http", "https"):
        raise SchemeRefused(f"{request.url[:200]}: only http and https are fetched")
    if not host:
        raise ProtocolError(f"{request.url[:200]}: no host")
    return url


def _timings(started: float, first_byte: float) -> Timings:
    first, total, spans = first_byte - started, perf_counter() - started, SPANS.get()
    if spans is None or spans.began < started:
        return Timings(first_byte=first, total=total)
    return Timings(spans.dns, spans.connect, spans.tls, first, total)


def _payload(body: bytes) -> Any:
    if len(body) <= _ONE_PIECE:
        return body or None
    return io.BytesIO(body)
