"""The report of `linkcheck`: as a table, as JSON, and as JUnit XML."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import msgspec
from crawler_linkcheck import Finding, Place, Report
from crawler_linkcheck.junit import as_junit
from crawler_linkcheck.report import as_json
from crawler_linkcheck.table import summary, table
from crawler_linkcheck.words import cause

SITE = "https://a.test/"


def place(page: str, text: str = "", element: str = "a", attribute: str = "href") -> Place:
    return Place(SITE + page, element, attribute, text)


REPORT = Report(
    start=[SITE],
    ended="finished",
    pages=[SITE, f"{SITE}b", f"{SITE}c", f"{SITE}d?x=1"],
    unread=[f"{SITE}deep"],
    urls=9,
    links=1234,
    outside=2,
    broken=[
        Finding(
            url=f"{SITE}gone",
            reason="status",
            status=404,
            places=[place("b", "One"), place("b", "Two"), place("c", "\x1b[31mred\x00"), place("d?x=1")],
        ),
        Finding(url="https://b.test/", reason="dns", detail="b.test: no such name", places=[place("c")]),
    ],
    missing_anchors=[
        Finding(
            url=f"{SITE}old#x",
            reason="anchor",
            status=200,
            to=f"{SITE}b#x",
            places=[place("c", "<&>", "area"), Place(f"{SITE}map.xml", "loc", "", "")],
        )
    ],
    moved=[Finding(url=f"{SITE}old", reason="redirect", status=301, to=f"{SITE}b", places=[place("")])],
    not_checked=[
        Finding(url=f"{SITE}private", reason="robots", detail="rules read", places=[Place("", "", "", "")]),
        Finding(url=f"{SITE}deep", reason="parse_guard", status=200, detail="too deep", places=[]),
    ],
)

CLEAN = Report(
    start=[SITE],
    ended="finished",
    pages=[SITE],
    unread=[],
    urls=1,
    links=1,
    outside=0,
    broken=[],
    missing_anchors=[],
    moved=[],
    not_checked=[],
)


def lines(report: Report, limit: int | None = None) -> list[str]:
    return [line.plain for line in table(report, limit=limit)]


def test_the_table_tells_every_finding_with_the_pages_it_is_on() -> None:
    assert lines(REPORT, limit=2) == [
        "broken links: 2",
        "  https://a.test/gone  404 Not Found",
        '      https://a.test/b  a href "One" and 1 more there',
        '      https://a.test/c  a href "\\x1b[31mred\\x00"',
        "      and 1 more page",
        "  https://b.test/  the host name has no address (b.test: no such name)",
        "      https://a.test/c  a href",
        "",
        "missing anchors: 1",
        "  https://a.test/old#x, redirected to https://a.test/b#x  nothing on the page has this id or name",
        '      https://a.test/c  area href "<&>"',
        "      https://a.test/map.xml  loc",
        "",
        "moved for good: 1",
        "  https://a.test/old  301 Moved Permanently, now https://a.test/b",
        "      https://a.test/  a href",
        "",
        "not checked: 2",
        "  https://a.test/private  robots.txt forbids it",
        "      the start URL",
        "  https://a.test/deep  the page was not read, since its markup could hurt the parser (too deep)",
        "",
    ]
    assert "      https://a.test/d?x=1  a href" in lines(REPORT)
    assert lines(CLEAN) == []


def test_the_summary_is_a_line() -> None:
    assert summary(REPORT, 1.25).plain == (
        "1,234 links on 4 pages in 1.2 s: 2 broken links, 1 missing anchor, 1 moved for good, 2 not checked"
    )
    assert summary(CLEAN, 0).plain == "1 link on 1 page in 0.0 s: nothing is broken"
    cut = msgspec.structs.replace(CLEAN, ended="pages")
    assert summary(cut, 0).plain.endswith("\nonly a part of the site was checked: limits.pages ended it")


def test_a_check_that_read_nothing_says_why() -> None:
    nothing = msgspec.structs.replace(CLEAN, pages=[], links=0)
    head = "0 links on 0 pages in 0.0 s: not one page could be read"
    assert summary(nothing, 0).plain == f"{head}: {SITE} is no HTML"
    assert "red" in str(summary(nothing, 0).style)
    two = msgspec.structs.replace(nothing, start=[SITE, f"{SITE}b"])
    assert summary(two, 0).plain == f"{head}: {SITE}, {SITE}b are no HTML"
    gone = Finding(url=SITE, reason="status", status=404)
    broken = msgspec.structs.replace(nothing, broken=[gone])
    assert summary(broken, 0).plain == f"{head}, 1 broken link"
    sitemap = msgspec.structs.replace(nothing, links=3)
    assert summary(sitemap, 0).plain == "3 links on 0 pages in 0.0 s: not one page could be read"


def test_what_may_be_allowed_is_said_as_an_option() -> None:
    for network, option in {"10.0.0.1/32": "10.0.0.1", "::1/128": "::1"}.items():
        detail = f'x: 10.0.0.1 is not a public address; to allow it: fetch.allow: ["{network}"]'
        told = cause(Finding(url=SITE, reason="address", detail=detail))
        assert told.endswith(f"(x: 10.0.0.1 is not a public address; to allow it: --allow {option})")


def test_json_has_all_and_can_be_read_back() -> None:
    written = as_json(REPORT)
    assert msgspec.json.decode(written, type=Report) == REPORT
    told = json.loads(written)
    assert list(told) == list(Report.__struct_fields__)
    assert len(told["broken"][0]["places"]) == 4
    assert list(told["broken"][0]) == list(Finding.__struct_fields__)
    assert list(told["broken"][0]["places"][0]) == list(Place.__struct_fields__)


def read(
    report: Report, *, strict: bool = False
) -> tuple[ElementTree.Element, dict[str, ElementTree.Element]]:
    """The suite, and its tests by name."""
    root = ElementTree.fromstring(as_junit(report, 1.5, strict=strict))
    (suite,) = root
    assert (root.tag, suite.tag) == ("testsuites", "testsuite")
    return suite, {test.attrib["name"]: test for test in suite}


def test_junit_has_a_test_for_each_page() -> None:
    suite, tests = read(REPORT)
    assert suite.attrib == {
        "name": "linkcheck",
        "time": "1.500",
        "tests": "6",
        "failures": "4",
        "errors": "0",
        "skipped": "1",
    }
    assert list(tests) == ["/", "/b", "/c", "/d?x=1", "/deep", "/map.xml"]
    assert {test.attrib["classname"] for test in tests.values()} == {"a.test"}
    assert [name for name, test in tests.items() if test.find("failure") is not None] == [
        "/b",
        "/c",
        "/d?x=1",
        "/map.xml",
    ]
    skipped = tests["/deep"].find("skipped")
    assert skipped is not None
    assert "too deep" in skipped.attrib["message"]


def test_a_failure_of_junit_says_what_is_wrong_on_the_page() -> None:
    _, tests = read(REPORT)
    failure = tests["/c"].find("failure")
    assert failure is not None
    assert failure.attrib == {"type": "links", "message": "3 links are not as they should be"}
    assert (failure.text or "").splitlines() == [
        'https://a.test/gone  404 Not Found  a href "\\x1b[31mred\\x00"',
        "https://b.test/  the host name has no address (b.test: no such name)  a href",
        "https://a.test/old#x, redirected to https://a.test/b#x  nothing on the page has this id or name  "
        'area href "<&>"',
    ]


def test_what_has_moved_fails_only_when_that_is_wanted() -> None:
    assert read(REPORT)[1]["/"].find("failure") is None
    assert read(REPORT, strict=True)[1]["/"].find("failure") is not None


def test_a_broken_start_is_a_test_of_its_own() -> None:
    broken = [Finding(url=SITE, reason="dns", places=[Place("", "", "", "")])]
    suite, tests = read(msgspec.structs.replace(CLEAN, pages=[], broken=broken))
    assert (list(tests), suite.attrib["failures"]) == (["start"], "1")
    assert tests["start"].attrib["classname"] == "linkcheck"


def test_a_clean_site_has_tests_that_pass() -> None:
    suite, tests = read(CLEAN)
    assert (suite.attrib["tests"], suite.attrib["failures"], list(tests["/"])) == ("1", "0", [])
