"""What fetch_all gives, in order; what it refuses; and whose errors are whose."""

from __future__ import annotations

import asyncio
import pickle
import re
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from crawler import Page, Request
from crawler.errors import ConfigError, ConnectFailed, CrawlerError
from crawler.events import Event, RobotsRead, Visited
from crawler.model import Reason
from crawler.pages import PageError, fetch_all
from crawler.pages.options import _SAID
from crawler.policy.politeness import Politeness
from crawler.testing import PretendWeb


def some(number: int, hosts: int = 1) -> tuple[PretendWeb, list[str]]:
    web = PretendWeb(0.05)
    urls = [f"http://host{page % hosts}.test/{page}" for page in range(number)]
    for url in urls:
        web.page(url, url)
    return web, urls


def test_pages_come_in_the_order_of_the_urls(virtually: Any) -> None:
    web, urls = some(50, hosts=7)
    pages = virtually(fetch_all(reversed(urls), fetcher=web))
    assert [page.source for page in pages] == urls[::-1]
    assert virtually(fetch_all([], fetcher=web)) == []


def test_by_default_a_host_is_contacted_once_a_second_and_robots_txt_first(virtually: Any) -> None:
    web, urls = some(100)

    async def main() -> float:
        await fetch_all(urls, fetcher=web)
        return asyncio.get_running_loop().time()

    assert virtually(main()) == pytest.approx(100 * 1.05 + 0.05)
    assert web.hits[0].url == "http://host0.test/robots.txt"
    assert web.most_at_once() == 1
    assert min(web.gaps("host0.test")) == pytest.approx(1.0)


def test_the_limit_holds_over_all_hosts(virtually: Any) -> None:
    web, urls = some(100, hosts=50)
    virtually(fetch_all(urls, limit=7, fetcher=web, politeness={"delay": 0, "per_host": 9}))
    assert web.most_at_once() == 7


def test_two_calls_share_a_politeness(virtually: Any) -> None:
    web, urls = some(10)
    shared = Politeness(delay=2)

    async def main() -> None:
        await asyncio.gather(
            fetch_all(urls[:5], fetcher=web, politeness=shared),
            fetch_all(urls[5:], fetcher=web, politeness=shared),
        )

    virtually(main())
    assert min(web.gaps("host0.test")) == pytest.approx(2.0)


def test_a_request_keeps_method_headers_body_data_and_accept(virtually: Any) -> None:
    web = PretendWeb()
    web.handler("http://a.test/", lambda request: f"{request.method} {request.body!r}")
    web.page("http://a.test/teapot", "short and stout", status=418)
    web.redirect("http://a.test/old", "http://a.test/new", status=307)
    web.handler("http://a.test/new", lambda request: f"{request.method} {request.body!r}")
    asked = [
        Request("http://a.test/form", method="PUT", body="x", headers={"X-Mine": "1"}, data={"row": 7}),
        Request("http://a.test/teapot", accept=(418,)),
        Request("http://a.test/old", method="POST", body="y", data=8, callback="nobody", on_error="nobody"),
    ]
    pages = virtually(fetch_all(asked, fetcher=web))
    assert [page.source for page in pages] == ["PUT b'x'", "short and stout", "POST b'y'"]
    assert [page.data for page in pages] == [{"row": 7}, None, 8]
    assert pages[2].url == "http://a.test/new"
    assert pages[2].asked == "http://a.test/old"
    assert next(hit for hit in web.hits if hit.method == "PUT").headers["X-Mine"] == "1"
    assert asked[2].callback == "nobody"  # the caller's own objects are left alone


def test_the_first_error_cancels_the_rest(virtually: Any) -> None:
    web, urls = some(50)
    web.page(urls[3], "gone", status=410)
    with pytest.raises(ExceptionGroup) as caught:
        virtually(fetch_all(urls, fetcher=web, limits={}))
    (error,) = caught.value.exceptions
    assert isinstance(error, PageError)
    assert isinstance(error, CrawlerError)
    assert (error.url, error.reason, error.page and error.page.source) == (urls[3], Reason.STATUS, "gone")
    assert str(error) == f"{urls[3]}: the server answered 410 Gone"
    assert not web.under_way
    assert len(web.hits) == 5


def test_errors_may_be_returned_in_their_places(virtually: Any) -> None:
    web, urls = some(4)
    web.page(urls[2], status=404)
    first, second, third, fourth = virtually(fetch_all(urls, errors="return", fetcher=web))
    assert all(isinstance(page, Page) for page in (first, second, fourth))
    assert isinstance(third, PageError)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://dead.test/", "no connection could be made: robots.txt: unreachable"),
        ("http://secret.test/", "robots.txt forbids it (rules read); with the owner's consent"),
        ("http://a.test/away", "it redirects to http://secret.test/: robots.txt forbids it"),
        ("x.test", "neither http nor https, or no URL at all: 'x.test' is not an absolute URL, such as"),
    ],
)
def test_an_error_says_what_helps(virtually: Any, url: str, words: str) -> None:
    web = PretendWeb()
    web.fault("http://dead.test/robots.txt", ConnectFailed, times=9)
    web.robots("http://secret.test", "User-agent: *\nDisallow: /")
    web.redirect("http://a.test/away", "http://secret.test/")
    (error,) = virtually(fetch_all([url], errors="return", fetcher=web))
    assert str(error).startswith(f"{url}: {words}")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


