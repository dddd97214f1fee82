"""What a state file knows around a URL that it does not know itself. Reading only."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

import msgspec

from crawler.store.looking import facts_of, opened
from crawler.url import directory_of, host_of

#: So many pages of the same folder are compared.
_BESIDE = 2_000
_ALIKE = 0.9
#: So many URLs are told.
_MOST = 5


class Around(msgspec.Struct, frozen=True):
    """What is known around a URL that is not known itself.

    Attributes:
        alike: known URLs that are nearly the same, the most alike first.
        waiting: requests that wait; any of them may link to it.
        gave_up: requests that were given up; any of their pages may link to it.
        pages: pages that were read, by depth.
    """

    alike: Sequence[str]
    waiting: int
    gave_up: int
    pages: Mapping[int, int]


def around(path: Path, url: str) -> Around:
    """Return what a state file knows around a canonical URL. Looks at all requests. Raises StateError."""
    with opened(path) as connection:
        connection.execute("BEGIN")
        facts_of(connection, path)
        states: dict[str, int] = dict(
            connection.execute("SELECT state, count(*) FROM requests GROUP BY state")
        )
        pages = connection.execute(
            "SELECT depth, count(*) FROM requests WHERE state = 'done' AND reason = 'ok' GROUP BY depth"
        )
        return Around(
            alike=_alike(connection, url),
            waiting=states.get("waiting", 0),
            gave_up=states.get("gave_up", 0),
            pages=dict(pages),
        )


def _alike(connection: sqlite3.Connection, url: str) -> list[str]:
    """Return known URLs that differ as people's and servers' spellings do, else those that look alike."""
    wanted = [one for one in dict.fromkeys(_spellings(url)) if one != url]
    marks = ",".join("?" * len(wanted))
    found = {one for (one,) in connection.execute(f"SELECT url FROM requests WHERE url IN ({marks})", wanted)}
    told = [one for one in wanted if one in found] + _same_query(connection, url)
    folder = directory_of(url)
    if not told:
        # Where only the number is another one, it is another page.
        beside = [one for one in _beginning(connection, folder) if _unnumbered(one) != _unnumbered(url)]
        told = get_close_matches(url, beside, n=_MOST, cutoff=_ALIKE)
    return list(dict.fromkeys(told))[:_MOST]


def _unnumbered(url: str) -> str:
    return re.sub("[0-9]+", "", url)


def _spellings(url: str) -> Iterator[str]:
    scheme, _, rest = url.partition("://")
    place, question, query = rest.partition("?")
    host = host_of(url)
    twin = place.removeprefix("www.") if host.startswith("www.") else f"www.{place}"
    for name in (place, twin):
        for path in _paths(name):
            for kind in (scheme, "http" if scheme == "https" else "https"):
                for end in dict.fromkeys((question + query, "")):
                    yield f"{kind}://{path}{end}"


def _paths(place: str) -> Iterator[str]:
    yield place
    yield place.removesuffix("/") if place.endswith("/") and place.count("/") > 1 else f"{place}/"
    yield place.removesuffix("index.html")
    if place.endswith("/"):
        yield f"{place}index.html"


def _same_query(connection: sqlite3.Connection, url: str) -> list[str]:
    """Return known URLs whose query says the same in another order."""
    place, question, query = url.partition("?")
    if not question:
        return []
    wanted = sorted(query.split("&"))
    found = _beginning(connection, f"{place}?")
    return [one for one in found if sorted(one.partition("?")[2].split("&")) == wanted]


def _beginning(connection: sqlite3.Connection, begin: str) -> list[str]:
    found = connection.execute(
        "SELECT DISTINCT url FROM requests WHERE substr(url, 1, ?) = ? LIMIT ?", (len(begin), begin, _BESIDE)
    )
    return [one for (one,) in found]
