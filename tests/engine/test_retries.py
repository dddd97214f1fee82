from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from crawler import Page, Request, Spider
from crawler.errors import (
    AddressRefused,
    BadBody,
    BodyTooLarge,
    ConnectFailed,
    ConnectTimeout,
    Disconnected,
    FetchError,
    NameNotFound,
    ProtocolError,
    ReadTimeout,
    TLSFailed,
    TLSTimeout,
    TotalTimeout,
)
from crawler.events import Visited
from crawler.model import Failure, Retry
from crawler.testing import Answer, PretendWeb, virtual

A = "https://a.test"
EXACT = 1e-9


class Start(Spider):
    def __init__(self, *start: str | Request) -> None:
        super().__init__()
        self.start = start

    async def parse(self, page: Page) -> AsyncIterator[Any]:
        yield {"url": page.url, "status": page.status}
        yield page.follow()

    async def failed(self, failure: Failure) -> AsyncIterator[Any]:
        yield {"failed": failure.request.url, "reason": failure.reason.value, "detail": failure.detail}
        if failure.request.data:
            yield Request(failure.request.data)

    async def broken(self, failure: Failure) -> AsyncIterator[Any]:
        yield {"lost": True}
        raise ValueError("the error callback is broken too")


def polite(**more: Any) -> dict[str, Any]:
    return {"delay": 0.0, "robots": False, **more}


PASSING = [
    ConnectFailed,
    ConnectTimeout,
    NameNotFound,
    TLSTimeout,
    ReadTimeout,
    TotalTimeout,
    Disconnected,
    ProtocolError,
    BadBody,
]


@pytest.mark.parametrize("fault", PASSING)
def test_a_fault_that_may_pass_is_tried_again(fault: type[FetchError]) -> None:
    web = PretendWeb()
    web.page(f"{A}/")
    web.fault(f"{A}/", fault, times=2)
    crawled = virtual(Start(f"{A}/"), web, politeness=polite())
    assert len(crawled.items) == 1
    assert crawled.stats.retries == {fault.reason: 2}
    assert crawled.stats.gave_up == {}


@pytest.mark.parametrize("fault", [TLSFailed, BodyTooLarge])
def test_a_fault_that_will_not_pass_is_given_up_at_once(fault: type[FetchError]) -> None:
    web = PretendWeb()
    web.fault(f"{A}/", fault, times=9)
    crawled = virtual(Start(f"{A}/"), web, politeness=polite())
    assert len(web.hits) == 1
    assert crawled.stats.gave_up == {fault.reason: 1}


def test_an_address_that_is_refused_costs_the_host_no_rest() -> None:
    web = PretendWeb(latency=0.0)
    web.page(f"{A}/2")
    web.fault(f"{A}/1", AddressRefused)
    crawled = virtual(Start(f"{A}/1", f"{A}/2"), web, politeness=polite(delay=50.0))
    assert crawled.stats.refused == {"address": 1}
    assert crawled.stats.seconds == 0.0


def test_pauses_grow_and_are_spread() -> None:
    web = PretendWeb(latency=0.0)
    web.fault(f"{A}/", ConnectFailed, times=9)
    crawled = virtual(Start(f"{A}/"), web, politeness=polite(retries=4))
    assert len(web.hits) == 5
    for number, gap in enumerate(web.gaps("a.test")):
        assert 0.5 * 2**number <= gap <= 2**number
    assert crawled.stats.gave_up == {"connect": 1}


def test_no_pause_is_longer_than_the_longest() -> None:
    web = PretendWeb(latency=0.0)
    web.fault(f"{A}/", ConnectFailed, times=9)
    virtual(Start(f"{A}/"), web, politeness=polite(retries=8, max_delay=5.0))
    assert max(web.gaps("a.test")) == pytest.approx(5.0)


def test_retries_can_be_turned_off() -> None:
    web = PretendWeb()
    web.fault(f"{A}/", ConnectFailed)
    crawled = virtual(Start(f"{A}/"), web, politeness=polite(retries=0))
    assert len(web.hits) == 1
    assert crawled.stats.gave_up == {"connect": 1}


def test_a_host_with_a_fault_does_not_hold_others_up() -> None:
    web = PretendWeb()
    web.page(f"{A}/")
    web.fault(f"{A}/", ConnectTimeout, times=2)
    web.page("https://b.test/", "".join(f"<a href=/{number}>" for number in range(5)))
    crawled = virtual(Start(f"{A}/", "https://b.test/"), web, politeness=polite())
    assert crawled.items[-1]["url"] == f"{A}/"
    assert len(web.hits_of("b.test")) == 6


@pytest.mark.parametrize("status", [408, 425, 500, 502, 504])
def test_a_status_that_may_pass_is_tried_again(status: int) -> None:
    web = PretendWeb()
    answers = [Answer(status=status), Answer("<p>")]
    web.handler(f"{A}/", lambda request: answers.pop(0))
    crawled = virtual(Start(f"{A}/"), web, politeness=polite())
    assert crawled.items == [{"url": f"{A}/", "status": 200}]
    assert crawled.stats.retries == {"status": 1}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451, 501])
