"""What pages ask of crawlers in `X-Robots-Tag` and robots meta elements, as search engines document it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import msgspec

#: Stands for every crawler.
EVERYBODY = "*"

_WORDS: Mapping[str, tuple[str, ...]] = {
    "noindex": ("index",),
    "nofollow": ("follow",),
    "none": ("index", "follow"),
    "noarchive": ("archive",),
    "nocache": ("archive",),
    "nosnippet": ("snippet",),
    "noimageindex": ("images",),
}
_WORD_ENDS = re.compile(r"[,\s]+")
# A date may have a comma behind the day of the week.
_AFTER = re.compile(r"unavailable_after\s*:\s*((?:[a-z]+,)?[^,]*)", re.IGNORECASE)
_LONGEST, _LONGEST_DATE = 2_000, 100
_TOKEN = re.compile(r"[\w.-]+", re.ASCII)


class Directives(msgspec.Struct, frozen=True):
    """What a crawler may do with a page.

    Attributes:
        index: show it among what was found.
        follow: follow its links.
        archive: keep a copy for others to see.
        snippet: show a part of its text.
        images: show its images among what was found.
        unavailable_after: from when on it is as if `index` were False.
    """

    index: bool = True
    follow: bool = True
    archive: bool = True
    snippet: bool = True
    images: bool = True
    unavailable_after: datetime | None = None

    def and_also(self, other: Directives) -> Directives:
        """Return what is allowed by both."""
        dates = [date for date in (self.unavailable_after, other.unavailable_after) if date is not None]
        return Directives(
            self.index and other.index,
            self.follow and other.follow,
            self.archive and other.archive,
            self.snippet and other.snippet,
            self.images and other.images,
            min(dates, default=None),
        )

    def indexed_at(self, now: datetime) -> bool:
        """Say whether the page may be shown among what was found at that time."""
        return self.index and (self.unavailable_after is None or now < self.unavailable_after)


ALL = Directives()


def parse_directives(text: str) -> Directives:
    """Return what a list of directives allows: commas between them, unknown ones ignored. Never raises."""
    text = text[:_LONGEST]
    lower = text.lower()
    if "no" not in lower and "unavailable_after" not in lower:
        return ALL
    after = _AFTER.search(text)
    words = _WORD_ENDS.split(_AFTER.sub(",", lower) if after else lower)
    denied = {name: False for word in words for name in _WORDS.get(word, ())}
    date = _date(after[1].strip()) if after else None
    return Directives(**denied, unavailable_after=date) if denied or date else ALL


def for_agents(headers: Iterable[str], metas: Iterable[tuple[str, str]]) -> dict[str, Directives]:
    """Return what is allowed to whom, by product token in lower case; who may do all is left out.

    Args:
        headers: the values of `X-Robots-Tag`.
        metas: name and content of meta elements.
    """
    told: dict[str, Directives] = {}
    pairs = [pair for value in headers for pair in _agents(value)]
    pairs += [(EVERYBODY if name.lower() == "robots" else name.lower(), content) for name, content in metas]
    for agent, text in pairs:
        found = parse_directives(text)
        if found != ALL:
            told[agent] = told.get(agent, ALL).and_also(found)
    return told


def for_agent(told: Mapping[str, Directives], agent: str) -> Directives:
    """Return what is allowed to one crawler: what is said to everybody and what is said to it hold both."""
    everybody = told.get(EVERYBODY, ALL)
    own = told.get(agent.lower())
    return everybody if own is None else everybody.and_also(own)


def _agents(value: str) -> Iterator[tuple[str, str]]:
    """Yield for whom each part of a header is, and that part.

    A product token with a colon may stand in front; it may stand between as well, where somebody on the
    way has joined several headers.
    """
    agent, parts = EVERYBODY, list[str]()
    for part in value.split(","):
        name, colon, rest = part.partition(":")
        name = name.strip().lower()
        valued = name == "unavailable_after" or name.startswith("max-")
        if colon and not valued and _TOKEN.fullmatch(name):
            yield agent, ",".join(parts)
            agent, parts = name, [rest]
        else:
            parts.append(part)
    yield agent, ",".join(parts)


def _date(text: str) -> datetime | None:
    """Return the time that a text in the form of RFC 822, RFC 850 or ISO 8601 means, None for any other."""
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            date = read(text[:_LONGEST_DATE])
            return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None
