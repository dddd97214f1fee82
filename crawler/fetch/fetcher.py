"""The fetcher that goes to the real web, over aiohttp."""

from __future__ import annotations

import io
import ssl
from collections.abc import Callable, Mapping, Sequence
from time import perf_counter
from types import TracebackType
from typing import Any, NamedTuple, Self

import aiohttp
from aiohttp import encode_basic_auth
from aiohttp.abc import AbstractResolver
from multidict import CIMultiDict
from yarl import URL

from crawler.decode import ACCEPT_ENCODING
from crawler.errors import Flooded, ProtocolError, ProxyFailed, SchemeRefused, TooSlow, TypeRefused
from crawler.events import Event
from crawler.fetch.body import Body, drain
from crawler.fetch.connector import Connector
from crawler.fetch.limits import Limits
from crawler.fetch.others import Others
from crawler.fetch.proxies import Proxies, Proxy, check_literal
from crawler.fetch.shortage import OutOfDescriptors, Shortage
from crawler.fetch.spans import SPANS
from crawler.fetch.timelimit import Run, TimeLimit
from crawler.fetch.translate import FOREIGN, translate
from crawler.model import ROBOTS, File, Request, Response, Timings
from crawler.policy.address import AddressRule
from crawler.policy.judge import BUSY
from crawler.policy.robots import MAX_BYTES
from crawler.url import origin_of

_ACCEPT = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"
# aiohttp writes a longer body in one piece, and warns about it.
_ONE_PIECE = 1024 * 1024
# A robots.txt is cut, and fails only beyond this, whatever pages may have.
_ROBOTS_LIMIT = 4 * 1024 * 1024
# May be sent again when a connection that was open already turns out to be closed (RFC 9110, section 9.2.2).
_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"})
_PROXY_WANTS_AUTH = 407