async def test_an_address_that_is_not_public_is_refused() -> None:
    (error,) = await fetch_all(["http://127.0.0.1:9/"], errors="return")
    assert isinstance(error, PageError)
    assert error.reason is Reason.ADDRESS
    assert str(error).endswith('if it is yours: fetch={"allow": ["127.0.0.1"]}')


def test_scope_and_listeners_are_those_of_a_crawl(virtually: Any) -> None:
    web, urls = some(6, hosts=2)
    events: list[Event] = []
    results = virtually(
        fetch_all(
            urls, errors="return", fetcher=web, scope={"hosts": ["host1.test"]}, listeners=[events.append]
        )
    )
    assert [isinstance(one, Page) for one in results] == [False, True] * 3
    assert [one.reason for one in results[::2]] == [Reason.HOST] * 3
    assert sum(isinstance(event, Visited) for event in events) == 3
    assert sum(isinstance(event, RobotsRead) for event in events) == 1


def test_a_url_that_is_no_text_is_a_mistake_of_the_callers(virtually: Any) -> None:
    with pytest.raises(TypeError, match="must be text or a Request, not 7"):
        virtually(fetch_all(["http://a.test/", 7], fetcher=PretendWeb()))  # type: ignore[list-item]


def test_what_the_urls_raise_is_raised_as_it_is(virtually: Any) -> None:
    web, urls = some(3)
    closed = []

    def broken() -> Iterator[str]:
        yield from urls
        raise ZeroDivisionError from KeyError("why")

    async def broken_later() -> AsyncIterator[str]:
        try:
            for url in urls:
                yield url
                await asyncio.sleep(1)
            raise ZeroDivisionError from KeyError("why")
        finally:
            await asyncio.sleep(0)
            closed.append(1)

    for given in (broken(), broken_later()):
        with pytest.raises(ZeroDivisionError) as caught:
            virtually(fetch_all(given, fetcher=web))
        assert isinstance(caught.value.__cause__, KeyError)
    assert closed == [1]


def test_what_a_listener_raises_is_raised_as_it_is(virtually: Any) -> None:
    def fail(event: Event) -> None:
        if isinstance(event, Visited):
            raise ZeroDivisionError

    web, urls = some(3)
    with pytest.raises(ZeroDivisionError):
        virtually(fetch_all(urls, fetcher=web, listeners=[fail]))


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        (
            {"output": "x.jsonl"},
            TypeError,
            "no option 'output'. It has errors, fetch, .*, limit, .*; for more, use Crawl",
        ),
        ({"state": "x.db"}, TypeError, "no option 'state'"),
        ({"follow": []}, TypeError, "no option 'follow'"),
        ({"pages": {}}, TypeError, "no option 'pages'"),
        ({"start": "http://a.test/"}, TypeError, "no option 'start'"),
        ({"store": None}, TypeError, "no option 'store'"),
        ({"limit": 0}, ValueError, "limit must be"),
        ({"limit": True}, ValueError, "limit must be"),
        ({"fetch": {"concurrency": 3}}, TypeError, "which is `limit` here"),
        ({"fetch": {"cookys": True}}, ConfigError, "cookies"),
        ({"politeness": {"delay": -1}}, ConfigError, "politeness.delay"),
        ({"errors": "ignore"}, ValueError, '"raise" or "return"'),
    ],
)
async def test_options_that_make_no_sense(
    options: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        await fetch_all(["http://a.test/"], **options)


async def test_one_url_is_no_list() -> None:
    with pytest.raises(TypeError, match="in a list"):
        await fetch_all("http://a.test/")
    with pytest.raises(TypeError, match="in a list"):
        await fetch_all(Request("http://a.test/"))  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="not 7"):
        await fetch_all(7)  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("politenes", "Did you mean 'politeness'? It has errors,"),
        ("header", "Did you mean 'headers'? Write fetch={\"headers\": "),
        ("delay", 'Write politeness={"delay": 0}. It has errors, fetch, fetcher, limit, limits, '),
        ("timeout", 'Write fetch={"timeouts": {"total": 30}}. It has'),
        ("max_workers", "Write limit=16. It has"),
        ("output", "'output'. It has errors,"),
    ],
)
async def test_what_was_meant_is_said(name: str, words: str) -> None:
    with pytest.raises(TypeError, match=re.escape(words)):
        await fetch_all(["http://a.test/"], **{name: 1})  # type: ignore[call-overload]


@pytest.mark.parametrize(("name", "form"), _SAID.items())
async def test_what_is_advised_is_right(name: str, form: str) -> None:
    """Each is an option, with a key and a value that the settings know."""
    web = PretendWeb()
    web.page("http://a.test/", "<p>")
    (page,) = await fetch_all(["http://a.test/"], fetcher=web, errors="return", **eval(f"dict({form})"))
    assert isinstance(page, Page | PageError)
    if not form.startswith("limit="):
        assert name.rstrip("s") in form


async def test_an_address_that_is_not_public_says_once_what_to_write() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://localhost:{server.getsockname()[1]}/"
        (error,) = await fetch_all([url], errors="return")
    assert isinstance(error, PageError)
    assert error.reason is Reason.ADDRESS
    address = error.detail.partition(": ")[2].partition(" ")[0]
    assert address in ("127.0.0.1", "::1")
    words = f'{address} is not a public address; if it is yours: fetch={{"allow": ["{address}"]}}'
    assert str(error) == f"{url}: {words}"


def test_nothing_is_written_to_the_log(virtually: Any, caplog: pytest.LogCaptureFixture) -> None:
    web, urls = some(3)
    virtually(fetch_all([*urls, "nonsense", "http://a.test/missing"], errors="return", fetcher=web))
    assert caplog.records == []
