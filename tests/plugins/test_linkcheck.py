"""The rules of `linkcheck`, on a pretend web in virtual time: what is broken, missing, moved, not checked."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from crawler_linkcheck import Checked, Finding, Ledger, Link, LinkCheck, Place, Report
from crawler_linkcheck.fragment import names, resolve
from crawler_linkcheck.links import candidates
from crawler_linkcheck.unknown import Unknown
from crawler_linkcheck.witness import Witness

from crawler import Request, Sitemap
from crawler.errors import (
    AddressRefused,
    BodyTooLarge,
    ConnectFailed,
    NameNotFound,
    ParameterError,
    ReadTimeout,
    SpiderError,
)
from crawler.registry import find_spider
from crawler.settings import from_mapping
from crawler.testing import PretendWeb, virtual
from crawler.testing.web import Answer

HOME = "https://a.test/"


def check(web: PretendWeb, start: Any = HOME, params: dict[str, Any] | None = None, **options: Any) -> Report:
    """Crawl a pretend web and return the report."""
    spider = LinkCheck(**(params or {}))
    spider.start = [start] if isinstance(start, str) else start
    options = {"politeness": {"delay": 0.1, "retries": 1}, **options}
    ledger = Ledger(anchors=spider.anchors)
    witness = Witness(ledger)
    crawled = virtual(spider, web, sinks=[witness], listeners=[witness], **options)
    assert crawled.stats.callback_errors == 0
    settings = from_mapping({key: value for key, value in options.items() if isinstance(value, dict)})
    return ledger.report(spider.begun, crawled.cause, Unknown(settings, spider, crawled.cause))


def home(web: PretendWeb, body: str) -> None:
    web.page(HOME, body)


def told(findings: Sequence[Finding]) -> dict[str, str]:
    """What was found, by path."""
    return {finding.url.removeprefix(HOME): finding.reason for finding in findings}


# Broken.


def test_what_has_no_answer_or_an_error_for_one_is_broken(pretend_web: PretendWeb) -> None:
    for path in ("404", "410", "500", "403", "300"):
        pretend_web.page(f"{HOME}{path}", "<h1>No</h1>", status=int(path))
    for path, error in (("dns", NameNotFound), ("connect", ConnectFailed), ("silent", ReadTimeout)):
        pretend_web.fault(HOME + path, error, times=9)
    pretend_web.page(f"{HOME}fine", "fine")
    paths = ["404", "410", "500", "403", "300", "dns", "connect", "silent", "fine"]
    home(pretend_web, "".join(f"<a href={path}>To  {path}</a>" for path in paths))

    report = check(pretend_web)

    found = {finding.url.removeprefix(HOME): (finding.reason, finding.status) for finding in report.broken}
    assert found == {
        **{path: ("status", int(path)) for path in ("404", "410", "500", "403", "300")},
        "dns": ("dns", 0),
        "connect": ("connect", 0),
        "silent": ("read_timeout", 0),
    }
    assert report.broken[0].places == [Place(HOME, "a", "href", "To 300")]
    assert pretend_web.asked(f"{HOME}500") == pretend_web.asked(f"{HOME}dns") == 2
    assert report.failures() == report.broken
    assert report.pages == [HOME, f"{HOME}fine"]


def test_an_error_that_passes_is_none(pretend_web: PretendWeb) -> None:
    home(pretend_web, "<a href=flaky>x</a>")
    pretend_web.page(f"{HOME}flaky", "fine")
    pretend_web.fault(f"{HOME}flaky", ConnectFailed, times=1)
    report = check(pretend_web)
    assert (report.broken, report.not_checked) == ([], [])


def test_links_of_all_kinds_are_looked_at(pretend_web: PretendWeb) -> None:
    home(
        pretend_web,
        """
        <link rel="stylesheet" href="style"><link rel="shortcut ICON" href="icon"><link rel=next href="next">
        <link rel="preconnect" href="no1"><link rel="canonical" href="no2"><link href="no3">
        <script src="script"></script><script>"<a href=no4>"</script>
        <a href="a">A</a> <map><area href="area" alt="Area"></map>
        <img src="img" alt="A  picture" srcset="set1 1x, set2 2x,,set3 3w"><img src=" "><img>
        <iframe src="iframe"></iframe><video src="video" poster="poster"><source src="source"></video>
        <audio src="audio"></audio><track src="track"><embed src="embed"><object data="object"></object>
        <input type="image" src="input"><input type="text" src="no5">
        <template><a href="no6">x</a></template><!-- <a href="no7">x</a> --><form action="no8"></form>
        <a href="mailto:a@b.test">m</a><a href="tel:1">t</a><a href="javascript:void(0)">j</a>
        <img src="data:image/gif;base64,R0lGODlhAQABAAAAACw="><a>x</a>
        """,
    )
    report = check(pretend_web)
    expected = "style icon next script a area img set1 set2 set3 iframe video poster source audio track embed"
    assert sorted(told(report.broken)) == sorted([*expected.split(), "object", "input"])
    places = {finding.url.removeprefix(HOME): finding.places for finding in report.broken}
    assert places["img"] == [Place(HOME, "img", "src", "A picture")]
    assert places["set2"] == [Place(HOME, "img", "srcset", "A picture")]
    assert places["area"] == [Place(HOME, "area", "href", "Area")]
    assert places["script"] == [Place(HOME, "script", "src", "")]


@pytest.mark.parametrize(
    ("srcset", "expected"),
    [
        ("", []),
        (" , ,", []),
        ("a", ["a"]),
        ("a, b", ["a", "b"]),
        ("a,b 2x", ["a,b"]),
        ("a 1x,b", ["a", "b"]),
        ("a 1x , b 2x", ["a", "b"]),
        ("a,, b 2x", ["a", "b"]),
        ("a (1,2), b", ["a", "b"]),
        ("a (1,2", ["a"]),
        ("data:,x 1x,\nb 2x", ["data:,x", "b"]),
    ],
)
def test_candidates_of_a_srcset(srcset: str, expected: list[str]) -> None:
    assert candidates(srcset) == expected


def test_what_is_no_url_is_broken_and_takes_nothing_with_it(pretend_web: PretendWeb) -> None:
    home(
        pretend_web,
        '<a href="http://exa mple/">1</a><a href="//[bad/">2</a><a href="fine">3</a><a href>4</a>',
    )
    pretend_web.page(f"{HOME}fine", "fine")
    report = check(pretend_web)
    assert told(report.broken) == {"//[bad/": "scheme", "http://exa mple/": "scheme"}
    assert report.pages == [HOME, f"{HOME}fine"]


def test_the_same_link_of_a_page_counts_once_and_each_page_is_told(pretend_web: PretendWeb) -> None:
    home(pretend_web, "<a href=gone>One</a><a href=gone>Two</a><a href=b>b</a><img src=gone>")
    pretend_web.page(f"{HOME}b", "<a href=gone>Three</a>")
    report = check(pretend_web)
    (gone,) = report.broken
    assert gone.places == [
        Place(HOME, "a", "href", "One"),
        Place(HOME, "img", "src", ""),
        Place(f"{HOME}b", "a", "href", "Three"),
    ]
    assert report.links == 4
    assert pretend_web.asked(f"{HOME}gone") == 1


def test_links_are_joined_to_the_base(pretend_web: PretendWeb) -> None:
    home(pretend_web, '<base href="/x/"><a href="y">y</a><a href="#z">z</a>')
    pretend_web.page(f"{HOME}x/", '<p id="z">')
    report = check(pretend_web)
    assert told(report.broken) == {"x/y": "status"}
    assert report.missing_anchors == []


def test_a_start_that_is_broken_or_refused_is_told(pretend_web: PretendWeb) -> None:
    pretend_web.page(HOME, status=404)
    start = [HOME, "ftp://c.test/", Request("nonsense"), "https://a.test/ex"]
    report = check(pretend_web, start, scope={"exclude": ["/ex$"]})
    assert [finding.url for finding in report.broken] == ["ftp://c.test/", HOME, "nonsense"]
    assert told(report.not_checked) == {"ex": "exclude"}
    assert report.broken[-1].places == [Place("", "", "", "")]
    assert (report.pages, report.links) == ([], 0)


def test_pages_of_a_sitemap_are_its_links(pretend_web: PretendWeb) -> None:
    pretend_web.redirect(f"{HOME}map", "/map.xml")
    listed = "".join(f"<url><loc>{HOME}{path}</loc></url>" for path in ("fine", "gone"))
    pretend_web.page(f"{HOME}map.xml", f"<urlset>{listed}</urlset>", content_type="application/xml")
    pretend_web.page(f"{HOME}fine", "<a href=x>x</a>")
    report = check(pretend_web, Sitemap(f"{HOME}map"))
    assert told(report.broken) == {"gone": "status", "x": "status"}
    assert report.broken[0].places == [Place(f"{HOME}map.xml", "loc", "", "")]


# Anchors.


@pytest.mark.parametrize(
    ("href", "there"),
    [
        ("#", True),
        ("#here", True),
        ("#Here", False),
        ("#gone", False),
        ("#top", True),
        ("#TOP", True),
        ("#named", True),
        ("#not-an-a", False),
        ("#caf%C3%A9", True),
        ("#caf%c3%a9", True),
        ("#café", True),
        ("#caf%E9", False),
        ("#a b", True),
        ("#a%20b", True),
        ("#a+b", False),
        ("#100%25", True),
        ("#100%", True),
        ("#as%20is", True),
        ("#&lt;x&gt;", True),
        ("#in-svg", True),
        ("#in-template", False),
        ("#:~:text=whatever", True),
        ("#here:~:text=whatever", True),
        ("#gone:~:text=whatever", False),
        ("#here#here", False),
        (" #he\nre ", True),
    ],
)
def test_fragments_as_the_html_standard_has_them(pretend_web: PretendWeb, href: str, there: bool) -> None:
    home(pretend_web, f'<a href="b{href.strip(" ")}">to the other</a>')
    anchors = """<p id="here"><a name="named"><p name="not-an-a"><p id="café"><p id="a b"><p id="100%">
        <p id="as%20is"><p id="&lt;x&gt;"><svg><g id="in-svg"/></svg>
        <template><p id="in-template"></template>"""
    pretend_web.page(f"{HOME}b", f'{anchors}<a href="{href}">to this page itself</a>')
    report = check(pretend_web)
    assert bool(report.missing_anchors) is not there
    assert len({place.page for finding in report.missing_anchors for place in finding.places}) == (
        0 if there else 2
    )
    assert report.broken == []


@pytest.mark.parametrize(
    ("fragment", "anchors", "there"),
    [("", (), True), ("tOp", (), True), ("top", ("Top",), True), ("%74op", (), True), ("x", ("X",), False)],
)
def test_the_top_is_always_there(fragment: str, anchors: tuple[str, ...], there: bool) -> None:
    assert names(fragment, anchors) is there


def test_a_fragment_is_encoded_as_the_url_standard_has_it() -> None:
    assert resolve(HOME, "#a b") == (HOME, "a%20b")
    assert resolve(f"{HOME}x?q", "") == (f"{HOME}x?q", "")
    assert resolve(HOME, "http://[") is None


def test_only_html_has_anchors_that_are_looked_for(pretend_web: PretendWeb) -> None:
    home(pretend_web, "<a href=doc.pdf#page=3>pdf</a><a href=gone#x>gone</a><a href=page#x>x</a>")
    pretend_web.page(f"{HOME}doc.pdf", b"%PDF", content_type="application/pdf")
    pretend_web.page(f"{HOME}page", "no anchor")
    report = check(pretend_web)
    assert told(report.missing_anchors) == {"page#x": "anchor"}
    assert told(report.broken) == {"gone": "status"}
    assert check(pretend_web, params={"anchors": False}).missing_anchors == []


# Redirects.


def test_what_has_moved_for_good_is_told_up_to_the_first_redirect_that_is_not(
    pretend_web: PretendWeb,
) -> None:
    home(pretend_web, "<a href=old>x</a><a href=older>x</a><a href=found>x</a><a href=cut>x</a>")
    pretend_web.redirect(f"{HOME}older", "old", status=308)
    pretend_web.redirect(f"{HOME}old", "/new", status=301)
    pretend_web.redirect(f"{HOME}found", "/new", status=302)
    pretend_web.redirect(f"{HOME}cut", "found", status=301)
    pretend_web.page(f"{HOME}new", "new")
    report = check(pretend_web)
    moved = {finding.url.removeprefix(HOME): (finding.status, finding.to) for finding in report.moved}
    assert moved == {
        "older": (308, f"{HOME}new"),
        "old": (301, f"{HOME}new"),
        "cut": (301, f"{HOME}found"),
    }
    assert (report.failures(), len(report.failures(strict=True))) == ([], 3)
    assert pretend_web.asked(f"{HOME}new") == 1


def test_a_redirect_to_what_is_broken_is_broken_and_no_more(pretend_web: PretendWeb) -> None:
    home(pretend_web, "<a href=old#x>x</a>")
    pretend_web.redirect(f"{HOME}old", "/gone", status=301)
    report = check(pretend_web)
    (finding,) = report.broken
    assert (finding.url, finding.to, finding.status) == (f"{HOME}old", f"{HOME}gone", 404)
    assert (report.moved, report.missing_anchors, report.not_checked) == ([], [], [])


@pytest.mark.parametrize(
    ("link", "location", "missing"),
    [
        ("old#x", "/new", {}),
        ("old#gone", "/new", {"old#gone": f"{HOME}new#gone"}),
        ("old", "/new#x", {}),
        ("old", "/new#gone", {"old": f"{HOME}new#gone"}),
        ("old#gone", "/new#x", {}),
        ("old#x", "/new#gone", {"old#x": f"{HOME}new#gone"}),
    ],
)
def test_a_fragment_goes_along_unless_the_redirect_has_one(
    pretend_web: PretendWeb, link: str, location: str, missing: dict[str, str]
) -> None:
    home(pretend_web, f"<a href={link}>x</a>")
    pretend_web.redirect(f"{HOME}old", location)
    pretend_web.page(f"{HOME}new", "<p id=x>")
    report = check(pretend_web)
    assert {one.url.removeprefix(HOME): one.to for one in report.missing_anchors} == missing


@pytest.mark.parametrize(
    ("location", "detail"),
    [
        ("http://[", "redirects to 'http://[', which is no URL"),
        ("mailto:a@b.test", "redirects to 'mailto:a@b.test', which is no URL"),
        ("/old", f"redirects in a circle, back to {HOME}old"),
        ("/b", f"redirects in a circle, back to {HOME}old"),
    ],
)
def test_redirects_that_lead_nowhere_are_broken(pretend_web: PretendWeb, location: str, detail: str) -> None:
    home(pretend_web, "<a href=old>x</a>")
    pretend_web.redirect(f"{HOME}old", location)
    pretend_web.redirect(f"{HOME}b", "/old")
    report = check(pretend_web)
    assert [(one.url, one.detail) for one in report.broken] == [(f"{HOME}old", detail)]
    assert pretend_web.asked(f"{HOME}old") == 1


def test_a_redirect_without_location_is_broken(pretend_web: PretendWeb) -> None:
    home(pretend_web, "<a href=old>x</a>")
    pretend_web.page(f"{HOME}old", status=302)
    assert told(check(pretend_web).broken) == {"old": "redirect_broken"}


def test_twenty_redirects_are_followed_and_no_more(pretend_web: PretendWeb) -> None:
    home(pretend_web, "<a href=r/20>x</a><a href=r/21>x</a>")
    for number in range(1, 22):
        pretend_web.redirect(f"{HOME}r/{number}", f"/r/{number - 1}" if number > 1 else "/end")
    pretend_web.page(f"{HOME}end", "the end")
    report = check(pretend_web)
    assert [(one.url, one.detail) for one in report.broken] == [(f"{HOME}r/21", "more than 20 redirects")]


def test_redirects_without_end_end(pretend_web: PretendWeb) -> None:
    home(pretend_web, "<a href=r/?1>x</a>")

    def on(request: Request) -> Answer:
        return Answer(status=302, headers={"Location": f"?{int(request.url.partition('?')[2]) + 1}"})

    pretend_web.handler(f"{HOME}r/", on)
    report = check(pretend_web)
    assert told(report.broken) == {"r/?1": "redirect_limit"}
    assert len(pretend_web.hits) < 120


def test_a_cookie_wall_is_passed_when_cookies_are_kept(pretend_web: PretendWeb) -> None:
    home(pretend_web, "<a href=wall#x>x</a><a href=wall#y>y</a>")

    def wall(request: Request) -> Answer:
        if "agreed=1" in request.headers.get("Cookie", ""):
            return Answer("<p id=x>")
        return Answer(status=302, headers={"Location": "/agree"})

    pretend_web.handler(f"{HOME}wall", wall)
    pretend_web.redirect(f"{HOME}agree", "/wall", headers={"Set-Cookie": "agreed=1"})
    assert told(check(pretend_web).broken) == {"wall": "redirect_limit"}
    report = check(pretend_web, fetch={"cookies": True})
    assert (report.broken, told(report.missing_anchors)) == ([], {"wall#y": "anchor"})


# What is not checked.


def test_links_out_of_the_site_are_counted_only(pretend_web: PretendWeb) -> None:
    home(
        pretend_web,
        "<a href=https://b.test/1>x</a><a href=https://b.test/2>x</a><a href=https://www.a.test/>x</a>",
    )
    pretend_web.page("https://www.a.test/", "<a href=https://b.test/1>the twin is home</a>")
    report = check(pretend_web)
    assert (report.outside, report.links, report.not_checked) == (3, 1, [])
    assert pretend_web.hits_of("b.test") == []


def test_external_links_are_asked_for_politely_and_not_followed(pretend_web: PretendWeb) -> None:
    pretend_web.page("https://b.test/fine", "<a href=/not-followed>x</a>")
    pretend_web.redirect("https://b.test/moved", "https://c.test/", status=301)
    pretend_web.page("https://c.test/", "<a href=/not-followed>x</a>")
    pretend_web.robots("https://d.test", "User-agent: *\nDisallow: /")
    pretend_web.fault("https://e.test/robots.txt", NameNotFound, times=9)
    urls = ["b.test/fine#no", "b.test/gone", "b.test/moved", "d.test/", "e.test/"]
    home(pretend_web, "".join(f"<a href=https://{url}>x</a>" for url in urls))

    report = check(pretend_web, params={"external": True})

    assert {one.url: one.reason for one in report.broken} == {
        "https://b.test/gone": "status",
        "https://e.test/": "dns",
    }
    assert {one.url: one.reason for one in report.not_checked} == {"https://d.test/": "robots"}
    assert [(one.url, one.to) for one in report.moved] == [("https://b.test/moved", "https://c.test/")]
    assert report.missing_anchors == []
    assert report.pages == [HOME]
    assert pretend_web.most_at_once("b.test") == 1
    assert min(pretend_web.gaps("b.test")) > 0.099
    assert not any("not-followed" in hit.url for hit in pretend_web.hits)


def test_a_redirect_out_of_the_site_is_not_followed(pretend_web: PretendWeb) -> None:
    home(pretend_web, "<a href=away>x</a>")
    pretend_web.redirect(f"{HOME}away", "https://b.test/", status=301)
    report = check(pretend_web)
    assert told(report.not_checked) == {"away": "host"}
    assert [one.to for one in report.moved] == ["https://b.test/"]
    assert pretend_web.hits_of("b.test") == []


def test_what_was_refused_is_told_apart_with_the_reason(pretend_web: PretendWeb) -> None:
    pretend_web.robots(HOME, "User-agent: *\nDisallow: /private")
    home(pretend_web, "".join(f"<a href={path}#x>x</a>" for path in ("private", "lan", "big", "ex", "deep")))
    pretend_web.fault(f"{HOME}lan", AddressRefused)
    pretend_web.fault(f"{HOME}big", BodyTooLarge)
    pretend_web.page(f"{HOME}deep", "<div>" * 30_000)
    report = check(pretend_web, scope={"exclude": ["/ex$"]})
    assert told(report.not_checked) == {
        "private": "robots",
        "lan": "address",
        "big": "too_large",
        "ex": "exclude",
        "deep": "parse_guard",
        "deep#x": "parse_guard",
    }
    assert (report.unread, report.broken) == ([f"{HOME}deep"], [])
    # What a spider's author may do about it is no concern of theirs who check links.
    assert not [one for one in report.not_checked if "callback" in one.detail]


@pytest.mark.parametrize(
    ("limits", "reason"),
    [({"pages": 1}, "unfinished"), ({"depth": 1}, "depth"), ({"time": 0.2}, "unfinished")],
)
def test_what_a_limit_keeps_out_is_not_checked(
    pretend_web: PretendWeb, limits: dict[str, Any], reason: str
) -> None:
    home(pretend_web, "<a href=b>b</a>")
    pretend_web.page(f"{HOME}b", "<a href=c>c</a>", latency=0 if "depth" in limits else 5)
    report = check(pretend_web, limits=limits)
    assert {one.reason for one in report.not_checked} == {reason}
    assert report.broken == []
    assert report.ended == ("finished" if "depth" in limits else next(iter(limits)))


def test_ignored_links_are_left_alone(pretend_web: PretendWeb) -> None:
    home(pretend_web, "<a href=old/1>x</a><a href=b#gone>x</a><a href=b#ignored>x</a>")
    pretend_web.page(f"{HOME}b", "b")
    report = check(pretend_web, params={"ignore": ["/old/", "#ignored$"]})
    assert told(report.missing_anchors) == {"b#gone": "anchor"}
    assert (report.broken, report.links) == ([], 1)
    assert pretend_web.asked(f"{HOME}old/1") == 0


def test_a_site_may_have_hosts_of_its_own(pretend_web: PretendWeb) -> None:
    home(pretend_web, "<a href=https://docs.a.test/>x</a><a href=https://b.test/>x</a>")
    pretend_web.page("https://docs.a.test/", "<a href=gone>x</a>")
    report = check(pretend_web, params={"site": ["a.test", "*.a.test"]})
    assert [one.url for one in report.broken] == ["https://docs.a.test/gone"]
    assert (report.outside, report.pages) == (1, [HOME, "https://docs.a.test/"])


# The whole.


def tangled(seed: int) -> tuple[PretendWeb, str]:
    """The same web each time, whose pages take their time in another order."""
    chance = random.Random(seed)
    web = PretendWeb()
    pages = [f"p{number}" for number in range(30)]
    for number, page in enumerate(pages):
        to = [pages[(number * 7 + step) % 30] for step in (1, 2, 5)] + [
            "gone",
            f"old{number % 3}",
            f"r{number % 4}",
        ]
        links = "".join(
            f"<a href=/{path}#{anchor}>{page}</a>" for path in to for anchor in ("", "x", f"y{number}")
        )
        web.page(HOME + page, f"<p id=x><p id=y{number}>{links}", latency=chance.random())
    for number in range(3):
        web.redirect(f"{HOME}old{number}", f"/p{number}#y{number}", status=301, latency=chance.random())
    for number in range(4):
        web.redirect(f"{HOME}r{number}", f"/r{number + 1}" if number < 3 else "/r0", latency=chance.random())
    return web, f"{HOME}p0"


def test_the_order_of_the_pages_does_not_matter() -> None:
    options = {"politeness": {"delay": 0, "per_host": 8}}
    reports = []
    for seed in range(4):
        web, start = tangled(seed)
        reports.append(check(web, start, **options))
    assert reports[0].broken
    assert reports[0].missing_anchors
    assert reports[0].moved
    assert all(report == reports[0] for report in reports)


def test_facts_may_come_in_any_order() -> None:
    facts = [
        Checked(
            url="a", html=True, read=True, anchors=["x"], links=[Link("b", "x"), Link("c"), Link("d", "x")]
        ),
        Checked(url="b", html=True, read=True, anchors=["y"], links=[Link("a", "x"), Link("b", "y")]),
        Checked(url="c", reason="redirect", status=301, location="d#y"),
        Checked(url="d", reason="redirect", status=302, location="b"),
        Checked(url="c", status=200),
        Checked(url="e", status=404, reason="status"),
    ]
    reports = []
    for seed in range(20):
        random.Random(seed).shuffle(facts)
        ledger = Ledger()
        for fact in facts:
            ledger.add(fact)
        reports.append(ledger.report(["a"], "finished", lambda url: Checked(url=url, reason="unfinished")))
    assert [one.url for one in reports[0].missing_anchors] == ["b#x", "d#x"]
    assert all(report == reports[0] for report in reports)


def test_good_links_take_no_memory_once_they_are_known() -> None:
    ledger = Ledger()
    navigation = [Link(f"https://a.test/{number}", text="Home") for number in range(200)]
    for link in navigation:
        ledger.add(Checked(url=link.url, html=True, read=True, links=navigation))
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for number in range(200, 400):
        ledger.add(Checked(url=f"https://a.test/{number}", html=True, read=True, links=navigation))
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 200 * 1_000  # five bytes a link: it is the page that takes them


def test_wrong_parameters_are_told() -> None:
    with pytest.raises(ParameterError, match=r"ignore.*'\('"):
        LinkCheck(ignore=["("])
    with pytest.raises(ParameterError, match="did you mean 'external'"):
        LinkCheck(externals=True)
    with pytest.raises(SpiderError, match="needs a start"):
        virtual(LinkCheck, PretendWeb())


def test_is_found_by_its_name() -> None:
    assert find_spider("linkcheck", Path()) is LinkCheck
