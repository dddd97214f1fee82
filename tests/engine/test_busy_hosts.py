"""Hosts that say they have too much to do, that are slow, dead, or many at one address."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from typing import Any

import anyio
import pytest

from crawler import Page, Politeness, Request, Spider
from crawler.errors import ConnectTimeout
from crawler.model import Failure
from crawler.policy.backoff import PATIENCE
from crawler.testing import Answer, Hit, PretendWeb, crawl_now, virtual, virtual_time

A = "https://a.test"
EXACT = 1e-9


class Everything(Spider):
    def __init__(self, *start: str | Request) -> None:
        super().__init__()
        self.start = start

    async def parse(self, page: Page) -> AsyncIterator[Any]:
        yield {"url": page.url}
        yield page.follow()

    async def failed(self, failure: Failure) -> AsyncIterator[Any]:
        yield {"failed": failure.request.url, "reason": failure.reason.value}


def pages(number: int, host: str = A) -> list[str]:
    return [f"{host}/{n}" for n in range(number)]


def busy_until(end: float, **headers: str) -> Any:
    """Answer 429 for so many seconds from the first request on, and then as one would wish."""
    began: list[float] = []

    def answer(request: Request) -> Answer:
        now = anyio.current_time()
        began.append(now)
        return Answer(status=429, headers=headers) if now < began[0] + end else Answer("<p>")

    return answer


def troubles(hits: list[Hit]) -> list[Hit]:
    return [hit for hit in hits if hit.status == 429]


def test_a_storm_loses_no_page_and_every_rest_is_longer() -> None:
    web = PretendWeb(latency=0.1)
    web.handler(f"{A}/", busy_until(20.0))
    crawled = virtual(Everything(*pages(30)), web, politeness={"delay": 0.1, "robots": False})
    assert crawled.stats.pages == 30
    assert crawled.stats.gave_up == {}
    rests = [gap for gap, hit in zip(web.gaps("a.test"), web.hits, strict=False) if hit.status == 429]
    assert len(rests) < 8
    for n, rest in enumerate(rests):
        assert rest >= 0.5 * 2**n - EXACT


def test_a_burst_is_one_event() -> None:
    web = PretendWeb(latency=0.1)
    web.handler(f"{A}/", busy_until(0.05))
    polite = {"delay": 0.0, "robots": False, "per_host": 10}
    crawled = virtual(Everything(*pages(40)), web, politeness=polite)
    assert crawled.stats.pages == 40
    assert len(troubles(web.hits_of("a.test"))) == 10
    ended = max(hit.ended or 0.0 for hit in troubles(web.hits_of("a.test")))
    after = min(hit.started for hit in web.hits if hit.status == 200)
    assert 0.5 <= after - ended + EXACT <= 1.0 + 2 * EXACT  # as after one trouble, not after ten


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_both_forms_of_retry_after_are_kept_to(form: str) -> None:
    web = PretendWeb(latency=0.0)
    value = (
        "30" if form == "seconds" else format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    )
    answers = [Answer(status=503, headers={"Retry-After": value}), Answer("<p>")]
    web.handler(f"{A}/", lambda request: answers.pop(0))
    crawled = virtual(Everything(f"{A}/"), web, politeness={"robots": False})
    assert crawled.stats.pages == 1
    (gap,) = web.gaps("a.test")
    assert 28.0 <= gap <= 30.0 + EXACT  # a date has no parts of a second


def test_a_retry_after_of_a_year_is_cut_to_the_longest_rest() -> None:
    web = PretendWeb(latency=0.0)
    web.page(f"{A}/", status=503, headers={"Retry-After": "31536000"})
    crawled = virtual(Everything(f"{A}/"), web, politeness={"robots": False, "max_delay": 20.0})
    assert crawled.stats.gave_up == {"status 503": 1}
    assert max(web.gaps("a.test")) <= 20.0 + EXACT


def test_a_retry_after_of_zero_is_no_answer() -> None:
    web = PretendWeb(latency=0.0)
    web.page(f"{A}/", status=429, headers={"Retry-After": "0"})
    virtual(Everything(f"{A}/"), web, politeness={"delay": 0.0, "robots": False})
    for n, gap in enumerate(web.gaps("a.test")):
        assert gap >= 0.5 * 2**n - EXACT


def test_pages_that_were_not_tried_come_before_one_that_failed() -> None:
    web = PretendWeb()
    web.page(f"{A}/0", status=503)
    for url in pages(6)[1:]:
        web.page(url)
    crawled = virtual(Everything(*pages(6)), web, politeness={"delay": 5.0, "robots": False})
    assert [hit.url for hit in web.hits[:6]] == pages(6)
    assert {hit.url for hit in web.hits[6:]} == {f"{A}/0"}
    assert crawled.stats.gave_up == {"status 503": 1}


def test_a_host_that_stays_busy_is_given_up_in_bounded_time() -> None:
    web = PretendWeb()
    web.handler(f"{A}/", lambda request: Answer(status=429))
    web.page("https://b.test/")
    starts = [Request(url, on_error="failed") for url in pages(500)]
    crawled = virtual(Everything(*starts, "https://b.test/"), web, politeness={"robots": False})
    assert len(web.hits_of("a.test")) == PATIENCE
    assert crawled.stats.seconds < 400
    assert crawled.stats.gave_up == {"host_down": 500}
    assert sum(item.get("reason") == "host_down" for item in crawled.items) == 500


def test_a_dead_host_is_given_up_and_one_that_comes_back_is_not() -> None:
    web = PretendWeb()
    for n in range(100):
        web.fault(f"{A}/{n}", ConnectTimeout, times=99)
        web.page(f"https://back.test/{n}")
    for n in range(5):
        web.fault(f"https://back.test/{n}", ConnectTimeout)
    starts = [*pages(100), *pages(100, "https://back.test")]
    crawled = virtual(Everything(*starts), web, politeness={"robots": False})
    assert len(web.hits_of("a.test")) == PATIENCE
    assert crawled.stats.gave_up == {"host_down": 100}
    assert len(crawled.items) == 100


def test_a_host_that_was_given_up_is_asked_once_more_later() -> None:
    web = PretendWeb()
    web.handler(f"{A}/", busy_until(310.0))
    slow = pages(12, "https://b.test")
    for url in slow:
        web.page(url, latency=50.0)
    web.page(slow[-1], f"<a href={A}/late>", latency=50.0)
    crawled = virtual(Everything(*pages(PATIENCE), *slow), web, politeness={"robots": False})
    assert crawled.stats.gave_up == {"host_down": PATIENCE}
    assert {"url": f"{A}/late"} in crawled.items


def test_what_one_crawl_is_told_holds_for_another_that_shares_the_host() -> None:
    web = PretendWeb(latency=0.1)
    for url in pages(8):
        web.page(url)
    web.page(f"{A}/busy", status=429, headers={"Retry-After": "30"})

    async def both() -> None:
        politeness = Politeness(delay=1.0)
        async with anyio.create_task_group() as tasks:
            for starts in ([f"{A}/busy"], pages(8)):
                options: dict[str, Any] = {"politeness": politeness, "limits": {"time": 20}}
                tasks.start_soon(partial(crawl_now, Everything(*starts), web, **options))

    virtual_time(both)
    answered = next(hit for hit in web.hits if hit.status == 429)
    assert [hit for hit in web.hits if hit.started > (answered.ended or 0.0)] == []
    assert {hit.url for hit in web.hits} >= {f"{A}/busy", f"{A}/robots.txt"}


def test_a_slow_host_gets_as_much_rest_as_it_takes_to_answer() -> None:
    web = PretendWeb()
    for n, latency in enumerate([0.1, 4.0, 2.0, 0.1]):
        web.page(f"{A}/{n}", latency=latency)
    virtual(Everything(*pages(4)), web, politeness={"delay": 1.0, "robots": False})
    assert web.gaps("a.test") == pytest.approx([1.0, 4.0, 2.0])


@pytest.mark.parametrize("polite", [{"delay": 1.0, "adapt": False}, {"delay": 0.0}])
def test_adapting_can_be_turned_off_and_is_off_without_a_delay(polite: dict[str, Any]) -> None:
    web = PretendWeb(latency=5.0)
    for url in pages(3):
        web.page(url)
    virtual(Everything(*pages(3)), web, politeness={"robots": False, **polite})
    assert web.gaps("a.test") == pytest.approx([polite["delay"]] * 2)


def test_many_hosts_at_one_address_share_its_limit() -> None:
    web = PretendWeb(latency=1.0)
    hosts = [f"shop{n}.test" for n in range(20)]
    for host in hosts:
        web.address(host, "192.0.2.7")
        web.page(f"https://{host}/", "<a href=/1><a href=/2>")
        web.page(f"https://{host}/1")
        web.page(f"https://{host}/2")
    starts = [f"https://{host}/" for host in hosts]
    crawled = virtual(Everything(*starts), web, politeness={"delay": 0.0, "per_ip": 3})
    assert crawled.stats.pages == 60
    # The first contact to each host, for robots.txt, tells where it is.
    rest = [hit for hit in web.hits if not hit.url.endswith("robots.txt")]
    most = max(sum(hit.started <= at.started < (hit.ended or 0.0) for hit in rest) for at in rest)
    assert most == 3
    seconds = max(hit.ended or 0.0 for hit in rest) - min(hit.started for hit in rest)
    assert seconds == pytest.approx(60 / 3)


def test_a_host_may_have_a_pace_of_its_own() -> None:
    web = PretendWeb(latency=1.0)
    for host in ("a.test", "own.test", "deep.sub.test"):
        for n in range(5):
            web.page(f"https://{host}/{n}")
    starts = [url for host in ("a.test", "own.test", "deep.sub.test") for url in pages(5, f"https://{host}")]
    polite = {
        "delay": 2.0,
        "robots": False,
        "hosts": {
            "own.test": {"delay": 0, "per_host": 5},
            "*.test": {"delay": 9.0},
            "*.sub.test": {"per_host": 2},
        },
    }
    virtual(Everything(*starts), web, politeness=polite)
    assert web.most_at_once("own.test") == 5
    assert web.gaps("a.test") == pytest.approx([9.0] * 4)
    assert web.most_at_once("deep.sub.test") == 2
    assert min(gap for gap in web.gaps("deep.sub.test") if gap > 0) == pytest.approx(2.0)
