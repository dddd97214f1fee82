from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from crawler import Page, Request, Spider
from crawler.errors import ConnectFailed
from crawler.model import Failure, Reason
from crawler.testing import Answer, PretendWeb, virtual

A = "https://a.test"
OPTIONS: dict[str, Any] = {"politeness": {"delay": 0.0, "robots": False}}


class Start(Spider):
    """Starts with what it is given, and says what it saw of each page."""

    hosts: Sequence[str] = ("a.test", "b.test")

    def __init__(self, *start: str | Request) -> None:
        super().__init__()
        self.start = start

    async def parse(self, page: Page) -> AsyncIterator[Any]:
        request = page.request
        yield {
            "url": page.url,
            "data": page.data,
            "depth": page.depth,
            "history": list(request.history),
            "method": request.method,
        }
        if page.is_html:
            yield page.follow("a[href]", data={"from": page.url})

    async def other(self, page: Page) -> AsyncIterator[Any]:
        yield {"url": page.url, "callback": "other"}

    async def failed(self, failure: Failure) -> AsyncIterator[Any]:
        yield {"failed": failure.request.url, "reason": failure.reason.value}


def urls(crawled: Any) -> list[str]:
    return [item["url"] for item in crawled.items]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed_with_callback_data_and_depth(status: int) -> None:
    web = PretendWeb()
    web.page(f"{A}/", '<a href="/old">')
    web.redirect(f"{A}/old", "/new", status=status)
    web.page(f"{A}/new")
    crawled = virtual(Start(f"{A}/"), web, **OPTIONS)
    assert crawled.items[1] == {
        "url": f"{A}/new",
        "data": {"from": f"{A}/"},
        "depth": 1,
        "history": [f"{A}/old"],
        "method": "GET",
    }
    assert (crawled.stats.pages, crawled.stats.redirects) == (2, 1)


def test_a_chain_is_followed_to_its_end() -> None:
    web = PretendWeb()
    for hop in range(5):
        web.redirect(f"{A}/{hop}", f"/{hop + 1}")
    web.page(f"{A}/5")
    crawled = virtual(Start(f"{A}/0"), web, **OPTIONS)
    assert urls(crawled) == [f"{A}/5"]
    assert crawled.items[0]["history"] == [f"{A}/{hop}" for hop in range(5)]
    assert crawled.stats.redirects == 5


def test_each_hop_keeps_the_hosts_pace() -> None:
    web = PretendWeb()
    for hop in range(4):
        web.redirect(f"{A}/{hop}", f"/{hop + 1}")
    web.page(f"{A}/4")
    virtual(Start(f"{A}/0"), web, politeness={"delay": 2.0})
    assert min(web.gaps("a.test")) >= 2.0 - 1e-9


@pytest.mark.parametrize("loop", [["/a"], ["/a", "/b"], ["/a", "/b", "/c"]])
def test_a_loop_ends_at_the_limit(loop: list[str]) -> None:
    web = PretendWeb()
    for path, after in zip(loop, [*loop[1:], loop[0]], strict=True):
        web.redirect(A + path, after)
    crawled = virtual(Start(Request(f"{A}/a", on_error="failed")), web, limits={"hops": 6}, **OPTIONS)
    assert [item["reason"] for item in crawled.items] == ["redirect_limit"]
    assert len(web.hits) == 7
    assert crawled.stats.gave_up == {"redirect_limit": 1}


def test_a_redirect_to_a_page_that_is_known_is_not_fetched_again() -> None:
    web = PretendWeb()
    web.page(f"{A}/", '<a href="/page"><a href="/old">')
    web.page(f"{A}/page")
    web.redirect(f"{A}/old", "/page")
    crawled = virtual(Start(f"{A}/"), web, **OPTIONS)
    assert web.asked(f"{A}/page") == 1
    assert urls(crawled) == [f"{A}/", f"{A}/page"]


def test_a_known_target_is_fetched_for_another_callback() -> None:
    web = PretendWeb()
    web.page(f"{A}/page")
    web.redirect(f"{A}/old", "/page")
    crawled = virtual(Start(f"{A}/page", Request(f"{A}/old", "other")), web, **OPTIONS)
    assert web.asked(f"{A}/page") == 2
    assert crawled.items[1] == {"url": f"{A}/page", "callback": "other"}


def test_a_known_target_is_fetched_again_when_it_was_asked_for_again() -> None:
    web = PretendWeb()
    web.page(f"{A}/page")
    web.redirect(f"{A}/latest", "/page")
    crawled = virtual(Start(f"{A}/page", Request(f"{A}/latest", again=True)), web, **OPTIONS)
    assert web.asked(f"{A}/page") == 2
    assert len(crawled.items) == 2