def nobody(event: Event) -> None:
    """Tell nobody."""


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
        others: what happens to answers that are no pages; None keeps them like pages.
        proxies: proxies to go through; with one or more, nothing is fetched without.
        tell: told what listeners should know.
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
        others: Others | None = None,
        proxies: Sequence[str] = (),
        tell: Callable[[Event], None] = nobody,
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
        self._others = others
        self._proxies = Proxies(proxies) if proxies else None
        self._tell = tell
        self._verify_tls = verify_tls
        self._resolver = resolver
        self._session: aiohttp.ClientSession | None = None
        self._line: _Line | None = None

    async def __aenter__(self) -> Self:
        if self._others is not None:
            self._others.open()
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
        # It would ask a second time on new connections too, where the server has seen the first.
        self._session._retry_connection = False
        shortage = Shortage(connector.close_idle, self._tell)
        self._line = _Line(self._session, connector, TimeLimit(self._limits.total), shortage)
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        line, self._line = self._line, None
        if line is not None:
            await line.session.close()
            line.total.close()

    async def fetch(self, request: Request) -> Response:
        """Return the server's answer, whatever its status; redirects are not followed.

        The body is decoded, except that of a redirect, of 429 and 503, which is left empty. Raises FetchError
        when there is no complete answer; its `reason` says why.
        """
        line = self._line
        if line is None:
            raise RuntimeError("an HttpFetcher fetches only inside `async with`")
        url = _url(request)
        while True:
            if line.shortage.shut:
                await line.shortage.wait()
            try:
                if self._proxies is None:
                    return await self._attempt(line, request, url, None)
                return await self._by_proxy(line, self._proxies, request, url)
            except OutOfDescriptors as error:  # nothing was sent, and the time that it takes is nobody's
                await line.shortage.rest(error)

    async def _by_proxy(self, line: _Line, proxies: Proxies, request: Request, url: URL) -> Response:
        """Fetch through the host's proxy, or another one while that one fails."""
        check_literal(url, self._address)
        failure: ProxyFailed | None = None
        for proxy in proxies.of(url.raw_host or ""):
            try:
                return await self._attempt(line, request, url, proxy)
            except ProxyFailed as error:
                proxies.rest(proxy)
                failure = error
        assert failure is not None
        raise failure

    async def _attempt(self, line: _Line, request: Request, url: URL, proxy: Proxy | None) -> Response:
        started = perf_counter()
        file: File | None = None
        try:
            with Run(line.total):
                answer = await self._ask(line, request, url, proxy, started)
                first_byte = perf_counter()
                try:
                    if 300 <= answer.status < 400 or _is_busy(answer.status, request):
                        body, wire = b"", await drain(answer)
                    elif request.callback == ROBOTS:
                        read = Body(answer, _ROBOTS_LIMIT, MAX_BYTES)
                        body, wire = await read.read(), read.wire
                    elif self._others is None or answer.status >= 300:
                        read = Body(answer, self._limits.body)
                        body, wire = await read.read(), read.wire
                    else:
                        body, file, wire = await self._others.read(answer, self._limits)
                except BaseException:
                    answer.close()
                    raise
        except (Flooded, TooSlow, TypeRefused) as error:
            raise type(error)(f"{url.host_port_subcomponent}: {error}") from error
        except FOREIGN as error:
            raise translate(error, url, self._limits) from error
        timings = _timings(started, first_byte)
        peer = line.connector.peer(url.raw_host, url.port) if proxy is None else ""
        return Response(
            request, answer.status, answer.headers, body, wire, timings=timings, address=peer, file=file
        )

    async def _ask(
        self, line: _Line, request: Request, url: URL, proxy: Proxy | None, started: float
    ) -> aiohttp.ClientResponse:
        """Send the request, and return the answer once its head is in.

        A connection that was open from before may have been closed by the server meanwhile, which is no
        answer to the request: then it is sent on another one.
        """
        headers = self._headers_for(request)
        if "@" in request.url:
            url, headers = _with_credentials(url, headers)
        by: dict[str, Any] = {}
        if proxy is not None:
            by, headers = _by(proxy, url, headers)
        while True:
            try:
                answer = await line.session.request(
                    request.method,
                    url,
                    headers=headers,
                    data=_payload(request.body),
                    allow_redirects=False,
                    **by,
                )
            except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError):
                spans = SPANS.get()
                new = spans is not None and spans.began >= started
                if new or request.method not in _IDEMPOTENT:
                    raise
                continue
            if proxy is not None and answer.status == _PROXY_WANTS_AUTH:
                answer.close()
                raise ProxyFailed(f"the proxy {proxy.name} wants credentials, or other ones")
            return answer

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


class _Line(NamedTuple):
    """What an open fetcher works with."""

    session: aiohttp.ClientSession
    connector: Connector
    total: TimeLimit
    shortage: Shortage


def _is_busy(status: int, request: Request) -> bool:
    """Say whether only the status counts: no body may keep such a host from being left alone."""
    return status in BUSY and status not in request.accept


def _with_credentials(url: URL, headers: Mapping[str, str]) -> tuple[URL, Mapping[str, str]]:
    """Return URL and headers, with the credentials of the one in the other; a header that is there wins."""
    if url.raw_user is None and url.raw_password is None:
        return url, headers
    named = CIMultiDict(headers)
    if "Authorization" not in named:
        named["Authorization"] = encode_basic_auth(url.user or "", url.password or "", "utf-8")
    return url.with_user(None), named


def _by(proxy: Proxy, url: URL, headers: Mapping[str, str]) -> tuple[dict[str, Any], Mapping[str, str]]:
    """Return what sends a request through a proxy, and its headers.

    The proxy's credentials are for the proxy: inside a tunnel they would reach the host.
    """
    by: dict[str, Any] = {"proxy": proxy.url}
    if not proxy.auth:
        return by, headers
    auth = {"Proxy-Authorization": proxy.auth}
    if url.scheme == "https":
        return {**by, "proxy_headers": auth}, headers
    named = CIMultiDict(headers)
    named.update(auth)
    return by, named


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
