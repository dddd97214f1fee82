"""Proxies: which one a host is asked through, and the rest of one that fails."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator, Sequence
from zlib import crc32

import msgspec
from aiohttp import encode_basic_auth
from yarl import URL

from crawler.errors import AddressRefused
from crawler.policy.address import AddressRule

_REST = 60.0


class Proxy(msgspec.Struct, frozen=True):
    """One HTTP proxy; its credentials are apart from its address, which may be shown.

    Attributes:
        url: scheme, host and port.
        auth: value of Proxy-Authorization, for the proxy alone; empty for a proxy that wants none.
    """

    url: URL
    auth: str = ""

    @classmethod
    def of(cls, url: str) -> Proxy:
        """Return the proxy that a URL names; the credentials in it are taken out."""
        whole = URL(url)
        auth = ""
        if whole.user is not None or whole.password is not None:
            auth = encode_basic_auth(whole.user or "", whole.password or "", "utf-8")
        return cls(whole.origin(), auth)

    def __repr__(self) -> str:
        return f"Proxy({str(self.url)!r})"

    @property
    def name(self) -> str:
        """How it is called in messages: host and port."""
        return self.url.host_port_subcomponent or str(self.url)


class Proxies:
    """All proxies of a crawl. A host is always asked through the same one, unless that one rests.

    Args:
        urls: the proxies, at least one.
        clock: seconds from any moment.
    """

    def __init__(self, urls: Sequence[str], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._proxies = [Proxy.of(url) for url in urls]
        self._clock = clock
        self._until: dict[Proxy, float] = {}

    def of(self, host: str) -> Iterator[Proxy]:
        """Yield the proxies that a host may be asked through, the usual one first; at least one of them.

        When all rest, it is the one whose rest is over first.
        """
        proxies, now = self._proxies, self._clock()
        # Not `hash`, which is another one in each process: a crawl that goes on keeps its addresses.
        first = crc32(host.encode()) % len(proxies)
        ordered = proxies[first:] + proxies[:first]
        awake = [proxy for proxy in ordered if self._until.get(proxy, 0.0) <= now]
        yield from awake or [min(ordered, key=lambda proxy: self._until[proxy])]

    def rest(self, proxy: Proxy) -> None:
        """Leave a proxy that has failed alone for a minute."""
        self._until[proxy] = self._clock() + _REST


def check_literal(url: URL, rule: AddressRule) -> None:
    """Raise AddressRefused when a URL itself names an address that is not public.

    Names are looked up by the proxy, where this rule cannot look; so what stands in the URL is all that
    can be judged. Old spellings of IPv4 addresses, such as 127.1, count as addresses.
    """
    host = (url.raw_host or "").rstrip(".").lower()
    if host == "localhost" or host.endswith(".localhost"):
        ip = "127.0.0.1"
    elif ":" in host:
        ip = host
    else:
        try:
            ip = socket.inet_ntoa(socket.inet_aton(host))
        except (OSError, UnicodeError):
            return
    if rule.refuses(ip):
        raise AddressRefused(f"{host}: {ip} is not a public address, and a proxy is not asked for it")
