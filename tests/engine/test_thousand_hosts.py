"""A thousand hosts at once: nobody is hurried, and nobody waits longer than is polite."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import anyio

from crawler import Page, Request, Spider
from crawler.testing import Answer, PretendWeb, virtual

EXACT = 1e-6
SECONDS = 9.0  # that each host is crawled for
DELAYS = (0.5, 1.0, 2.0)
LATENCIES = (0.05, 0.1, 0.2, 0.4)


class All(Spider):
    async def parse(self, page: Page) -> AsyncIterator[Any]:
        yield {"url": page.url}


class Host:
    """One pretended host, and what is polite to it."""

    def __init__(self, number: int, web: PretendWeb) -> None:
        self.name = f"{DELAYS[number % 3]:g}s.host{number}.test".replace("0.5s", "half")
        self.delay = DELAYS[number % 3]
        self.latency = LATENCIES[number % 4]
        self.storm = number % 10 == 3
        if number % 7 == 0:
            self.delay = max(self.delay, 3.0)
            web.robots(self.origin, "user-agent: *\ncrawl-delay: 3", latency=self.latency)
        else:
            web.robots(self.origin, "", latency=self.latency)
        self.pages = int(SECONDS / (self.delay + self.latency))
        self.began: float | None = None
        web.handler(f"{self.origin}/", self.answer)

    @property
    def origin(self) -> str:
        return f"https://{self.name}"

    def answer(self, request: Request) -> Answer:
        """Answer as usual; a stormy host has too much to do from its third to its sixth second."""
        now = anyio.current_time()
        self.began = now if self.began is None else self.began
        if self.storm and 3.0 <= now - self.began < 6.0:
            return Answer(status=429, headers={"Retry-After": "2"}, latency=self.latency)
        return Answer("<p>", latency=self.latency)


def test_a_thousand_hosts_with_delays_of_their_own_and_storms() -> None:
    web = PretendWeb()
    hosts = [Host(number, web) for number in range(1000)]
    spider = All()
    spider.start = [f"{host.origin}/{n}" for n in range(50) for host in hosts if n < host.pages]
    own = {host.name: {"delay": DELAYS[number % 3]} for number, host in enumerate(hosts)}
    crawled = virtual(spider, web, politeness={"hosts": own}, fetch={"concurrency": 500})
    assert crawled.cause == "finished"
    assert crawled.stats.pages == len(spider.start)
    assert crawled.stats.gave_up == {}

    hits: dict[str, list[Any]] = {host.name: [] for host in hosts}
    for hit in web.hits:
        hits[hit.host].append(hit)
    for host in hosts:
        for before, after in pairwise(hits[host.name]):
            rest = after.started - (before.ended or 0.0)
            asked = 2.0 if before.status == 429 else 0.0
            assert rest >= max(host.delay, asked) - EXACT, (host.name, before, after)

    calm = [host for host in hosts if not host.storm]
    polite = sum(1 / (host.delay + host.latency) for host in calm)
    contacts = sum(len(hits[host.name]) for host in calm)
    seconds = max(hits[host.name][-1].ended for host in calm) - min(
        hits[host.name][0].started for host in calm
    )
    assert contacts / seconds >= 0.95 * polite
    # A storm ends for its host when it has passed: nobody waits much longer than was asked for.
    for host in hosts:
        if host.storm:
            whole = hits[host.name][-1].ended - hits[host.name][0].started
            assert whole <= (host.pages + 1) * (host.delay + host.latency) + 20.0
