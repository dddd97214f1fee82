"""Cookies that a whole domain shares: who may set them, who gets them, and what outlives the process."""

from __future__ import annotations

import asyncio
import builtins
import logging
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy

from crawler.errors import ProtocolError
from crawler.fetch import CookieFetcher
from crawler.fetch.cookie import parse_set_cookie
from crawler.fetch.jar import MAX_HEADER, CookieJar
from crawler.fetch.suffixes import load_one_owner
from crawler.model import Request, Response
from crawler.store import MemoryStore

NOW = 1_800_000_000.0
ONE_OWNER = load_one_owner()
assert ONE_OWNER is not None


def reached(header: str, setter: str, hosts: str, *, secure: bool = True) -> list[str]:
    """Return which of some hosts get the cookie that a host sets."""
    jar = CookieJar(ONE_OWNER)
    jar.take([header], setter, "/", secure=secure, now=NOW)
    return [host for host in hosts.split() if jar.header(host, "/", secure=secure, now=NOW)]


@pytest.mark.parametrize(
    ("setter", "domain", "hosts"),
    [
        # One owner: all hosts of the domain, and nobody else.
        ("www.example.com", "example.com", "www.example.com example.com a.b.example.com x.www.example.com"),
        ("www.example.com", ".EXAMPLE.com", "www.example.com example.com a.b.example.com x.www.example.com"),
        ("www.example.com", "www.example.com", "www.example.com x.www.example.com"),
        ("example.com", "example.com", "www.example.com example.com a.b.example.com x.www.example.com"),
        ("a.b.example.com", "b.example.com", "a.b.example.com"),
        # Not its own domain: not kept at all.
        ("example.com", "www.example.com", ""),
        ("notexample.com", "example.com", ""),
        ("www.example.com", "example.org", ""),
        # Public suffixes, and what is below them.
        ("www.example.com", "com", ""),
        ("shop.example.co.uk", "co.uk", ""),
        ("shop.example.co.uk", "example.co.uk", "shop.example.co.uk example.co.uk"),
        ("me.github.io", "github.io", ""),
        ("me.github.io", "me.github.io", "me.github.io"),
        ("github.io", "github.io", "github.io"),
        ("a.foo.ck", "foo.ck", ""),
        ("a.www.ck", "www.ck", "a.www.ck www.ck"),
        ("www.city.kawasaki.jp", "city.kawasaki.jp", "www.city.kawasaki.jp"),
        # Names that no list knows, and none at all.
        ("a.test", "test", ""),
        ("localhost", "localhost", "localhost"),
        ("www.example.com.", "example.com.", ""),
        ("www.example.com", "example.com.", ""),
        # Internationalised names: as they are sent, in ASCII.
        ("www.xn--bcher-kva.de", "xn--bcher-kva.de", "www.xn--bcher-kva.de xn--bcher-kva.de"),
        ("www.xn--bcher-kva.de", "bücher.de", ""),
        ("x.xn--55qx5d.cn", "xn--55qx5d.cn", ""),
        # Addresses are nobody's domain.
        ("127.0.0.1", "127.0.0.1", "127.0.0.1"),
        ("127.0.0.1", "0.0.1", ""),
        ("::1", "1", ""),
    ],
)
def test_who_gets_a_cookie(setter: str, domain: str, hosts: str) -> None:
    everybody = (
        "www.example.com example.com a.b.example.com x.www.example.com notexample.com example.org com co.uk "
        "shop.example.co.uk example.co.uk other.co.uk me.github.io you.github.io github.io a.foo.ck foo.ck "
        "a.www.ck www.ck www.city.kawasaki.jp test a.test b.test localhost x.localhost www.xn--bcher-kva.de "
        "xn--bcher-kva.de x.xn--55qx5d.cn 127.0.0.1 1.127.0.0.1 10.0.0.1 ::1 www.example.com."
    )
    assert set(reached(f"a=1; Domain={domain}", setter, everybody)) == set(hosts.split())


def test_a_cookie_without_a_domain_stays_with_its_host() -> None:
    assert reached("a=1", "example.com", "example.com www.example.com") == ["example.com"]


