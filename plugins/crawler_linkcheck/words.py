"""What was found, in the words that table and JUnit have in common."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from http import HTTPStatus

from crawler.model import Reason
from crawler.observe.reasons import EXPLAINED
from crawler_linkcheck.facts import UNFINISHED
from crawler_linkcheck.report import Finding, Place

_OWN = {
    "anchor": "nothing on the page has this id or name",
    UNFINISHED: "the check ended before its turn",
    Reason.HOST: "it leaves the site (see --external)",
    Reason.SCHEME: "it is no URL",
    Reason.ROBOTS: "robots.txt forbids it",
    Reason.PARSE_GUARD: "the page was not read, since its markup could hurt the parser",
}
# What the rules of robots.txt are said to come from, when it was there; nothing more needs to be said then.
_ROBOTS_READ = "rules read"
# Here the detail says it all.
_REDIRECTS = frozenset({Reason.REDIRECT_BROKEN, Reason.REDIRECT_LIMIT})
# A crawl has a key of its configuration for what is an option here; a network of one address needs no size.
_ALLOW = re.compile(r'fetch\.allow: \["([^"]+?)(?:/32|/128)?"\]')


def cause(finding: Finding) -> str:
    """Return what is to be said of a URL, such as "404 Not Found"."""
    if finding.reason in (Reason.STATUS, Reason.BUSY):
        return _status(finding.status)
    if finding.reason == Reason.REDIRECT:
        return f"{_status(finding.status)}, now {finding.to}"
    if finding.reason in _REDIRECTS:
        return finding.detail
    words = _OWN.get(finding.reason) or EXPLAINED[Reason(finding.reason)].meaning
    detail = _ALLOW.sub(r"--allow \1", finding.detail)
    return f"{words} ({detail})" if detail not in ("", _ROBOTS_READ) else words


def whole(finding: Finding) -> str:
    """Return the URL with where redirects have led, if that is not what is to be said of it anyway."""
    moved = finding.to and finding.reason not in (Reason.REDIRECT, Reason.REDIRECT_LIMIT)
    return f"{finding.url}, redirected to {finding.to}" if moved else finding.url


def by_page(places: Sequence[Place]) -> list[tuple[Place, int]]:
    """Return the first of the places on each page, and how many more there are on it."""
    first = {place.page: place for place in reversed(places)}
    numbers = Counter(place.page for place in places)
    return [(first[page], numbers[page] - 1) for page in numbers]


def placed(place: Place, more: int = 0) -> str:
    """Return where on its page a link stands: its element, and its text in quotes."""
    element = f"{place.element} {place.attribute}".strip()
    words = f'{element} "{place.text}"' if place.text else element
    return f"{words} and {more:,} more there" if more else words


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number of things in words: "1 page", "2,000 pages"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _status(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
