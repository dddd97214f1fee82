"""A fetcher that holds a fetcher, and keeps cookies between its fetches."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from copy import copy

import msgspec
from anyio import current_time
from yarl import URL

from crawler.contracts import COOKIES, Fetcher, Store
from crawler.fetch.cookie import Cookie
from crawler.fetch.jar import CookieJar
from crawler.model import Request, Response


class CookieFetcher:
    """Sends the cookies that earlier answers of the same host have set (RFC 6265).

    Every cookie stays with the host that set it, also one that names a Domain. A request that has
    a Cookie header of its own is sent with that one. `set_cookie` of the response says whether the
    answer changed the jar.

    Args:
        fetcher: what does the fetching.
        store: keeps the cookies of each host, so that a login outlives the process; None to forget them.
        clock: seconds since 1970, for the cookies' expiry.
    """

    def __init__(
        self, fetcher: Fetcher, store: Store | None = None, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._fetcher = fetcher
        self._store = store
        self._clock = clock
        self._jar = CookieJar()
        self._recalled: set[str] = set()

    async def fetch(self, request: Request) -> Response:
        """Return the inner fetcher's response to the request with its cookies. Raises FetchError."""
        try:
            url = URL(request.url, encoded=True)
            host, path, secure = (url.raw_host or "").lower(), url.raw_path, url.scheme == "https"
        except ValueError:
            # Not a URL: the inner fetcher says so in its own words.
            return await self._fetcher.fetch(request)
        await self._recall(host)
        cookies = self._jar.header(host, path, secure=secure, now=self._clock())
        response = await self._fetcher.fetch(_with_cookies(request, cookies))
        lines = _set_cookie_lines(response.headers)
        changed = bool(lines) and self._jar.take(lines, host, path, secure=secure, now=self._clock())
        if changed:
            await self._keep(host)
        if response.request is request and not changed:
            return response
        # The response names the request as it was given: its cookies must not follow a redirect.
        return msgspec.structs.replace(response, request=request, set_cookie=changed or response.set_cookie)

    async def _recall(self, host: str) -> None:
        """Take up the cookies that a host has set in an earlier run."""
        if self._store is None or host in self._recalled:
            return
        note = await self._store.kept(COOKIES + host, now=current_time())
        if note is not None and host not in self._recalled:
            cookies = msgspec.msgpack.decode(note.value, type=list[Cookie])
            self._jar.put_back(host, cookies, self._clock())
        self._recalled.add(host)

    async def _keep(self, host: str) -> None:
        """Keep a host's cookies: before anything is written down of the page that has set them."""
        if self._store is not None:
            cookies = msgspec.msgpack.encode(self._jar.of(host))
            await self._store.keep(COOKIES + host, cookies, now=current_time())


def _with_cookies(request: Request, cookies: str) -> Request:
    if not cookies or any(name.lower() == "cookie" for name in request.headers):
        return request
    sent = copy(request)
    sent.headers = {**request.headers, "Cookie": cookies}
    return sent


def _set_cookie_lines(headers: Mapping[str, str]) -> Sequence[str]:
    """Return all Set-Cookie headers, of which an answer may have several."""
    getall = getattr(headers, "getall", None)
    if getall is not None:
        return list(getall("Set-Cookie", ()))
    return [value for name, value in headers.items() if name.lower() == "set-cookie"]