def test_both_kinds_of_one_name_are_two_cookies() -> None:
    jar = CookieJar(ONE_OWNER)
    jar.take(["a=own", "a=shared; Domain=example.com"], "www.example.com", "/", secure=True, now=NOW)
    assert jar.header("www.example.com", "/", secure=True, now=NOW) == "a=own; a=shared"
    assert jar.header("example.com", "/", secure=True, now=NOW) == "a=shared"
    gone = jar.take(["a=; Domain=example.com; Max-Age=0"], "x.example.com", "/", secure=True, now=NOW)
    assert gone == {".example.com"}
    assert jar.header("www.example.com", "/", secure=True, now=NOW) == "a=own"


@pytest.mark.parametrize(
    ("host", "attack", "kept"),
    [
        ("www.example.com", "s=evil; Path=/; Domain=example.com", False),
        ("www.example.com", "s=evil; Path=/", False),
        ("sub.www.example.com", "s=evil; Path=/; Domain=www.example.com", False),
        ("other.example.com", "s=own; Path=/", True),
        ("www.example.com", "t=1; Path=/; Domain=example.com", True),
    ],
)
def test_over_http_nobody_hides_a_secure_cookie(host: str, attack: str, kept: bool) -> None:
    jar = CookieJar(ONE_OWNER)
    jar.take(["s=1; Secure; Path=/"], "www.example.com", "/", secure=True, now=NOW)
    assert bool(jar.take([attack], host, "/", secure=False, now=NOW)) is kept


