"""A cookie jar in which every cookie has a home: a host, or a domain whose hosts share it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from crawler.fetch.cookie import Cookie, homes_of, parse_set_cookie
from crawler.fetch.suffixes import OneOwner

MAX_PER_HOME = 50
MAX_COOKIES = 3000
#: Characters of a Cookie header: most servers refuse a longer one, and any host of a domain may add to it.
MAX_HEADER = 8000

_Key = tuple[str, str]


class CookieJar:
    """Keeps cookies in memory, by host name as RFC 6265 has it: the ports of a host share them.

    A full home loses its oldest cookie, a full jar the oldest one of the home that was used least
    recently; of an answer, so many lines are read as a home has room for. Times are seconds since 1970,
    given as `now`.

    Args:
        one_owner: says which domains may share cookies; without it every cookie stays with its host.
    """

    def __init__(self, one_owner: OneOwner | None = None) -> None:
        # By home, in order of use; the cookies of a home in order of creation.
        self._homes: dict[str, dict[_Key, Cookie]] = {}
        self._count = 0
        self._one_owner = one_owner

    def __len__(self) -> int:
        return self._count

    def header(self, host: str, path: str, *, secure: bool, now: float) -> str:
        """Return the value of the Cookie header for a request, empty when there is no cookie for it."""
        fitting = [cookie for cookie in self._fresh(host, now) if cookie.goes_with(path, secure=secure)]
        # Longer paths first; the sort is stable, so those of equal length stay as they were created.
        fitting.sort(key=lambda cookie: -len(cookie.path))
        sent, room = [], MAX_HEADER
        for pair in (f"{cookie.name}={cookie.value}" for cookie in fitting):
            if len(pair) + 2 <= room:
                sent.append(pair)
                room -= len(pair) + 2
        return "; ".join(sent)

    def take(self, headers: Sequence[str], host: str, path: str, *, secure: bool, now: float) -> set[str]:
        """Take the Set-Cookie headers of an answer; return the homes in which one was kept or deleted."""
        changed = set()
        for header in islice(headers, MAX_PER_HOME):
            cookie = parse_set_cookie(
                header, host=host, path=path, secure=secure, now=now, one_owner=self._one_owner
            )
            if cookie is None:
                continue
            home = "." + cookie.domain if cookie.domain else host
            if self._put(home, cookie, secure=secure, now=now):
                changed.add(home)
        return changed

    def of(self, home: str) -> list[Cookie]:
        """Return the cookies of a home, in the order of their creation."""
        return list(self._homes.get(home, {}).values())

    def put_back(self, home: str, cookies: Sequence[Cookie], now: float) -> None:
        """Take in what `of` returned in an earlier run, but for what is over."""
        for cookie in cookies:
            self._put(home, cookie, secure=True, now=now)

    def _fresh(self, host: str, now: float) -> Iterator[Cookie]:
        for home in homes_of(host):
            if (cookies := self._homes.pop(home, None)) is not None:
                self._homes[home] = cookies
                self._drop_expired(home, now)
                yield from cookies.values()

    def _put(self, home: str, cookie: Cookie, *, secure: bool, now: float) -> bool:
        if not secure and self._shadows_secure(home, cookie):
            return False
        cookies = self._homes.get(home, {})
        key = (cookie.name, cookie.path)
        if cookie.expires <= now:
            known = cookies.pop(key, None) is not None
            self._count -= known
            self._forget_if_empty(home)
            return known
        self._homes[home] = cookies
        # A cookie that is set anew keeps its place in the order of creation.
        self._count += key not in cookies
        cookies[key] = cookie
        if len(cookies) > MAX_PER_HOME or self._count > MAX_COOKIES:
            self._make_room(home, now)
        return True

    def _shadows_secure(self, home: str, cookie: Cookie) -> bool:
        """Say whether a cookie set over http would hide or replace one set over https (RFC 6265bis, 5.7)."""
        return any(
            other.secure and other.name == cookie.name and other.goes_with(cookie.path, secure=True)
            for near in self._homes
            if _related(home.lstrip("."), near.lstrip("."))
            for other in self._homes[near].values()
        )

    def _make_room(self, home: str, now: float) -> None:
        self._drop_expired(home, now)
        if len(self._homes.get(home, ())) > MAX_PER_HOME:
            self._drop_oldest(home)
        while self._count > MAX_COOKIES:
            self._drop_oldest(next(iter(self._homes)))

    def _drop_oldest(self, home: str) -> None:
        cookies = self._homes[home]
        del cookies[next(iter(cookies))]
        self._count -= 1
        self._forget_if_empty(home)

    def _drop_expired(self, home: str, now: float) -> None:
        cookies = self._homes[home]
        for key in [key for key, cookie in cookies.items() if cookie.expires <= now]:
            del cookies[key]
            self._count -= 1
        self._forget_if_empty(home)

    def _forget_if_empty(self, home: str) -> None:
        if home in self._homes and not self._homes[home]:
            del self._homes[home]


def _related(one: str, other: str) -> bool:
    """Say whether one of two names is the other, or above it."""
    return one == other or one.endswith("." + other) or other.endswith("." + one)
