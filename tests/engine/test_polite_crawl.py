from collections.abc import AsyncIterator
from typing import Any

import anyio

from crawler import Page, Politeness, Spider
from crawler.testing import PretendWeb, crawl_now, virtual, virtual_time

EXACT = 1e-9  # what sums of floats may be off by


class Everything(Spider):
    async def parse(self, page: Page) -> AsyncIterator[Any]:
        yield {"url": page.url}
        yield page.follow()


def site(web: PretendWeb, host: str, pages: int, latency: float | None = None) -> str:
    """Add a host with so many pages, of which the first links to all the others; return its URL."""
    links = "".join(f'<a href="/{number}">' for number in range(1, pages))
    web.page(f"https://{host}/", links, latency=latency)
    for number in range(1, pages):
        web.page(f"https://{host}/{number}", '<a href="/">', latency=latency)
    return f"https://{host}/"


def crawl_hosts(web: PretendWeb, starts: list[str], **options: Any) -> Any:
    spider = Everything()
    spider.start = starts
    return virtual(spider, web, **options)


def test_a_thousand_pages_politely_and_at_full_speed() -> None:
    web = PretendWeb(latency=0.1)
    hosts = [f"shop{number}.test" for number in range(50)]
    crawled = crawl_hosts(web, [site(web, host, 20) for host in hosts], politeness={"delay": 1.0})
    assert crawled.cause == "finished"
    assert crawled.stats.pages == 1000
    assert len({item["url"] for item in crawled.items}) == len(crawled.items) == 1000
    for host in hosts:
        assert web.most_at_once(host) == 1
        assert min(web.gaps(host)) >= 1.0 - EXACT
        assert web.asked(f"https://{host}/robots.txt") == 1
    seconds = max(hit.ended or 0.0 for hit in web.hits) - web.hits[0].started
    assert len(web.hits) / seconds >= 0.95 * len(hosts) / (1.0 + 0.1)


def test_hosts_of_different_speed_do_not_slow_each_other_down() -> None:
    web = PretendWeb()
    latencies = {f"host{number}.test": 0.05 + 0.15 * number for number in range(12)}
    starts = [site(web, host, 30, latency) for host, latency in latencies.items()]
    crawl_hosts(web, starts, politeness={"delay": 0.5, "robots": False})
    for host, latency in latencies.items():
        hits = web.hits_of(host)
        assert min(web.gaps(host)) >= 0.5 - EXACT
        seconds = (hits[-1].ended or 0.0) - hits[0].started
        assert len(hits) / seconds >= 0.95 / (max(0.5, latency) + latency)


def test_more_hosts_than_slots_use_every_slot() -> None:
    web = PretendWeb(latency=1.0)
    starts = [site(web, f"host{number}.test", 4) for number in range(40)]
    crawled = crawl_hosts(web, starts, politeness={"delay": 0.0, "robots": False}, fetch={"concurrency": 8})
    assert crawled.stats.pages == 160
    assert web.most_at_once() == 8
    assert crawled.stats.seconds <= 160 / 8 + 2


def test_several_fetches_at_once_on_a_host_where_that_is_allowed() -> None:
    web = PretendWeb(latency=1.0)
    start = site(web, "a.test", 61)
    crawled = crawl_hosts(web, [start], politeness={"delay": 0.0, "robots": False, "per_host": 3})
    assert web.most_at_once("a.test") == 3
    assert crawled.stats.seconds <= 1 + 60 / 3 + EXACT


def test_http_and_https_of_a_host_share_its_pace() -> None:
    web = PretendWeb()
    web.page("https://a.test/", '<a href="http://a.test/1"><a href="/2">')
    web.page("http://a.test/1")
    web.page("https://a.test/2")
    crawled = crawl_hosts(web, ["https://a.test/", "http://a.test/"], politeness={"delay": 2.0})
    assert crawled.stats.pages == 3
    assert web.most_at_once("a.test") == 1
    assert min(web.gaps("a.test")) >= 2.0 - EXACT


def test_crawl_delay_is_kept() -> None:
    web = PretendWeb()
    start = site(web, "a.test", 6)
    web.robots("https://a.test", "User-agent: *\nCrawl-delay: 5\n")
    crawl_hosts(web, [start], politeness={"delay": 1.0, "per_host": 4})
    assert min(web.gaps("a.test")) >= 5.0 - EXACT


def test_crawls_that_share_politeness_share_a_hosts_pace() -> None:
    web = PretendWeb(latency=0.2)
    first, second = Everything(), Everything()
    first.start, second.start = [site(web, "a.test", 10)], ["https://a.test/1"]

    async def both() -> None:
        politeness = Politeness(delay=1.0)
        async with anyio.create_task_group() as tasks:
            for spider in (first, second):
                tasks.start_soon(run, spider, politeness)

    async def run(spider: Spider, politeness: Politeness) -> None:
        crawled = await crawl_now(spider, web, politeness=politeness)
        assert crawled.stats.pages == 10

    virtual_time(both)
    assert web.most_at_once("a.test") == 1
    assert min(web.gaps("a.test")) >= 1.0 - EXACT


def test_virtual_seconds_are_those_of_the_figures() -> None:
    web = PretendWeb(latency=2.0)
    web.page("https://a.test/")
    crawled = crawl_hosts(web, ["https://a.test/"], politeness={"delay": 3.0})
    assert abs(crawled.stats.seconds - (2.0 + 3.0 + 2.0)) < EXACT
    assert crawled.stats.slowest_hosts() == [("https://a.test", 2.0)]


def test_every_run_takes_the_same_time() -> None:
    def once() -> list[tuple[float, str]]:
        web = PretendWeb()
        web.handler("https://slow.test/", lambda request: "<a href=/x><a href=/y>")
        crawl_hosts(web, [site(web, "a.test", 15), site(web, "b.test", 15), "https://slow.test/"])
        began = web.hits[0].started
        # What happens at the same instant happens in any order.
        return sorted((round(hit.started - began, 6), hit.host) for hit in web.hits)

    assert once() == once()
