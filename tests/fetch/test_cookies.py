"""Cookies: what is kept, for whom, for how long, and what is sent back."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from crawler.fetch import CookieFetcher
from crawler.fetch.cookie import LONGEST, parse_set_cookie
from crawler.fetch.cookiedate import parse_cookie_date
from crawler.fetch.jar import CookieJar
from crawler.model import Request, Response
from crawler.store import MemoryStore

NOW = 1_800_000_000.0


def kept(header: str, *, host: str = "a.test", path: str = "/dir/page", secure: bool = True) -> str:
    """Say what a jar sends back to the same place after this header."""
    jar = CookieJar()
    jar.take([header], host, path, secure=secure, now=NOW)
    return jar.header(host, path, secure=secure, now=NOW)


@pytest.mark.parametrize(
    ("header", "sent"),
    [
        ("a=1", "a=1"),
        ("  a = 1 ; HttpOnly; SameSite=Lax", "a=1"),
        ('a="quoted value"', 'a="quoted value"'),
        ("a=b=c", "a=b=c"),
        ("a=", "a="),
        ("a", ""),
        ("=1", ""),
        ("", ""),
        ("a=1\x00", ""),
        ("a=\udcff", ""),
        ("a=" + "x" * 4095, "a=" + "x" * 4095),
        ("a=" + "x" * 4096, ""),
        ("a=" + "é" * 2048, ""),
        ("a=1; Domain=a.test", "a=1"),
        ("a=1; Domain=.A.Test", "a=1"),
        ("a=1; Domain=test", "a=1"),
        ("a=1; Domain=b.test", ""),
        ("a=1; Domain=x.a.test", ""),
        ("a=1; Domain=", "a=1"),
        ("a=1; Domain=.", "a=1"),
        ("a=1; Domain=\u0430.test", ""),
        ("a=1; Path=/dir", "a=1"),
        ("a=1; Path=/dir" + "/x" * 600, "a=1"),
        ("a=1; Path=/dir/", "a=1"),
        ("a=1; Path=/di", ""),
        ("a=1; Path=/other", ""),
        ("a=1; Path=/other; Path=/", "a=1"),
        ("a=1; Path=relative", "a=1"),
        ("a=1; Max-Age=1", "a=1"),
        ("a=1; Max-Age=0", ""),
        ("a=1; Max-Age=-1", ""),
        ("a=1; Max-Age=soon", "a=1"),
        ("a=1; Max-Age=" + "9" * 1000, "a=1"),
        ("a=1; Max-Age=-" + "9" * 1000, ""),
        ("a=1; Max-Age=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "a=1"),
        ("a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", ""),
        ("a=1; Expires=Fri, 01 Jan 2100 00:00:00 GMT", "a=1"),
        ("a=1; Expires=some day", "a=1"),
        ("a=1; Secure", "a=1"),
        ("__Secure-a=1", ""),
        ("__Secure-a=1; Secure", "__Secure-a=1"),
        ("__Host-a=1; Secure", ""),
        ("__Host-a=1; Secure; Path=/", "__Host-a=1"),
        ("__HOST-a=1; Secure; Path=/dir", ""),
        ("__Host-a=1; Secure; Path=/; Domain=a.test", ""),
        ("=__Host-a=1; Secure; Path=/", ""),
    ],
)
def test_what_is_kept(header: str, sent: str) -> None:
    assert kept(header) == sent


@pytest.mark.parametrize("header", ["a=1; Secure", "__Secure-a=1; Secure", "__Host-a=1; Secure; Path=/"])
def test_secure_cookies_cannot_be_set_over_http(header: str) -> None:
    assert kept(header, secure=False) == ""


def test_secure_cookies_are_neither_sent_nor_replaced_over_http() -> None:
    jar = CookieJar()
    assert jar.take(["a=1; Secure; Path=/"], "a.test", "/", secure=True, now=NOW)
    assert jar.header("a.test", "/", secure=False, now=NOW) == ""
    for attack in ("a=2; Path=/", "a=2; Path=/login", "a=; Path=/; Max-Age=0"):
        assert not jar.take([attack], "a.test", "/", secure=False, now=NOW)
    assert jar.header("a.test", "/", secure=True, now=NOW) == "a=1"


def test_cookies_stay_with_the_host_that_set_them() -> None:
    jar = CookieJar()
    jar.take(["a=1; Domain=test; Path=/"], "a.test", "/", secure=True, now=NOW)
    for host in ("test", "b.test", "x.a.test", "a.test.evil"):
        assert jar.header(host, "/", secure=True, now=NOW) == ""


@pytest.mark.parametrize(
    ("page", "other", "sent"),
    [
        ("/a/b", "/a/c", True),
        ("/a/b", "/a", True),
        ("/a/b", "/ab", False),
        ("/a/b", "/", False),
        ("/a", "/anything", True),
        ("/", "/anything", True),
        ("", "/anything", True),
    ],
)
def test_without_a_path_a_cookie_belongs_to_the_directory(page: str, other: str, sent: bool) -> None:
    jar = CookieJar()
    jar.take(["a=1"], "a.test", page, secure=True, now=NOW)
    assert jar.header("a.test", other, secure=True, now=NOW) == ("a=1" if sent else "")


def test_longer_paths_come_first_then_older_cookies() -> None:
    jar = CookieJar()
    for header in ("old=1; Path=/", "long=1; Path=/a/b", "new=1; Path=/", "old=2; Path=/"):
        jar.take([header], "a.test", "/a/b", secure=True, now=NOW)
    assert jar.header("a.test", "/a/b/c", secure=True, now=NOW) == "long=1; old=2; new=1"


def test_expired_cookies_are_not_sent_and_take_no_room() -> None:
    jar = CookieJar()
    jar.take(["a=1; Max-Age=10", "b=1"], "a.test", "/", secure=True, now=NOW)
    assert jar.header("a.test", "/", secure=True, now=NOW + 9) == "a=1; b=1"
    assert jar.header("a.test", "/", secure=True, now=NOW + 10) == "b=1"
    assert len(jar) == 1


def test_deleting_says_whether_there_was_something() -> None:
    jar = CookieJar()
    gone = "a=; Max-Age=0"
    assert not jar.take([gone], "a.test", "/", secure=True, now=NOW)
    assert jar.take(["a=1"], "a.test", "/", secure=True, now=NOW)
    assert jar.take([gone], "a.test", "/", secure=True, now=NOW)
    assert len(jar) == 0


def test_a_full_host_loses_its_oldest_cookie() -> None:
    jar = CookieJar()
    for number in range(60):
        jar.take([f"c{number}=1"], "a.test", "/", secure=True, now=NOW)
    sent = jar.header("a.test", "/", secure=True, now=NOW).split("; ")
    assert sent == [f"c{number}=1" for number in range(10, 60)]
    assert len(jar) == 50


def test_a_full_jar_forgets_the_host_used_least_recently() -> None:
    jar = CookieJar()
    for host in range(60):
        for number in range(50):
            jar.take([f"c{number}=1"], f"h{host}.test", "/", secure=True, now=NOW)
    assert len(jar) == 3000
    assert jar.header("h0.test", "/", secure=True, now=NOW)
    jar.take([f"c{number}=1" for number in range(50)], "new.test", "/", secure=True, now=NOW)
    assert len(jar) == 3000
    assert jar.header("h1.test", "/", secure=True, now=NOW) == ""
    assert len(jar.header("h0.test", "/", secure=True, now=NOW).split("; ")) == 50


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Sun, 06 Nov 1994 08:49:37 GMT", 784111777),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 784111777),
        ("Sun Nov  6 08:49:37 1994", 784111777),
        ("06-Nov-1994 8:49:37", 784111777),
        ("Tue, 19 Jan 38 03:14:07 GMT", 2147483647),
        ("Sun, 06 Nov 1994", None),
        ("Sun, 32 Nov 1994 08:49:37 GMT", None),
        ("Sun, 06 Nov 1994 25:49:37 GMT", None),
        ("Sun, 06 Nov 1600 08:49:37 GMT", None),
        ("", None),
        ("9" * 10_000, None),
    ],
)
def test_dates(text: str, seconds: int | None) -> None:
    assert parse_cookie_date(text) == seconds


def test_a_parsed_cookie() -> None:
    cookie = parse_set_cookie(
        "a=1; Path=/x; Secure; Max-Age=5", host="a.test", path="/", secure=True, now=NOW
    )
    assert cookie is not None
    assert (cookie.path, cookie.secure, cookie.expires) == ("/x", True, NOW + 5)


@pytest.mark.parametrize("lasts", ["Max-Age=99999999", "Max-Age=" + "9" * 999, "Expires=1 Jan 9999 0:00:00"])
def test_no_date_lasts_for_ever(lasts: str) -> None:
    cookie = parse_set_cookie(f"a=1; {lasts}", host="a.test", path="/", secure=True, now=NOW)
    assert cookie is not None
    assert cookie.expires == NOW + LONGEST


def test_a_header_stays_so_short_that_servers_take_it() -> None:
    jar = CookieJar()
    jar.take([f"c{number}={'x' * 3000}" for number in range(5)], "a.test", "/", secure=True, now=NOW)
    jar.take(["last=1"], "a.test", "/", secure=True, now=NOW)
    sent = jar.header("a.test", "/", secure=True, now=NOW)
    assert [pair.partition("=")[0] for pair in sent.split("; ")] == ["c0", "c1", "last"]


def test_of_an_answer_with_hundreds_of_cookies_the_first_are_taken() -> None:
    jar = CookieJar()
    jar.take([f"c{number}=1" for number in range(300)], "a.test", "/", secure=True, now=NOW)
    assert len(jar) == 50
    assert jar.header("a.test", "/", secure=True, now=NOW).startswith("c0=1; c1=1")


def test_against_a_server(kit: Any, run: Any) -> None:
    def reply(head: str) -> bytes:
        path = head.split()[1]
        lines = {
            "/set": ["Set-Cookie: a=1; Path=/", "Set-Cookie: b=2; Path=/deep"],
            "/same": ["Set-Cookie: x=1; Domain=other.test"],
            "/delete": ["Set-Cookie: a=; Path=/; Max-Age=0"],
        }.get(path, [])
        return "\r\n".join(["HTTP/1.1 200 OK", "Content-Length: 0", *lines, "", ""]).encode()

    def cookie(head: str) -> str:
        return next((line[8:] for line in head.splitlines() if line.startswith("Cookie: ")), "")

    async def main() -> None:
        async with kit.answering(reply) as peer, kit.fetcher() as inner:
            fetcher = CookieFetcher(inner)
            seen = []
            for path in ("/", "/set", "/page", "/deep/er", "/same", "/delete", "/deep/er"):
                request = Request(peer.url + path)
                response = await fetcher.fetch(request)
                assert response.request is request
                assert request.headers == {}
                seen.append((path, cookie(peer.heads[-1]), response.set_cookie))
            assert seen == [
                ("/", "", False),
                ("/set", "", True),
                ("/page", "a=1", False),
                ("/deep/er", "b=2; a=1", False),
                ("/same", "a=1", False),
                ("/delete", "a=1", True),
                ("/deep/er", "b=2", False),
            ]
            await fetcher.fetch(Request(peer.url + "/deep/er", headers={"cookie": "own=1"}))
            assert "cookie: own=1\r\n" in peer.heads[-1]
            assert "b=2" not in peer.heads[-1]
            # Another name for the same server is another host.
            await fetcher.fetch(Request(f"http://localhost:{peer.port}/deep/er"))
            assert cookie(peer.heads[-1]) == ""

    run(main())


class Echo:
    """A fetcher in front of nothing: it answers with the headers it was made with."""

    def __init__(self, headers: Any) -> None:
        self.headers = headers
        self.sent: list[dict[str, str]] = []

    async def fetch(self, request: Request) -> Response:
        self.sent.append(dict(request.headers))
        return Response(request, 200, self.headers, b"")


@pytest.mark.parametrize(
    "headers",
    [
        {"set-cookie": "a=1; Max-Age=10"},
        CIMultiDictProxy(CIMultiDict([("Set-Cookie", "a=1; Max-Age=10"), ("Set-Cookie", "nothing")])),
    ],
    ids=["dict", "multidict"],
)
def test_any_fetcher_can_be_held(headers: Any) -> None:
    async def main() -> None:
        now = NOW
        inner = Echo(headers)
        fetcher = CookieFetcher(inner, clock=lambda: now)
        assert (await fetcher.fetch(Request("https://a.test/"))).set_cookie
        inner.headers = {}
        await fetcher.fetch(Request("https://a.test/"))
        now += 10
        assert not (await fetcher.fetch(Request("https://a.test/"))).set_cookie
        await fetcher.fetch(Request("http://[bad/"))
        assert inner.sent == [{}, {"Cookie": "a=1"}, {}, {}]

    asyncio.run(main())


def test_a_later_run_has_the_cookies_of_the_earlier_one() -> None:
    async def main() -> None:
        now, store = NOW, MemoryStore()
        first = CookieFetcher(
            Echo(CIMultiDictProxy(CIMultiDict([("Set-Cookie", "s=1"), ("Set-Cookie", "t=2; Max-Age=10")]))),
            store,
            clock=lambda: now,
        )
        await first.fetch(Request("https://a.test/login"))
        now += 20
        inner = Echo({})
        later = CookieFetcher(inner, store, clock=lambda: now)
        for url in ("https://a.test/", "https://a.test/", "https://b.test/", "http://a.test:81/"):
            await later.fetch(Request(url))
        assert [headers.get("Cookie", "") for headers in inner.sent] == ["s=1", "s=1", "", "s=1"]

    asyncio.run(main())
