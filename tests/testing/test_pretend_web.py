from typing import Any

import anyio
import pytest

from crawler.errors import ConnectTimeout, FetchError, ReadTimeout
from crawler.model import Request, Response
from crawler.testing import Answer, PretendWeb, virtual_time

A = "https://a.test"


def fetch(web: PretendWeb, url: str, **options: Any) -> Response:
    async def story() -> Response:
        return await web.fetch(Request(url, **options))

    return virtual_time(story)


def test_a_page() -> None:
    web = PretendWeb()
    web.page(f"{A}/ä", "<p>ö", status=201, headers={"X-One": "1"}, content_type="text/plain")
    response = fetch(web, f"{A}/%C3%A4")
    assert (response.status, response.body, response.wire_bytes) == (201, "<p>ö".encode(), 5)
    assert (response.headers["x-ONE"], response.content_type) == ("1", "text/plain")


def test_what_is_not_there_is_not_found() -> None:
    web = PretendWeb()
    web.page(f"{A}/")
    assert [fetch(web, A + path).status for path in ("/", "/x", "/robots.txt")] == [200, 404, 404]


def test_a_robots_txt_and_a_redirect() -> None:
    web = PretendWeb()
    web.robots(A, "User-agent: *")
    web.redirect(f"{A}/old", "new", status=308, headers=[("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
    assert fetch(web, f"{A}/robots.txt").content_type == "text/plain"
    response = fetch(web, f"{A}/old")
    assert (response.status, response.headers["Location"]) == (308, "new")
    assert [value for name, value in response.headers.items() if name == "Set-Cookie"] == ["a=1", "b=2"]


def test_a_head_request_gets_no_body() -> None:
    web = PretendWeb()
    web.page(f"{A}/", "text")
    assert fetch(web, f"{A}/", method="HEAD").body == b""


def test_handlers_plain_and_async_the_longest_prefix_wins() -> None:
    web = PretendWeb()

    async def api(request: Request) -> Answer:
        await anyio.sleep(1.0)
        return Answer(request.body, 202)

    web.handler(A, lambda request: "anything")
    web.handler(f"{A}/api/", api)
    web.page(f"{A}/page", "a page")
    assert fetch(web, f"{A}/x/y").body == b"anything"
    assert fetch(web, f"{A}/page").body == b"a page"
    response = fetch(web, f"{A}/api/1", method="POST", body="sent")
    assert (response.status, response.body) == (202, b"sent")
    assert fetch(web, f"{A}.evil.test/").status == 404
    assert fetch(web, f"{A}/robots.txt").status == 404


def test_faults_happen_so_many_times_in_order() -> None:
    web = PretendWeb()
    web.page(f"{A}/")
    web.fault(f"{A}/", ConnectTimeout, times=2)
    web.fault(f"{A}/", ReadTimeout("in its own words"))
    for error, says in [
        (ConnectTimeout, "pretended"),
        (ConnectTimeout, A),
        (ReadTimeout, "in its own words"),
    ]:
        with pytest.raises(error, match=says):
            fetch(web, f"{A}/")
    assert fetch(web, f"{A}/").status == 200
    assert [hit.status for hit in web.hits] == [0, 0, 0, 200]


def test_a_handler_may_raise_a_fault() -> None:
    def broken(request: Request) -> str:
        raise ReadTimeout("gone")

    web = PretendWeb()
    web.handler(A, broken)
    with pytest.raises(FetchError):
        fetch(web, f"{A}/")
    assert web.hits[0].ended is not None


def test_what_the_servers_saw() -> None:
    async def story() -> None:
        web.page(f"{A}/slow", latency=5.0)
        web.page("http://a.test/quick", latency=1.0)
        web.page("https://b.test/", latency=0.0)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(web.fetch, Request(f"{A}/slow", headers={"X-Token": "t"}))
            await anyio.sleep(2.0)
            assert [hit.url for hit in web.under_way] == [f"{A}/slow"]
            tasks.start_soon(web.fetch, Request("http://a.test/quick"))
            await anyio.sleep(4.0)
            await web.fetch(Request("https://b.test/"))
            await web.fetch(Request("http://a.test/quick"))

    web = PretendWeb()
    virtual_time(story)
    began = web.hits[0].started
    assert [(hit.url, hit.started - began, (hit.ended or 0) - began) for hit in web.hits] == [
        (f"{A}/slow", 0.0, 5.0),
        ("http://a.test/quick", 2.0, 3.0),
        ("https://b.test/", 6.0, 6.0),
        ("http://a.test/quick", 6.0, 7.0),
    ]
    assert web.hits[0].headers == {"X-Token": "t"}
    assert (web.most_at_once("a.test"), web.most_at_once("b.test"), web.most_at_once()) == (2, 1, 2)
    assert web.gaps("a.test") == [-3.0, 3.0]
    assert web.asked("http://A.test/quick") == 2
    assert (web.under_way, len(web.hits_of("a.test"))) == ([], 3)


def test_requests_one_after_another_do_not_overlap() -> None:
    web = PretendWeb(latency=1.0)

    async def story() -> None:
        for _ in range(3):
            await web.fetch(Request(f"{A}/"))

    virtual_time(story)
    assert (web.most_at_once("a.test"), web.gaps("a.test")) == (1, [0.0, 0.0])


def test_a_cancelled_fetch_has_ended() -> None:
    async def story() -> None:
        with anyio.move_on_after(1.0):
            await web.fetch(Request(f"{A}/"))
        assert web.under_way == []

    web = PretendWeb(latency=10.0)
    virtual_time(story)
    assert web.hits[0].status == 0


async def test_it_works_on_asyncio_too() -> None:
    web = PretendWeb(latency=0.001)
    web.page(f"{A}/", "text")
    assert (await web.fetch(Request(f"{A}/"))).body == b"text"