class Site:
    """A fetcher in front of nothing, that answers with the cookies that a path names."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    async def fetch(self, request: Request) -> Response:
        self.sent.append(request.headers.get("Cookie", ""))
        lines = {
            "/login": ["own=1; Max-Age=50", "shared=2; Domain=example.com; Max-Age=100"],
            "/logout": ["shared=; Domain=example.com; Max-Age=0"],
        }.get("/" + request.url.rpartition("/")[2], [])
        headers = CIMultiDictProxy(CIMultiDict([("Set-Cookie", line) for line in lines]))
        return Response(request, 200, headers, b"")


class Dying(MemoryStore):
    """A store whose process dies once so many notes are kept."""

    left = 99

    async def keep(self, name: str, value: bytes, *, now: float) -> None:
        if not self.left:
            raise KeyboardInterrupt
        self.left -= 1
        await super().keep(name, value, now=now)


def test_a_later_run_has_the_cookies_of_the_domain() -> None:
    async def main() -> None:
        now, store, site = NOW, MemoryStore(), Site()

        def run() -> CookieFetcher:
            return CookieFetcher(site, store, one_owner=ONE_OWNER, clock=lambda: now)

        assert (await run().fetch(Request("https://www.example.com/login"))).set_cookie
        later = run()
        for host in ("www.example.com", "api.example.com", "example.com", "example.org"):
            await later.fetch(Request(f"https://{host}/"))
        await run().fetch(Request("https://api.example.com/logout"))
        await run().fetch(Request("https://www.example.com/"))
        assert site.sent == ["", "own=1; shared=2", "shared=2", "shared=2", "", "shared=2", "own=1"]

    asyncio.run(main())


@pytest.mark.parametrize("survives", [0, 1, 2])
def test_killed_while_cookies_are_kept_the_page_sets_them_again(survives: int) -> None:
    async def main() -> None:
        store, site = Dying(), Site()
        store.left = survives
        fetcher = CookieFetcher(site, store, one_owner=ONE_OWNER, clock=lambda: NOW)
        try:
            await fetcher.fetch(Request("https://www.example.com/login"))
        except KeyboardInterrupt:
            assert survives < 2  # the page is not settled: the next run fetches it again
        store.left = 99
        again = CookieFetcher(site, store, one_owner=ONE_OWNER, clock=lambda: NOW)
        await again.fetch(Request("https://www.example.com/login"))
        last = CookieFetcher(site, store, one_owner=ONE_OWNER, clock=lambda: NOW)
        await last.fetch(Request("https://www.example.com/"))
        assert site.sent[-1] == "own=1; shared=2"

    asyncio.run(main())


def test_without_the_list_cookies_stay_and_it_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        site = Site()
        fetcher = CookieFetcher(site, clock=lambda: NOW)
        for url in ("https://www.example.com/login", "https://b.example.com/login", "https://c.example.com/"):
            await fetcher.fetch(Request(url))
        assert site.sent == ["", "", ""]

    with caplog.at_level(logging.WARNING):
        asyncio.run(main())
    (record,) = caplog.records
    assert "www.example.com sets cookies for its domain" in record.getMessage()
    assert "pip install 'aiocrawl[cookies]'" in record.getMessage()


def test_the_list_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **options: Any) -> Any:
        if name.startswith("publicsuffixlist"):
            raise ImportError(name)
        return real(name, *args, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    assert load_one_owner() is None


def test_many_cookies_of_a_real_server(kit: Any, run: Any) -> None:
    def reply(head: str) -> bytes:
        number = int(head.split()[1].removeprefix("/"))
        lines = [f"Set-Cookie: c{number}=1; Path=/" for number in range(number)]
        return "\r\n".join(["HTTP/1.1 200 OK", "Content-Length: 0", *lines, "", ""]).encode()

    async def main() -> None:
        async with kit.answering(reply) as peer, kit.fetcher() as inner:
            fetcher = CookieFetcher(inner, one_owner=ONE_OWNER)
            await fetcher.fetch(Request(peer.url + "/100"))
            await fetcher.fetch(Request(peer.url + "/0"))
            (sent,) = (line for line in peer.heads[-1].splitlines() if line.startswith("Cookie: "))
            assert sent.count("=1") == 50
            with pytest.raises(ProtocolError, match="Too many headers"):
                await fetcher.fetch(Request(peer.url + "/300"))

    run(main())


# Rules that hold for whatever a server sends.

labels = st.sampled_from(["a", "b", "www", "co", "com", "uk", "github", "io", "test", "xn--p1ai", "1", ""])
hosts = st.lists(labels, min_size=1, max_size=4).map(".".join) | st.sampled_from(["127.0.0.1", "::1"])
attributes = st.lists(
    st.one_of(
        hosts.map("Domain={}".format),
        hosts.map("domain = .{}".format),
        st.sampled_from(
            ["Secure", "Path=/", "Path=/x", "HttpOnly", "SameSite=None", "Max-Age=9" + "9" * 400]
        ),
        st.text(max_size=12).map("Expires={}".format),
        st.text(max_size=12),
    ),
    max_size=4,
).map("; ".join)
headers = st.tuples(st.sampled_from(["a=1", "__Host-a=1", "__Secure-a=1", "a", "=a", ""]), attributes)


@given(st.text() | headers.map("; ".join), hosts, st.booleans())
@example("a=1; Expires=Thu, 99 Jan 99999 99:99:99", "a.test", True)
@example("a=1; Expires=" + "1:1:1 " * 500, "a.test", True)
@example("a=1; Expires=\u0661 Jan \u0662\u0660\u0660\u0660 1:1:1", "a.test", True)
@example(";" * 5000, "a.test", True)
def test_no_header_raises(header: str, host: str, secure: bool) -> None:
    jar = CookieJar(ONE_OWNER)
    jar.take([header], host, "/x/y", secure=secure, now=NOW)
    assert len(jar.header(host, "/x/y", secure=secure, now=NOW)) <= MAX_HEADER


@given(headers.map("; ".join), hosts, hosts, st.booleans(), st.booleans())
def test_no_cookie_goes_where_its_setter_has_no_say(
    header: str, setter: str, other: str, secure: bool, over_https: bool
) -> None:
    jar = CookieJar(ONE_OWNER)
    jar.take([header], setter, "/", secure=secure, now=NOW)
    if other == setter or not jar.header(other, "/", secure=over_https, now=NOW):
        return
    cookie = parse_set_cookie(header, host=setter, path="/", secure=secure, now=NOW, one_owner=ONE_OWNER)
    assert cookie is not None
    domain = cookie.domain
    assert ONE_OWNER is not None
    assert domain
    assert ONE_OWNER(domain)
    assert all(host == domain or host.endswith("." + domain) for host in (setter, other))
    assert not cookie.name.startswith("__Host-")
    assert over_https or not cookie.secure
