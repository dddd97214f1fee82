"""Which URLs belong to the crawl."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from crawler.errors import UrlError
from crawler.model import Reason
from crawler.url import canonical, host_of, is_web


class Scope:
    """Answers whether a canonical URL may be crawled.

    Args:
        hosts: host names; `*.example.com` stands for every host below it, `*` for every host there is.
            With none, the crawl's home: the hosts of the start URLs, as `welcome` is told of them.
        include: regular expressions; when there are any, one must be found in the URL.
        exclude: regular expressions; none may be found in the URL.
        depth: how many links away from a start URL a page may be; None for any.
    """

    def __init__(
        self,
        hosts: Iterable[str] = (),
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
        depth: int | None = None,
    ) -> None:
        names = [_plain(host) for host in hosts]
        self._hosts = {name for name in names if not name.startswith("*.")}
        self._home = not names
        self._anywhere = "*" in names
        self._parents = tuple(name[1:] for name in names if name.startswith("*."))
        self._include = [re.compile(pattern) for pattern in include]
        self._exclude = [re.compile(pattern) for pattern in exclude]
        self._depth = depth

    def refuses(self, url: str) -> Reason | None:
        """Return why a canonical URL is out of scope, or None when it is in."""
        if not is_web(url):
            return Reason.SCHEME
        if not self._anywhere and self._is_elsewhere(host_of(url)):
            return Reason.HOST
        return self._left_out(url)

    def may_start(self, url: str) -> bool:
        """Say whether a canonical URL would be in scope as a start URL, where its host may become home."""
        return is_web(url) and self._left_out(url) is None and (self._home or self.refuses(url) is None)

    def _left_out(self, url: str) -> Reason | None:
        if self._include and not any(pattern.search(url) for pattern in self._include):
            return Reason.INCLUDE
        if any(pattern.search(url) for pattern in self._exclude):
            return Reason.EXCLUDE
        return None

    def _is_elsewhere(self, host: str) -> bool:
        return host not in self._hosts and not host.endswith(self._parents or ("\0",))

    def too_deep(self, depth: int) -> bool:
        """Say whether pages this many links away from a start URL are not fetched."""
        return self._depth is not None and depth > self._depth

    def welcome(self, url: str) -> bool:
        """Count a start URL's host as home, unless hosts were named; say whether that is new.

        Its twin with or without `www.` is home too: front pages often redirect from one to the other.
        """
        host = host_of(url)
        if not self._home or host in self._hosts:
            return False
        twin = host[4:] if host.startswith("www.") else f"www.{host}"
        named = not host.rpartition(".")[2].isdigit() and "." in host
        self._hosts.update({host, twin} if named else {host})
        return True


def _plain(name: str) -> str:
    """Return a host name as it stands in canonical URLs: `*.Bücher.example` is `*.xn--bcher-kva.example`."""
    wild, host = ("*.", name[2:]) if name.startswith("*.") else ("", name)
    try:
        return wild + host_of(canonical(f"http://{host}/"))
    except UrlError:
        return name.lower()
