"""The running site as its visitors and tests see it: where it is, what it has, what it was asked."""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from aiohttp import web

from crawler.demo.catalogue import Catalogue
from crawler.demo.paths import (
    MEMBERS,
    PRIVATE,
    TROUBLE_ABNORMAL,
    WALL,
    Counts,
    counts,
    normal_pages,
)


@dataclass(frozen=True, slots=True)
class Hit:
    """One request as the server saw it.

    `path_qs` is the target exactly as it was sent, `headers` look names up in any case, `at` is the arrival
    in seconds of `time.monotonic()`, and `status` is None until the answer begins.
    """

    method: str
    path_qs: str
    headers: Mapping[str, str]
    at: float
    status: int | None = None


class DemoSite:
    """One served site, with everything it observed.

    Arguments: `url` without a trailing slash, the `catalogue` it shows, and whether it keeps `hits`.

    Sets of addresses, each a path with its query:

    - `pages`: what a crawler that keeps no cookies, never posts, obeys robots.txt, follows redirects and
      retries a 503 or 429 must read with status 200, starting at "/" and following every `<a href>`. It has
      the login form the members' pages lead to, but no page behind the login or the cookie wall.
    - `wall_pages`: what a crawler that keeps cookies reads besides.
    - `member_pages`: what it reads once it has logged in.
    - `private_pages`: what robots.txt forbids; nothing of it may ever be among the hits.
    - `abnormal_pages`: linked HTML answered with 200 that is cut short, empty, or hostile.
    """

    def __init__(self, url: str, catalogue: Catalogue, *, record_hits: bool = True) -> None:
        self.url = url
        self.catalogue = catalogue
        self.hits: list[Hit] = []
        self.refusals: Counter[str] = Counter()
        self.sessions: set[str] = set()
        self._record_hits = record_hits

    @property
    def articles(self) -> int:
        """The number of articles."""
        return self.catalogue.size

    @property
    def counts(self) -> Counts:
        """How many of each thing the site has."""
        return counts(self.articles)

    @cached_property
    def pages(self) -> frozenset[str]:
        """The normal pages every well-behaved crawler reads."""
        return normal_pages(self.catalogue)

    @property
    def wall_pages(self) -> frozenset[str]:
        """The pages behind the cookie wall."""
        return frozenset(WALL)

    @property
    def member_pages(self) -> frozenset[str]:
        """The pages behind the login."""
        return frozenset(MEMBERS)

    @property
    def private_pages(self) -> frozenset[str]:
        """The pages robots.txt forbids."""
        return frozenset(PRIVATE)

    @property
    def abnormal_pages(self) -> frozenset[str]:
        """The linked pages answered with 200 that are broken, empty or hostile."""
        return frozenset(TROUBLE_ABNORMAL)

    def arrived(self, request: web.Request) -> Hit:
        """Note a request on arrival, so that hits are in the order of arrival even when answers are slow."""
        hit = Hit(request.method, request.raw_path, request.headers, time.monotonic())
        if self._record_hits:
            self.hits.append(hit)
        return hit

    def answered(self, hit: Hit, status: int) -> None:
        """Note the status a hit was answered with; a hit that a test has cleared away stays away."""
        # From the end, since what is being answered has just arrived.
        for index in range(len(self.hits) - 1, -1, -1):
            if self.hits[index] is hit:
                self.hits[index] = replace(hit, status=status)
                return


SITE = web.AppKey("SITE", DemoSite)
