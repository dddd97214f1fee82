from collections.abc import AsyncIterator
from typing import Any

import pytest

from crawler import Dropped, Failure, Page, Request, Spider
from crawler.testing import Answer, PretendWeb, virtual

A = "https://a.test"
OPTIONS: dict[str, Any] = {"politeness": {"delay": 0.0, "robots": False}}
ONE_BY_ONE: dict[str, Any] = {**OPTIONS, "fetch": {"concurrency": 1}}


class Yields(Spider):
    """Yields on its start page whatever it is given, and an item on every other page."""

    start = (f"{A}/",)

    def __init__(self, *outputs: Any) -> None:
        super().__init__()
        self.outputs = outputs

    async def parse(self, page: Page) -> AsyncIterator[Any]:
        for output in self.outputs:
            yield output(page) if callable(output) else output

    async def leaf(self, page: Page) -> AsyncIterator[Any]:
        yield {"url": page.url, "data": page.data, "depth": page.depth}


def crawl(web: PretendWeb, *outputs: Any, **options: Any) -> Any:
    web.page(f"{A}/", "<a href=1>1</a><a href=2>2</a>")
    return virtual(Yields(*outputs), web, **(options or OPTIONS))


def leaf(path: str, **options: Any) -> Request:
    return Request(f"{A}/{path}", "leaf", **options)


def test_the_key_makes_requests_the_same() -> None:
    web = PretendWeb()
    web.handler(f"{A}/page", lambda request: "<p>")
    keys = {"page?id=1&utm=x": "1", "page?id=1&utm=y": "1", "page?id=2": "2"}
    crawled = crawl(web, *(leaf(path, key=key) for path, key in keys.items()))
    assert [item["url"] for item in crawled.items] == [f"{A}/page?id=1&utm=x", f"{A}/page?id=2"]


def test_method_and_body_make_requests_different() -> None:
    web = PretendWeb()
    web.page(f"{A}/api")
    forms = [{"q": "a"}, {"q": "b"}, {"q": "a"}]
    crawl(web, leaf("api"), *(leaf("api", method="POST", form=form) for form in forms))
    assert sorted(hit.body for hit in web.hits if hit.method == "POST") == [b"q=a", b"q=b"]
    assert web.asked(f"{A}/api") == 3


def test_urls_that_differ_in_writing_only_are_the_same() -> None:
    web = PretendWeb()
    web.page(f"{A}/page")
    crawl(web, leaf("page"), Request("HTTPS://A.test:443/x/../page#part", "leaf"))
    assert web.asked(f"{A}/page") == 1


def test_again_fetches_what_was_fetched_before() -> None:
    web = PretendWeb()
    web.page(f"{A}/page")

    class Polls(Spider):
        start = (f"{A}/page",)

        async def parse(self, page: Page) -> AsyncIterator[Any]:
            yield {"round": page.data or 0}
            if (page.data or 0) < 4:
                yield Request(page.url, data=(page.data or 0) + 1, again=True)

    crawled = virtual(Polls, web, **OPTIONS)
    assert [item["round"] for item in crawled.items] == [0, 1, 2, 3, 4]
    assert web.asked(f"{A}/page") == 5


def test_without_again_it_is_fetched_once() -> None:
    web = PretendWeb()
    crawled = crawl(web, Request(f"{A}/"), Request(f"{A}/", data=1))
    assert web.asked(f"{A}/") == 1
    assert crawled.cause == "finished"


def test_priority_decides_within_a_host() -> None:
    web = PretendWeb()
    for path in "abc":
        web.page(f"{A}/{path}")
    crawled = crawl(web, leaf("a", priority=-1), leaf("b"), leaf("c", priority=3), **ONE_BY_ONE)
    assert [item["url"][-1] for item in crawled.items] == ["c", "b", "a"]


def test_priority_of_followed_links() -> None:
    web = PretendWeb()
    for path in "12x":
        web.page(f"{A}/{path}")
    crawled = crawl(web, leaf("x"), lambda page: page.follow("a", "leaf", priority=1), **ONE_BY_ONE)
    assert [item["url"][-1] for item in crawled.items] == ["1", "2", "x"]


