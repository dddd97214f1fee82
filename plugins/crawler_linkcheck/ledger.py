"""Takes what is learnt of each URL, in any order, and says in the end what is wrong with the links."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from crawler.model import Reason
from crawler_linkcheck.facts import Checked, Link
from crawler_linkcheck.fragment import names
from crawler_linkcheck.report import Finding, Place, Report
from crawler_linkcheck.verdict import Verdict, judge


class _Waiting(NamedTuple):
    """A link that is not known to be good yet."""

    fragment: str
    place: Place


class Ledger:
    """Keeps what is needed to judge all links: every URL's answer, the anchors of pages, and links in doubt.

    A link is let go of as soon as it is known to be good; so the navigation of a large site takes no memory
    for each of its pages.

    Args:
        anchors: whether fragments are judged.
    """

    def __init__(self, *, anchors: bool = True) -> None:
        self._judges_anchors = anchors
        self._answers: dict[str, Checked] = {}
        self._anchors: dict[str, frozenset[str]] = {}
        self._waiting: dict[str, list[_Waiting]] = {}
        self._read: set[str] = set()
        self._refused: list[str] = []
        self._links = 0
        self._outside = 0

    def add(self, fact: Checked) -> None:
        """Take note of what came of one URL."""
        if (fact.links or fact.outside) and fact.url not in self._read:
            self._read.add(fact.url)
            self._links += len(fact.links)
            self._outside += fact.outside
            for link in fact.links:
                self._take(link, fact.url)
        known = self._answers.get(fact.url)
        if known is None or _rank(fact) > _rank(known):
            self._answers[fact.url] = replace(fact, anchors=(), links=())
            self._anchors[fact.url] = frozenset(fact.anchors)
            self._let_go(fact.url)

    def refuse(self, url: str, reason: str, detail: str) -> None:
        """Take note of a start URL that was not let in."""
        self._refused.append(url)
        self.add(Checked(url=url, reason=reason, detail=detail))

    def report(self, start: Sequence[str], ended: str, unknown: Callable[[str], Checked]) -> Report:
        """Return what is wrong.

        Args:
            start: the start URLs in canonical form.
            ended: why the crawl ended.
            unknown: tells of a URL that nothing is known of why that is.
        """
        begun = list(dict.fromkeys([*start, *self._refused]))
        for url in begun:
            self._take(Link(url, element="", attribute=""), "")
        found: dict[str, list[Finding]] = {"broken": [], "anchors": [], "moved": [], "unknown": []}
        for url in sorted(self._waiting):
            for kind, finding in self._findings(url, judge(url, self._answers, unknown)):
                found[kind].append(finding)
        pages = sorted(url for url, answer in self._answers.items() if answer.html)
        unread = [url for url in pages if not self._answers[url].read]
        found["unknown"] += [_unread(self._answers[url]) for url in unread]
        return Report(
            start=begun,
            ended=ended,
            pages=[url for url in pages if self._answers[url].read],
            unread=unread,
            urls=len(self._answers),
            links=self._links,
            outside=self._outside,
            broken=found["broken"],
            missing_anchors=found["anchors"],
            moved=found["moved"],
            not_checked=sorted(found["unknown"], key=lambda finding: finding.url),
        )

    # Inside.

    def _take(self, link: Link, page: str) -> None:
        if not self._is_good(link.url, link.fragment):
            place = Place(page, link.element, link.attribute, link.text)
            self._waiting.setdefault(link.url, []).append(_Waiting(link.fragment, place))

    def _is_good(self, url: str, fragment: str) -> bool:
        """Say whether a link is known to lead, without a redirect, to something that is there."""
        answer = self._answers.get(url)
        if answer is None or answer.reason != Reason.OK:
            return False
        if not (fragment and self._judges_anchors and answer.html):
            return True
        return answer.read and names(fragment, self._anchors[url])

    def _let_go(self, url: str) -> None:
        waiting = [one for one in self._waiting.pop(url, ()) if not self._is_good(url, one.fragment)]
        if waiting:
            self._waiting[url] = waiting

    def _findings(self, url: str, verdict: Verdict) -> Iterator[tuple[str, Finding]]:
        """Yield what is to be told of the links to a URL.

        Cases: it is broken, which is all that matters; nothing is known; it has moved; an anchor is missing,
        or cannot be looked for, at the end of the redirects.
        """
        waiting, end = self._waiting[url], verdict.end
        told = Finding(
            url=url,
            reason=end.reason,
            status=end.status,
            detail=end.detail,
            to=verdict.to,
            places=_places(waiting),
        )
        if verdict.known and not verdict.good:
            yield "broken", told
            return
        if not verdict.known:
            yield "unknown", told
        if verdict.moved:
            status = verdict.moved_status
            yield "moved", replace(told, reason=Reason.REDIRECT, status=status, detail="", to=verdict.moved)
        if verdict.good and end.html and self._judges_anchors:
            yield from self._anchors_missing(url, verdict)

    def _anchors_missing(self, url: str, verdict: Verdict) -> Iterator[tuple[str, Finding]]:
        end = verdict.end
        for fragment in sorted({one.fragment for one in self._waiting[url]}):
            wanted = fragment if verdict.fragment is None else verdict.fragment
            if not wanted or (end.read and names(wanted, self._anchors[end.url])):
                continue
            finding = Finding(
                url=f"{url}#{fragment}" if fragment else url,
                reason="anchor" if end.read else Reason.PARSE_GUARD,
                status=end.status,
                detail=end.detail,
                to=verdict.to and f"{end.url}#{wanted}",
                places=_places([one for one in self._waiting[url] if one.fragment == fragment]),
            )
            yield "anchors" if end.read else "unknown", finding


def _rank(fact: Checked) -> tuple[int, str, int, str]:
    # Of several answers of one URL the page counts: behind a cookie wall redirects come before it. The rest
    # only makes sure that it is always the same one.
    rank: dict[str, int] = {Reason.OK: 2, Reason.REDIRECT: 0}
    return rank.get(fact.reason, 1), fact.reason, fact.status, fact.location


def _places(waiting: Sequence[_Waiting]) -> list[Place]:
    return sorted({one.place for one in waiting})


def _unread(page: Checked) -> Finding:
    return Finding(url=page.url, reason=Reason.PARSE_GUARD, status=page.status, detail=page.detail)
