"""The report as JUnit XML, which CI systems show beside the results of other tests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from crawler.observe.terminal import safe
from crawler.url import origin_of
from crawler_linkcheck.report import Finding, Place, Report
from crawler_linkcheck.words import by_page, cause, counted, placed, whole

_LONGEST = 2_000

#: Failures of one page: what was found, where it stands first, and how often more.
_Found = Sequence[tuple[Finding, Place, int]]


def as_junit(report: Report, seconds: float, *, strict: bool = False) -> bytes:
    """Return the report as one test suite in UTF-8.

    A test is a page: it passes when all links on it are good. So a test keeps its name from run to run, CI
    systems can tell when it broke and when it was mended, passed tests are there to be counted, and a failure
    stands where somebody has to mend it. A test for each broken link would come into being broken, and vanish
    when mended.
    """
    found = _by_page(report.failures(strict=strict))
    unread = {finding.url: finding for finding in report.not_checked}
    # Links stand on other than pages too: the start, sitemaps.
    names = sorted({*report.pages, *report.unread, *found})
    suite = Element("testsuite", name="linkcheck", time=f"{seconds:.3f}")
    failures = skipped = 0
    for page in names:
        test = SubElement(suite, "testcase", classname=_classname(page), name=_name(page), time="0")
        if found.get(page):
            failures += 1
            _fail(test, found[page])
        elif page in report.unread:
            skipped += 1
            SubElement(test, "skipped", message=safe(cause(unread[page])))
    numbers = {"tests": len(names), "failures": failures, "errors": 0, "skipped": skipped}
    suite.attrib.update({name: str(number) for name, number in numbers.items()})
    root = Element("testsuites")
    root.append(suite)
    indent(root)
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _by_page(failures: Sequence[Finding]) -> Mapping[str, _Found]:
    found: dict[str, list[tuple[Finding, Place, int]]] = defaultdict(list)
    for finding in failures:
        for place, more in by_page(finding.places):
            found[place.page].append((finding, place, more))
    return found


def _classname(page: str) -> str:
    return safe(origin_of(page).partition("://")[2]) if page else "linkcheck"


def _name(page: str) -> str:
    return safe(page.removeprefix(origin_of(page)), _LONGEST) if page else "start"


def _fail(test: Element, found: _Found) -> None:
    lines = [
        f"{safe(whole(finding), _LONGEST)}  {safe(cause(finding))}  {safe(placed(place, more))}"
        for finding, place, more in found
    ]
    number = counted(len(lines), "link is", "links are")
    failure = SubElement(test, "failure", type="links", message=f"{number} not as they should be")
    failure.text = "\n".join(lines)
