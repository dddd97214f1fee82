"""A cache in front of a fetcher, for development: answers from the disk, by the rules of HTTP (RFC 9111)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from types import MappingProxyType

from anyio import to_thread
from msgspec.structs import replace
from multidict import CIMultiDict, CIMultiDictProxy

from crawler.contracts import Fetcher
from crawler.fetch.cachefiles import CacheFiles, Kept, digest_of
from crawler.model import Request, Response
from crawler.policy.fresh import validators
from crawler.policy.freshness import Field, age, lifetime, may_store, merged, varying
from crawler.url import join, origin_of

_SAFE = ("GET", "HEAD")
#: A request with one of these is between the spider, or a round of a recrawl, and the server.
_NOT_OURS = frozenset(
    {"range", "if-none-match", "if-modified-since", "if-match", "if-unmodified-since", "if-range"}
)
#: Answers to a request with one of these are for its sender alone.
_CREDENTIALS = ("authorization", "cookie", "proxy-authorization")


class CachingFetcher:
    """Answers from the disk what is fresh there, and asks again, only if it has changed, for what is not.

    Only answers to GET and HEAD are kept; bodies decoded, as they come from the inner fetcher, and without
    Set-Cookie. A successful request by another method lets go of what is kept of its URL. An answer that no
    server was asked for is marked `cached`: its host need not rest.

    Args:
        inner: what fetches from the web.
        files: where answers are kept.
        sent: headers that the inner fetcher sends with each request.
        sent_at: further ones that it sends to an origin.
        always: serve whatever is there, fresh or not, and keep every answer but those of a server in trouble.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        inner: Fetcher,
        files: CacheFiles,
        *,
        sent: Mapping[str, str],
        sent_at: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
        always: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._inner = inner
        self._files = files
        self._sent = _lower(sent)
        self._sent_at = {origin: _lower(headers) for origin, headers in sent_at.items()}
        self._always = always
        self._clock = clock

    async def fetch(self, request: Request) -> Response:
        """Return the answer, from the disk where that may be. Raises FetchError, StateError.

        Cases: a method that may change things; a request that is not ours to answer; fresh; stale, and
        there is something to ask by; not there.
        """
        if request.method not in _SAFE:
            return await self._unsafe(request)
        headers = self._headers(request)
        if _NOT_OURS & headers.keys() or request.body:
            return await self._inner.fetch(request)
        key = _key(request.method, request.url, headers)
        kept = await self._find(key, headers)
        if kept is not None and (self._always or self._is_fresh(kept)):
            body = await to_thread.run_sync(self._files.body, kept.body)
            if body is not None:
                return _response(request, kept, body, cached=True)
        if kept is not None and not self._always:
            conditions = _conditions(_joined(_fields(kept)))
            body = await to_thread.run_sync(self._files.body, kept.body) if conditions else None
            if body is not None:
                return await self._revalidate(request, key, headers, kept, conditions, body)
        requested = self._clock()
        response = await self._inner.fetch(request)
        return await self._keep(key, headers, response, requested)

    async def _unsafe(self, request: Request) -> Response:
        response = await self._inner.fetch(request)
        if 200 <= response.status < 400:  # section 4.4
            urls = [request.url]
            for name in ("Location", "Content-Location"):
                url = join(request.url, response.headers.get(name, request.url))
                urls += [url] if url is not None and origin_of(url) == origin_of(request.url) else []
            headers = self._headers(request)
            keys = [_key(method, url, headers) for method in _SAFE for url in urls]
            await to_thread.run_sync(self._files.forget, keys)
        return response

    async def _revalidate(
        self,
        request: Request,
        key: str,
        headers: Mapping[str, str],
        kept: Kept,
        conditions: Mapping[str, str],
        body: bytes,
    ) -> Response:
        asking = copy(request)
        asking.headers = {**request.headers, **conditions}
        requested = self._clock()
        answer = await self._inner.fetch(asking)
        if answer.status != 304:
            return await self._keep(key, headers, replace(answer, request=request), requested)
        newer = replace(
            kept,
            headers=_packed(merged(_fields(kept), _fields_of(answer.headers))),
            requested=requested,
            received=self._clock(),
        )
        await to_thread.run_sync(self._files.keep, key, newer)
        return replace(_response(request, newer, body), wire_bytes=answer.wire_bytes, timings=answer.timings)

    async def _find(self, key: str, headers: Mapping[str, str]) -> Kept | None:
        for kept in await to_thread.run_sync(self._files.answers, key):
            if kept.varies == _digests(kept.varies, headers):
                return kept
        return None

    def _is_fresh(self, kept: Kept) -> bool:
        headers = _joined(_fields(kept))
        old = age(headers, kept.requested, kept.received, self._clock())
        return old < lifetime(kept.status, headers, kept.received)

    async def _keep(
        self, key: str, headers: Mapping[str, str], response: Response, requested: float
    ) -> Response:
        fields = _fields_of(response.headers)
        answered = _joined(fields)
        if response.file is None and self._may_keep(response.status, answered, headers):
            kept = Kept(
                _digests(varying(answered), headers),
                response.status,
                _packed(fields),
                digest_of(response.body),
                requested,
                self._clock(),
            )
            await to_thread.run_sync(self._files.keep, key, kept, response.body)
        return response

    def _may_keep(self, status: int, answered: Mapping[str, str], asked: Mapping[str, str]) -> bool:
        if self._always:
            return status < 500 and status not in (304, 408, 425, 429)
        return may_store(status, answered, authenticated=any(name in asked for name in _CREDENTIALS))

    def _headers(self, request: Request) -> dict[str, str]:
        own = self._sent_at.get(origin_of(request.url), {}) if self._sent_at else {}
        return self._sent | own | _lower(request.headers)


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _key(method: str, url: str, headers: Mapping[str, str]) -> str:
    """Return what an answer is kept under: method, URL, and whose answer it is."""
    credentials = [headers.get(name, "") for name in _CREDENTIALS]
    return digest_of("\0".join([method, url, *credentials]).encode("utf-8", "surrogatepass"))


def _digests(names: Mapping[str, str] | list[str], headers: Mapping[str, str]) -> dict[str, str]:
    return {name: digest_of(headers.get(name, "").encode("utf-8", "surrogatepass")) for name in names}


def _conditions(headers: Mapping[str, str]) -> dict[str, str]:
    etag, modified = validators(headers.get("etag", ""), headers.get("last-modified", ""))
    found = {"If-None-Match": etag, "If-Modified-Since": modified}
    return {name: value for name, value in found.items() if value}


def _fields_of(headers: Mapping[str, str]) -> list[Field]:
    return [(name.lower(), value) for name, value in headers.items() if name.lower() != "set-cookie"]


def _joined(fields: Sequence[Field]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in fields:
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined


def _packed(fields: Sequence[Field]) -> list[tuple[str, bytes]]:
    # Bytes beyond ASCII are kept as surrogates by HTTP libraries, which no encoding takes.
    return [(name, value.encode("utf-8", "surrogateescape")) for name, value in fields]


def _fields(kept: Kept) -> list[Field]:
    return [(name, value.decode("utf-8", "surrogateescape")) for name, value in kept.headers]


def _response(request: Request, kept: Kept, body: bytes, *, cached: bool = False) -> Response:
    headers = CIMultiDictProxy(CIMultiDict(_fields(kept)))
    return Response(request, kept.status, headers, body, cached=cached)
