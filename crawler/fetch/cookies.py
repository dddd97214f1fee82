"""A fetcher that holds a fetcher, and keeps cookies between its fetches."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy

import msgspec
from anyio import current_time
from yarl import URL

from crawler.contracts import COOKIES, Fetcher, Store
from crawler.fetch.cookie import Cookie, homes_of
from crawler.fetch.jar import CookieJar
from crawler.fetch.suffixes import OneOwner
from crawler.model import Request, Response

_log = logging.getLogger("crawler")

_DOMAIN = re.compile(r";[ \t]*domain[ \t]*=[ \t]*[^; \t]", re.IGNORECASE)


class CookieFetcher:
    """Sends the cookies that earlier answers of the same host, or of its domain, have set (RFC 6265bis).

    A request that has a Cookie header of its own is sent with that one. `set_cookie` of the response
    says whether the answer changed the jar.

    Args:
        fetcher: what does the fetching.
        store: keeps the cookies of each host and domain, so that a login outlives the process; None to
            forget them.
        one_owner: says which domains may share cookies; without it every cookie stays with its host,
            also one that names a Domain.
        clock: seconds since 1970, for the cookies' expiry.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        store: Store | None = None,
        *,
        one_owner: OneOwner | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._fetcher = fetcher
        self._store = store
        self._clock = clock
        self._jar = CookieJar(one_owner)
        self._recalled: set[str] = set()
        self._told = one_owner is not None

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
        if not lines and response.request is request:
            return response
        changed = self._jar.take(lines, host, path, secure=secure, now=self._clock())
        self._tell_of_domains(host, lines)
        await self._keep(changed)
        # The response names the request as it was given: its cookies must not follow a redirect.
        return msgspec.structs.replace(
            response, request=request, set_cookie=bool(changed) or response.set_cookie
        )

    async def _recall(self, host: str) -> None:
        """Take up the cookies that were set for a host in an earlier run."""
        if self._store is None or host in self._recalled:
            return
        for home in reversed(list(homes_of(host))):  # the host itself comes last: then it has all
            if home in self._recalled:
                continue
            note = await self._store.kept(COOKIES + home, now=current_time())
            if note is not None and home not in self._recalled:
                cookies = msgspec.msgpack.decode(note.value, type=list[Cookie])
                self._jar.put_back(home, cookies, self._clock())
            self._recalled.add(home)

    async def _keep(self, homes: Iterable[str]) -> None:
        """Keep the cookies of some homes: before anything is written down of the page that has set them.

        A process that dies between two of them has not settled the page: it is fetched again, and sets both.
        """
        if self._store is not None:
            for home in homes:
                cookies = msgspec.msgpack.encode(self._jar.of(home))
                await self._store.keep(COOKIES + home, cookies, now=current_time())

    def _tell_of_domains(self, host: str, lines: Iterable[str]) -> None:
        """Say once what is missing, when a cookie for a whole domain stays with its host."""
        if not self._told and any(_DOMAIN.search(line) for line in lines):
            self._told = True
            _log.warning(
                "%s sets cookies for its domain, which stay with their host: to share them with its other "
                "hosts, pip install 'aiocrawl[cookies]'",
                host,
            )


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