def test_a_cookie_wall_is_passed() -> None:
    web = PretendWeb()

    def wall(request: Request) -> Answer:
        if "pass=1" in request.headers.get("Cookie", ""):
            return Answer("<h1>inside</h1>")
        return Answer(status=302, headers={"Location": f"{A}/gate?to={request.url}"})

    def gate(request: Request) -> Answer:
        target = request.url.partition("?to=")[2]
        cookies = [("Set-Cookie", "pass=1"), ("Set-Cookie", "b=2")]
        return Answer(status=302, headers=[("Location", target), *cookies])

    web.handler(f"{A}/wall/", wall)
    web.handler(f"{A}/gate", gate)
    web.page(f"{A}/", '<a href="/wall/1"><a href="/wall/2">')
    crawled = virtual(Start(f"{A}/"), web, fetch={"cookies": True, "concurrency": 1}, **OPTIONS)
    assert urls(crawled) == [f"{A}/", f"{A}/wall/1", f"{A}/wall/2"]
    assert crawled.items[1]["history"] == [f"{A}/wall/1", f"{A}/gate?to={A}/wall/1"]


def test_a_page_that_is_known_is_fetched_again_after_a_login() -> None:
    def front(request: Request) -> str:
        return "members" if "user=me" in request.headers.get("Cookie", "") else '<a href="/login">'

    web = PretendWeb()
    web.handler(f"{A}/", front)
    web.redirect(f"{A}/login", "/", headers={"Set-Cookie": "user=me"})
    crawled = virtual(Start(f"{A}/"), web, fetch={"cookies": True}, **OPTIONS)
    assert urls(crawled) == [f"{A}/", f"{A}/"]
    assert web.asked(f"{A}/") == 2


def test_a_cookie_wall_without_cookies_ends() -> None:
    web = PretendWeb()
    web.redirect(f"{A}/", "/gate")
    web.redirect(f"{A}/gate", "/", headers={"Set-Cookie": "pass=1"})
    crawled = virtual(Start(f"{A}/"), web, **OPTIONS)
    assert crawled.stats.gave_up == {"redirect_limit": 1}
    assert len(web.hits) == 11


@pytest.mark.parametrize(
    ("status", "method", "becomes"),
    [
        (301, "POST", "GET"),
        (302, "POST", "GET"),
        (303, "POST", "GET"),
        (303, "PUT", "GET"),
        (302, "PUT", "PUT"),
        (307, "POST", "POST"),
        (308, "POST", "POST"),
        (303, "HEAD", "HEAD"),
    ],
)
def test_method_and_body_after_a_redirect(status: int, method: str, becomes: str) -> None:
    web = PretendWeb()
    web.redirect(f"{A}/form", "/done", status=status)
    web.page(f"{A}/done")
    body = b"" if method == "HEAD" else b'{"a":1}'
    headers = {"Content-Type": "application/json"} if body else {}
    virtual(Start(Request(f"{A}/form", method=method, body=body, headers=headers)), web, **OPTIONS)
    hit = web.hits[1]
    assert (hit.url, hit.method) == (f"{A}/done", becomes)
    assert hit.body == (b"" if becomes == "GET" else body)
    assert ("Content-Type" in hit.headers) == bool(hit.body)


def test_a_known_form_that_is_redirected_to_is_sent_again() -> None:
    web = PretendWeb()
    web.page(f"{A}/done")
    web.redirect(f"{A}/form", "/done", status=307)
    starts = [Request(f"{A}/{path}", method="POST", form={"q": "x"}) for path in ("done", "form")]
    crawled = virtual(Start(*starts), web, **OPTIONS)
    assert web.asked(f"{A}/done") == 2
    assert len(crawled.items) == 2


def test_headers_stay_within_their_origin() -> None:
    web = PretendWeb()
    web.redirect(f"{A}/1", "/2")
    web.redirect(f"{A}/2", "https://b.test/3")
    web.redirect("https://b.test/3", f"{A}/4")
    web.page(f"{A}/4")
    secret = {"Authorization": "Bearer s3cret", "X-Token": "s3cret"}
    virtual(Start(Request(f"{A}/1", headers=secret)), web, **OPTIONS)
    sent = {hit.url: dict(hit.headers) for hit in web.hits}
    assert sent == {f"{A}/1": secret, f"{A}/2": secret, "https://b.test/3": {}, f"{A}/4": {}}


@pytest.mark.parametrize("other", ["http://a.test/", "https://a.test:8443/"])
def test_another_scheme_or_port_is_another_origin(other: str) -> None:
    web = PretendWeb()
    web.redirect(f"{A}/", other)
    web.page(other)
    virtual(Start(Request(f"{A}/", headers={"X-Token": "s3cret"})), web, **OPTIONS)
    assert [dict(hit.headers) for hit in web.hits] == [{"X-Token": "s3cret"}, {}]


