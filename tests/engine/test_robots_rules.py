from collections.abc import AsyncIterator
from typing import Any

import pytest

from crawler import Page, Spider
from crawler.errors import AddressRefused, ConnectFailed, NameNotFound
from crawler.events import RobotsRead
from crawler.testing import Answer, PretendWeb, virtual

A = "https://a.test"
POLITE = {"delay": 1.0}


class Everything(Spider):
    start = (f"{A}/",)
    hosts = ("a.test", "b.test")

    async def parse(self, page: Page) -> AsyncIterator[Any]:
        yield {"url": page.url}
        yield page.follow()


def site() -> PretendWeb:
    web = PretendWeb()
    web.page(f"{A}/", "<a href=/open><a href=/private/1><a href=/private/2>")
    for path in ("open", "private/1", "private/2"):
        web.page(f"{A}/{path}")
    return web


def verdicts(crawled: Any) -> list[str]:
    return [event.verdict for event in crawled.events if isinstance(event, RobotsRead)]


def test_what_is_disallowed_is_refused_without_contact() -> None:
    web = site()
    web.robots(A, "User-agent: *\nDisallow: /private/")
    crawled = virtual(Everything, web, politeness=POLITE)
    assert [hit.url for hit in web.hits] == [f"{A}/robots.txt", f"{A}/", f"{A}/open"]
    assert crawled.stats.refused == {"robots": 2}
    # One rest before the first refusal, and none between the two.
    assert crawled.stats.seconds == pytest.approx(3 * 1.0 + 3 * 0.05)


def test_rules_for_our_own_name_win() -> None:
    web = site()
    web.robots(A, "User-agent: *\nDisallow: /\n\nUser-agent: shopbot\nDisallow: /private/1")
    crawled = virtual(Everything, web, politeness=POLITE, fetch={"user_agent": "shopbot/2.0 (test)"})
    assert len(crawled.items) == 3
    assert crawled.stats.refused == {"robots": 1}


def test_robots_txt_is_asked_once_per_origin_and_before_anything_else() -> None:
    web = site()
    web.page(
        f"{A}/", "<a href=/open><a href=http://a.test/><a href=https://b.test/1><a href=https://b.test/2>"
    )
    for url in ("http://a.test/", "https://b.test/1", "https://b.test/2"):
        web.page(url)
    virtual(Everything, web, politeness=POLITE)
    for origin in (A, "http://a.test", "https://b.test"):
        urls = [hit.url for hit in web.hits if hit.url.startswith(origin + "/")]
        assert urls[0] == f"{origin}/robots.txt"
        assert urls.count(f"{origin}/robots.txt") == 1


def test_robots_txt_can_be_turned_off() -> None:
    web = site()
    web.robots(A, "User-agent: *\nDisallow: /")
    crawled = virtual(Everything, web, politeness={"delay": 0.0, "robots": False})
    assert len(crawled.items) == 4
    assert web.asked(f"{A}/robots.txt") == 0


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_without_a_robots_txt_everything_is_open(status: int) -> None:
    web = site()
    web.robots(A, "User-agent: *\nDisallow: /", status=status)
    crawled = virtual(Everything, web, politeness=POLITE)
    assert len(crawled.items) == 4


@pytest.mark.parametrize("status", [500, 503, 429])
def test_while_robots_txt_is_broken_nothing_is_fetched(status: int) -> None:
    web = site()
    web.robots(A, "", status=status)
    crawled = virtual(Everything, web, politeness=POLITE)
    assert {hit.url for hit in web.hits} == {f"{A}/robots.txt"}
    assert len(web.hits) == 3
    assert crawled.stats.refused == {"robots": 1}
    assert verdicts(crawled) == [f"status {status}: nothing may be fetched"]


def test_a_robots_txt_that_comes_back_is_obeyed() -> None:
    web = site()
    answers = [Answer(status=503), Answer("User-agent: *\nDisallow: /private/", content_type="text/plain")]
    web.handler(f"{A}/robots.txt", lambda request: answers.pop(0))
    crawled = virtual(Everything, web, politeness=POLITE)
    assert len(crawled.items) == 2
    assert verdicts(crawled) == ["rules read"]


@pytest.mark.parametrize("fault", [ConnectFailed, NameNotFound])
def test_an_unreachable_robots_txt_forbids_everything(fault: Any) -> None:
    web = site()
    web.fault(f"{A}/robots.txt", fault, times=9)
    crawled = virtual(Everything, web, politeness=POLITE)
    assert len(web.hits) == 3
    assert crawled.stats.refused == {fault.reason: 1}  # the cause, and not that robots.txt forbids it
    assert verdicts(crawled) == [f"unreachable ({fault.reason}): nothing may be fetched"]


def test_a_host_whose_address_is_refused_says_so_and_not_that_robots_txt_forbids() -> None:
    web = site()
    web.fault(f"{A}/robots.txt", AddressRefused, times=9)
    web.fault(f"{A}/", AddressRefused, times=9)
    crawled = virtual(Everything, web, politeness=POLITE)
    assert len(web.hits) == 2
    assert crawled.stats.refused == {"address": 1}


def test_a_redirected_robots_txt_is_followed_to_another_host() -> None:
    web = site()
    web.redirect(f"{A}/robots.txt", "https://elsewhere.test/rules", status=301)
    web.page("https://elsewhere.test/rules", "User-agent: *\nDisallow: /private/", content_type="text/plain")
    crawled = virtual(Everything, web, politeness=POLITE)
    assert len(crawled.items) == 2
    assert [hit.url for hit in web.hits_of("elsewhere.test")] == ["https://elsewhere.test/rules"]


@pytest.mark.parametrize(("hops", "items"), [(5, 2), (6, 4)])
def test_five_redirects_of_robots_txt_are_followed_and_then_everything_is_open(hops: int, items: int) -> None:
    web = site()
    web.redirect(f"{A}/robots.txt", "/r1")
    for hop in range(1, hops):
        web.redirect(f"{A}/r{hop}", f"/r{hop + 1}")
    web.page(f"{A}/r{hops}", "User-agent: *\nDisallow: /private/", content_type="text/plain")
    crawled = virtual(Everything, web, politeness=POLITE)
    assert len(crawled.items) == items


def test_a_robots_txt_redirected_to_nowhere_counts_as_missing() -> None:
    web = site()
    web.redirect(f"{A}/robots.txt", "mailto:webmaster@a.test")
    assert len(virtual(Everything, web, politeness=POLITE).items) == 4


def test_a_busy_robots_txt_rests_the_host() -> None:
    web = site()
    answers = [Answer(status=429, headers={"Retry-After": "20"}), Answer(status=404)]
    web.handler(f"{A}/robots.txt", lambda request: answers.pop(0))
    virtual(Everything, web, politeness=POLITE)
    assert web.gaps("a.test")[0] == pytest.approx(20.0)


def test_what_robots_txt_refuses_counts_towards_no_limit() -> None:
    web = site()
    web.robots(A, "User-agent: *\nDisallow: /private/")
    crawled = virtual(Everything, web, politeness=POLITE, limits={"pages": 2})
    assert len(crawled.items) == 2
    assert f"{A}/open" in {item["url"] for item in crawled.items}
