"""Exactly one result for each URL that was given, in its place, whatever becomes of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from crawler import Page, Request
from crawler.errors import AddressRefused, ConnectFailed, Disconnected
from crawler.model import Reason
from crawler.pages import PageError, fetch_all, fetch_each
from crawler.testing import PretendWeb
from crawler.testing.web import Answer

HOST = "http://{}.test"
LOOP, LONG = "http://a.test/loop/0", "http://a.test/" + "x" * 3000

#: What may be asked for, and what comes of it: the body of the page, or the reason why there is none.
EXPECTED: dict[str, str | Reason] = {
    **{f"http://{host}.test/{page}": f"{host}{page}" for host in "abc" for page in range(3)},
    "http://A.test/0#top": "a0",
    "http://a.test/to/b0": "b0",
    "http://b.test/to/b0": "b0",
    "http://b.test/twice": "b0",
    "http://c.test/flaky": "at last",
    "http://c.test/busy": "at last",
    "http://a.test/missing": Reason.STATUS,
    "http://a.test/broken": Reason.STATUS,
    LOOP: Reason.REDIRECT_LIMIT,
    "http://b.test/nowhere": Reason.REDIRECT_BROKEN,
    "http://b.test/elsewhere": Reason.REDIRECT_BROKEN,
    "http://b.test/to/secret": Reason.ROBOTS,
    "http://b.test/to/dead": Reason.CONNECT,
    "http://secret.test/": Reason.ROBOTS,
    "http://ill.test/": Reason.ROBOTS,
    "http://dead.test/": Reason.CONNECT,
    "http://a.test/inside": Reason.ADDRESS,
    "http://a.test/not/this": Reason.EXCLUDE,
    "http://b.test/to/long": Reason.EXCESS,
    LONG: Reason.EXCESS,
    **dict.fromkeys(
        ["", "nonsense", "ftp://a.test/", "mailto:x@a.test", "http://", "//a.test/0"], Reason.SCHEME
    ),
}

#: Where it is the answer itself that is no page.
ANSWERED = {Reason.STATUS, Reason.REDIRECT_LIMIT, Reason.REDIRECT_BROKEN}


def the_web() -> PretendWeb:
    web = PretendWeb()
    for url, expected in EXPECTED.items():
        if type(expected) is str and "to" not in url and "twice" not in url and "c.test/busy" not in url:
            web.page(url, expected)
    web.redirect("http://a.test/to/b0", "http://b.test/0")
    web.redirect("http://b.test/to/b0", "/0", status=308)
    web.redirect("http://b.test/twice", "http://a.test/to/b0")
    web.redirect("http://b.test/nowhere", "http://")
    web.redirect("http://b.test/elsewhere", "ftp://a.test/")
    web.redirect("http://b.test/to/secret", "http://secret.test/")
    web.redirect("http://b.test/to/dead", "http://dead.test/")
    web.redirect("http://b.test/to/long", LONG)
    web.redirect(LOOP, "/loop/1")
    web.redirect("http://a.test/loop/1", "/loop/0")
    web.page("http://a.test/broken", "no", status=500)
    web.robots("http://secret.test", "User-agent: *\nDisallow: /")
    web.robots("http://ill.test", "", status=503)
    web.fault("http://dead.test/robots.txt", ConnectFailed, times=999)
    web.fault("http://a.test/inside", AddressRefused, times=999)
    web.page("http://c.test/flaky", "at last")
    web.fault("http://c.test/flaky", Disconnected, times=2)
    busy = [Answer("", 503, {"Retry-After": "3"}), Answer("", 429)]
    web.handler("http://c.test/busy", lambda request: busy.pop() if busy else "at last")
    return web


def check(urls: list[str], results: list[Page | PageError]) -> None:
    assert [result.asked if isinstance(result, Page) else result.url for result in results] == urls
    for url, result in zip(urls, results, strict=True):
        expected = EXPECTED[url]
        if isinstance(result, Page):
            assert result.source == expected
        else:
            assert result.reason is expected
            assert (result.page is not None) == (expected in ANSWERED or url.endswith("/long"))
            assert str(result).startswith(url[:150])


several = st.lists(st.sampled_from(list(EXPECTED)), max_size=25)
manner = st.fixed_dictionaries(
    {
        "limit": st.integers(1, 6),
        "politeness": st.fixed_dictionaries(
            {"delay": st.sampled_from([0, 0.5]), "per_host": st.integers(1, 3), "retries": st.just(2)}
        ),
        "scope": st.just({"exclude": ["/not/"]}),
    }
)


@given(several, manner)
@settings(max_examples=60, deadline=None)
def test_of_all(virtually: Any, urls: list[str], manner: dict[str, Any]) -> None:
    check(urls, virtually(fetch_all(urls, errors="return", fetcher=the_web(), **manner)))


@given(several, manner, st.sampled_from(["list", "generator", "async"]), st.sampled_from([0, 2]))
@settings(max_examples=60, deadline=None)
def test_of_each(virtually: Any, urls: list[str], manner: dict[str, Any], form: str, pause: float) -> None:
    async def as_they_come() -> AsyncIterator[str]:
        for url in urls:
            await asyncio.sleep(pause)
            yield url

    forms: dict[str, Any] = {"list": urls, "generator": iter(urls), "async": as_they_come()}

    async def main() -> list[Page | PageError]:
        results = []
        async with fetch_each(forms[form], errors="return", fetcher=the_web(), **manner) as pages:
            async for page in pages:
                await asyncio.sleep(pause)
                results.append(page)
        return results

    results = virtually(main())
    given_as = {url: place for place, url in enumerate(sorted(set(urls)))}
    results.sort(key=lambda one: given_as[one.asked if isinstance(one, Page) else one.url])
    check(sorted(urls), results)


@given(several, manner, st.integers(1, 10))
@settings(max_examples=30, deadline=None)
def test_of_all_where_a_limit_is_reached(
    virtually: Any, urls: list[str], manner: dict[str, Any], pages: int
) -> None:
    limits = {"pages": pages}
    results = virtually(fetch_all(urls, errors="return", fetcher=the_web(), limits=limits, **manner))
    assert [result.asked if isinstance(result, Page) else result.url for result in results] == urls
    assert sum(isinstance(result, Page) for result in results) <= pages
    cut = [one for one in results if isinstance(one, PageError) and "limits.pages" in one.detail]
    assert len(results) - len(cut) >= min(len(urls), pages)


@given(several)
@settings(max_examples=30, deadline=None)
def test_requests_keep_what_is_theirs(virtually: Any, urls: list[str]) -> None:
    requests = [Request(url, data=[place], key="same") for place, url in enumerate(urls)]
    results = virtually(
        fetch_all(
            requests,
            errors="return",
            fetcher=the_web(),
            politeness={"delay": 0},
            scope={"exclude": ["/not/"]},
        )
    )
    check(urls, results)
    assert all(page.data == [place] for place, page in enumerate(results) if isinstance(page, Page))
