"""A cookie jar in which every cookie belongs to exactly one host."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from crawler.fetch.cookie import Cookie, parse_set_cookie

MAX_PER_HOST = 50
MAX_COOKIES = 3000

_Key = tuple[str, str]


class CookieJar:
    """Keeps cookies in memory, by host name as RFC 6265 has it: the ports of a host share them.

    A full host loses its oldest cookie, a full jar the oldest one of the host that was used least
    recently. Times are seconds since 1970, given as `now`.
    """

    def __init__(self) -> None:
        # In order of use, the cookies of a host in order of creation.
        self._hosts: dict[str, dict[_Key, Cookie]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def header(self, host: str, path: str, *, secure: bool, now: float) -> str:
        """Return the value of the Cookie header for a request, empty when there is no cookie for it."""
        cookies = self._hosts.pop(host, None)
        if cookies is None:
            return ""
        self._hosts[host] = cookies
        self._drop_expired(host, now)
        fitting = [cookie for cookie in cookies.values() if cookie.goes_with(path, secure=secure)]
        # Longer paths first; the sort is stable, so those of equal length stay as they were created.
        fitting.sort(key=lambda cookie: -len(cookie.path))
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in fitting)

    def take(self, headers: Sequence[str], host: str, path: str, *, secure: bool, now: float) -> bool:
        """Take the Set-Cookie headers of an answer; say whether a cookie was kept or deleted."""
        changed = False
        for header in headers:
            cookie = parse_set_cookie(header, host=host, path=path, secure=secure, now=now)
            if cookie is not None and self._put(host, cookie, secure=secure, now=now):
                changed = True
        return changed

    def of(self, host: str) -> list[Cookie]:
        """Return the cookies of a host, in the order of their creation."""
        return list(self._hosts.get(host, {}).values())

    def put_back(self, host: str, cookies: Sequence[Cookie], now: float) -> None:
        """Take in what `of` returned in an earlier run, but for what is over."""
        for cookie in cookies:
            self._put(host, cookie, secure=True, now=now)

    def _put(self, host: str, cookie: Cookie, *, secure: bool, now: float) -> bool:
        cookies = self._hosts.get(host, {})
        key = (cookie.name, cookie.path)
        if not secure and _shadows_secure(cookie, cookies.values()):
            return False
        if cookie.expires <= now:
            known = cookies.pop(key, None) is not None
            self._count -= known
            self._forget_if_empty(host)
            return known
        self._hosts[host] = cookies
        # A cookie that is set anew keeps its place in the order of creation.
        self._count += key not in cookies
        cookies[key] = cookie
        if len(cookies) > MAX_PER_HOST or self._count > MAX_COOKIES:
            self._make_room(host, now)
        return True

    def _make_room(self, host: str, now: float) -> None:
        self._drop_expired(host, now)
        if len(self._hosts.get(host, ())) > MAX_PER_HOST:
            self._drop_oldest(host)
        while self._count > MAX_COOKIES:
            self._drop_oldest(next(iter(self._hosts)))

    def _drop_oldest(self, host: str) -> None:
        cookies = self._hosts[host]
        del cookies[next(iter(cookies))]
        self._count -= 1
        self._forget_if_empty(host)

    def _drop_expired(self, host: str, now: float) -> None:
        cookies = self._hosts[host]
        for key in [key for key, cookie in cookies.items() if cookie.expires <= now]:
            del cookies[key]
            self._count -= 1
        self._forget_if_empty(host)

    def _forget_if_empty(self, host: str) -> None:
        if host in self._hosts and not self._hosts[host]:
            del self._hosts[host]


def _shadows_secure(cookie: Cookie, kept: Iterable[Cookie]) -> bool:
    """Say whether a cookie set over http would hide or replace one set over https (RFC 6265bis, 5.7)."""
    return any(
        other.secure and other.name == cookie.name and other.goes_with(cookie.path, secure=True)
        for other in kept
    )