def test_a_status_that_will_not_pass_is_given_up_at_once(status: int) -> None:
    web = PretendWeb()
    web.page(f"{A}/", status=status)
    crawled = virtual(Start(f"{A}/"), web, politeness=polite())
    assert len(web.hits) == 1
    assert crawled.stats.gave_up == {f"status {status}": 1}
    assert crawled.items == []


def busy_once(status: int, retry_after: str) -> PretendWeb:
    """A host that answers its first request by saying that it is busy."""
    web = PretendWeb(latency=0.1)
    answers = [Answer(status=status, headers={"Retry-After": retry_after} if retry_after else {})]
    web.handler(f"{A}/", lambda request: answers.pop() if answers else "<p>")
    return web


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_host_rests_as_long_as_it_asks_for(status: int) -> None:
    web = busy_once(status, "30")
    crawled = virtual(Start(*(f"{A}/{number}" for number in range(4))), web, politeness=polite())
    assert len(crawled.items) == 4
    assert web.gaps("a.test")[0] == pytest.approx(30.0)
    assert crawled.stats.retries == {"busy": 1}


def test_retry_after_may_be_a_date() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=40), usegmt=True)
    web = busy_once(503, date)
    virtual(Start(f"{A}/1", f"{A}/2"), web, politeness=polite())
    # The date has no fractions of a second, and the test itself takes time.
    assert 30.0 <= web.gaps("a.test")[0] <= 40.0


@pytest.mark.parametrize("value", ["", "soon", "-5", "1.5", "0", "Thu, 01 Jan 1970 00:00:00 GMT"])
def test_without_a_usable_retry_after_a_busy_host_rests_by_our_own_rule(value: str) -> None:
    web = busy_once(503, value)
    crawled = virtual(Start(f"{A}/1", f"{A}/2"), web, politeness=polite())
    assert 0.5 - EXACT <= web.gaps("a.test")[0] <= 1.0 + EXACT
    assert len(crawled.items) == 2


def test_retry_after_is_capped_by_the_longest_pause() -> None:
    web = busy_once(429, "86400")
    virtual(Start(f"{A}/1"), web, politeness=polite(max_delay=20.0))
    assert web.gaps("a.test") == [pytest.approx(20.0)]


def test_other_hosts_go_on_while_one_is_busy() -> None:
    web = busy_once(429, "50")
    for number in range(3):
        web.page(f"https://b.test/{number}")
    starts = [f"{A}/", *(f"https://b.test/{number}" for number in range(3))]
    virtual(Start(*starts), web, politeness=polite(delay=1.0))
    assert max(web.gaps("b.test")) <= 1.0 + EXACT
    assert web.gaps("a.test") == [pytest.approx(50.0)]


def test_a_busy_host_rests_also_when_the_request_is_given_up() -> None:
    web = busy_once(429, "30")
    crawled = virtual(Start(f"{A}/1", f"{A}/2"), web, politeness=polite(retries=0))
    assert crawled.stats.gave_up == {"status 429": 1}
    assert web.gaps("a.test") == [pytest.approx(30.0)]


# Giving up


def test_the_error_callback_is_told_and_may_go_another_way() -> None:
    web = PretendWeb()
    web.page(f"{A}/gone", status=410)
    web.page(f"{A}/mirror")
    start = Request(f"{A}/gone", on_error="failed", data=f"{A}/mirror")
    crawled = virtual(Start(start), web, politeness=polite())
    assert crawled.items == [
        {"failed": f"{A}/gone", "reason": "status", "detail": "410"},
        {"url": f"{A}/mirror", "status": 200},
    ]


def test_the_error_callback_is_told_once_after_the_last_try() -> None:
    web = PretendWeb()
    web.fault(f"{A}/", ReadTimeout, times=9)
    crawled = virtual(Start(Request(f"{A}/", on_error="failed")), web, politeness=polite(retries=2))
    assert [item["reason"] for item in crawled.items] == ["read_timeout"]
    assert len(web.hits) == 3


def test_an_error_callback_that_fails_leaves_the_request_given_up() -> None:
    web = PretendWeb()
    web.page(f"{A}/", status=404)
    crawled = virtual(Start(Request(f"{A}/", on_error="broken")), web, politeness=polite())
    assert crawled.items == []
    assert crawled.stats.gave_up == {"status 404": 1}
    assert crawled.stats.callback_errors == 1


def test_a_status_that_the_spider_accepts_is_its_page() -> None:
    web = PretendWeb()
    web.page(f"{A}/missing", status=404)
    web.page(f"{A}/busy", status=503)
    starts = [Request(f"{A}/missing", accept=(404,)), Request(f"{A}/busy", accept=(404, 503))]
    crawled = virtual(Start(*starts), web, politeness=polite())
    assert [item["status"] for item in crawled.items] == [404, 503]
    assert crawled.stats.retries == {}


def test_attempts_are_counted_in_what_listeners_are_told() -> None:
    web = PretendWeb()
    web.page(f"{A}/")
    web.fault(f"{A}/", ConnectFailed, times=2)
    crawled = virtual(Start(f"{A}/"), web, politeness=polite())
    told = [event for event in crawled.events if isinstance(event, Visited)]
    assert [event.lease.attempt for event in told] == [1, 2, 3]
    assert [type(event.outcome) is Retry for event in told] == [True, True, False]