def test_data_arrives_with_the_page() -> None:
    web = PretendWeb()
    for path in "12x":
        web.page(f"{A}/{path}")
    crawled = crawl(
        web,
        lambda page: page.follow("a", "leaf", data=lambda node: {"text": node.text()}),
        leaf("x", data=[1, {"k": None}]),
    )
    data = {item["url"][-1]: item["data"] for item in crawled.items}
    assert data == {"1": {"text": "1"}, "2": {"text": "2"}, "x": [1, {"k": None}]}


def test_headers_and_bodies_are_sent() -> None:
    web = PretendWeb()
    web.handler(f"{A}/api", lambda request: Answer(request.body, content_type="application/json"))
    crawl(web, leaf("api", method="post", json={"ä": [1]}, headers={"X-Token": "t"}))
    hit = web.hits[-1]
    assert (hit.method, hit.body) == ("POST", '{"ä":[1]}'.encode())
    assert hit.headers == {"X-Token": "t", "Content-Type": "application/json"}


@pytest.mark.parametrize(("limit", "pages"), [(0, 1), (1, 2), (3, 4), (None, 8)])
def test_links_are_followed_to_the_depth(limit: int | None, pages: int) -> None:
    web = PretendWeb()

    class Chain(Spider):
        start = (f"{A}/0",)

        async def parse(self, page: Page) -> AsyncIterator[Any]:
            yield {"depth": page.depth}
            yield page.follow()

    for number in range(8):
        web.page(f"{A}/{number}", f'<a href="/{number + 1}">' if number < 7 else "")
    crawled = virtual(Chain, web, limits={} if limit is None else {"depth": limit}, **OPTIONS)
    assert [item["depth"] for item in crawled.items] == list(range(pages))
    assert crawled.stats.rejected == ({} if limit is None else {"depth": 1})


def test_the_depth_holds_for_requests_too() -> None:
    web = PretendWeb()
    crawled = crawl(web, leaf("x"), limits={"depth": 0}, **OPTIONS)
    assert crawled.stats.rejected == {"depth": 1}
    assert web.asked(f"{A}/x") == 0


def test_what_is_out_of_scope_is_counted_by_reason_and_not_fetched() -> None:
    web = PretendWeb()
    web.page(
        f"{A}/", "".join(f'<a href="{href}">' for href in ("https://b.test/", "mailto:x", "/no/1", "/2"))
    )
    web.page(f"{A}/2")
    crawled = virtual(
        Yields(lambda page: page.follow("a[href]", "leaf"), Request("https://c.test/", "leaf")),
        web,
        scope={"exclude": ["/no/"]},
        **OPTIONS,
    )
    assert crawled.stats.rejected == {"host": 2, "scheme": 1, "exclude": 1}
    assert {hit.host for hit in web.hits} == {"a.test"}
    assert len(crawled.items) == 1


def test_include_is_asked_of_every_url() -> None:
    web = PretendWeb()
    web.page(f"{A}/1")
    crawled = crawl(web, lambda page: page.follow("a", "leaf"), scope={"include": ["/$", "/1$"]}, **OPTIONS)
    assert [item["url"] for item in crawled.items] == [f"{A}/1"]
    assert crawled.stats.rejected == {"include": 1}


def test_what_an_error_callback_leaves_out_is_counted() -> None:
    class Heard(Spider):
        async def starts(self) -> AsyncIterator[Request]:
            yield Request(f"{A}/gone", on_error=self.failed)

        async def parse(self, page: Page) -> AsyncIterator[Any]:
            yield {"url": page.url}

        async def failed(self, failure: Failure) -> AsyncIterator[Any]:
            yield Dropped("page", failure.detail)
            yield Request("https://elsewhere.test/")

    crawled = virtual(Heard, PretendWeb(), politeness={"delay": 0})
    assert crawled.stats.gave_up == {"status 404": 1}
    assert crawled.stats.dropped == {("page", "404"): 1}
    assert crawled.stats.rejected == {"host": 1}