def test_scope_holds_for_every_hop() -> None:
    web = PretendWeb()
    web.redirect(f"{A}/1", "/2")
    web.redirect(f"{A}/2", "https://elsewhere.test/")
    web.redirect(f"{A}/3", "/private/x")
    crawled = virtual(Start(f"{A}/1", f"{A}/3"), web, scope={"exclude": ["/private/"]}, **OPTIONS)
    assert crawled.stats.refused == {"host": 1, "exclude": 1}
    assert {hit.url for hit in web.hits} == {f"{A}/1", f"{A}/2", f"{A}/3"}


def test_robots_txt_holds_for_every_hop() -> None:
    web = PretendWeb()
    web.robots("https://b.test", "User-agent: *\nDisallow: /secret")
    web.redirect(f"{A}/", "https://b.test/secret")
    crawled = virtual(Start(f"{A}/"), web, politeness={"delay": 0.0})
    assert crawled.stats.refused == {"robots": 1}
    assert web.asked("https://b.test/secret") == 0


def test_a_front_page_that_moves_to_www_is_followed() -> None:
    web = PretendWeb()
    web.redirect("https://shop.test/", "https://www.shop.test/")
    web.page("https://www.shop.test/")
    spider = Start("https://shop.test/")
    spider.hosts = ()
    assert urls(virtual(spider, web, **OPTIONS)) == ["https://www.shop.test/"]


@pytest.mark.parametrize("target", ["mailto:a@b.test", "https://[", "javascript:void(0)", "ftp://a.test/"])
def test_a_redirect_to_nowhere_is_given_up(target: str) -> None:
    web = PretendWeb()
    web.redirect(f"{A}/", target)
    crawled = virtual(Start(Request(f"{A}/", on_error="failed")), web, **OPTIONS)
    assert [item["reason"] for item in crawled.items] == [Reason.REDIRECT_BROKEN]


def test_a_redirect_without_location_is_given_up() -> None:
    web = PretendWeb()
    web.page(f"{A}/", status=302)
    assert virtual(Start(f"{A}/"), web, **OPTIONS).stats.gave_up == {"redirect_broken": 1}


def test_a_redirect_that_the_spider_accepts_is_its_page() -> None:
    web = PretendWeb()
    web.redirect(f"{A}/", "/next", status=302)
    crawled = virtual(Start(Request(f"{A}/", accept=(302,))), web, **OPTIONS)
    assert urls(crawled) == [f"{A}/"]
    assert len(web.hits) == 1


def test_an_error_at_the_end_of_a_chain_reaches_the_error_callback() -> None:
    web = PretendWeb()
    web.redirect(f"{A}/1", "/2")
    web.fault(f"{A}/2", ConnectFailed)
    spider = Start(Request(f"{A}/1", on_error="failed"))
    crawled = virtual(spider, web, politeness={"delay": 0.0, "robots": False, "retries": 0})
    assert crawled.items == [{"failed": f"{A}/2", "reason": "connect"}]


@pytest.mark.parametrize(
    ("status", "target", "followed"),
    [
        (307, f"{A}/elsewhere", True),
        (308, "https://b.test/", False),
        (307, "http://a.test/", False),
        (302, "https://b.test/", True),
    ],
)
def test_a_filled_in_form_goes_to_no_other_origin(status: int, target: str, followed: bool) -> None:
    web = PretendWeb()
    web.redirect(f"{A}/login", target, status=status)
    web.page(target)
    form = {"user": "me", "password": "secret"}
    crawled = virtual(Start(Request(f"{A}/login", method="POST", form=form)), web, **OPTIONS)
    assert bool(crawled.items) is followed
    assert crawled.stats.refused == ({} if followed else {"redirect_body": 1})
    assert {hit.url for hit in web.hits if hit.body} <= {f"{A}/login", f"{A}/elsewhere"}


def test_a_login_in_a_url_is_for_that_url_alone() -> None:
    web = PretendWeb()
    web.page(
        f"{A}/", '<a href="/in">in</a> <a href="https://x:y@a.test/trap">x</a> <a href="//z@b.test/">y</a>'
    )
    for url in (f"{A}/in", f"{A}/trap", "https://b.test/"):
        web.page(url)
    crawled = virtual(Start("https://user:pw@a.test/"), web, **OPTIONS)
    assert sorted(urls(crawled)) == [f"{A}/", f"{A}/in", f"{A}/trap", "https://b.test/"]
    assert {hit.url: hit.headers.get("Authorization", "") for hit in web.hits if hit.headers} == {
        f"{A}/": "Basic dXNlcjpwdw=="
    }
