"""A fetcher that holds a fetcher, and keeps cookies between its fetches."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from copy import copy

import msgspec
from yarl import URL

from crawler.contracts import Fetcher
from crawler.fetch.jar import CookieJar
from crawler.model import Request, Response


class CookieFetcher:
    """Sends the cookies that earlier answers of the same host have set (RFC 6265).

    Every cookie stays with the host that set it, also one that names a Domain. A request that has
    a Cookie header of its own is sent with that one. `set_cookie` of the response says whether the
    answer changed the jar.

    Args:
        fetcher: what does the fetching.
        clock: seconds since 1970, for the cookies' expiry.
    """

    def __init__(self, fetcher: Fetcher, *, clock: Callable[[], float] = time.time) -> None:
        self._fetcher = fetcher
        self._clock = clock
        self._jar = CookieJar()

    async def fetch(self, request: Request) -> Response:
        """Return the inner fetcher's response to the request with its cookies. Raises FetchError."""
        try:
            url = URL(request.url, encoded=True)
            host, path, secure = (url.raw_host or "").lower(), url.raw_path, url.scheme == "https"
        except ValueError:
            # Not a URL: the inner fetcher says so in its own words.
            return await self._fetcher.fetch(request)
        cookies = self._jar.header(host, path, secure=secure, now=self._clock())
        response = await self._fetcher.fetch(_with_cookies(request, cookies))
        lines = _set_cookie_lines(response.headers)
        changed = bool(lines) and self._jar.take(lines, host, path, secure=secure, now=self._clock())
        if response.request is request and not changed:
            return response
        # The response names the request as it was given: its cookies must not follow a redirect.
        return msgspec.structs.replace(response, request=request, set_cookie=changed or response.set_cookie)


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
