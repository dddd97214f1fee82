"""Makes the links of pages absolute, remembering what each folder's links came to."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from crawler.url import directory_of, join

_ENTRIES = 200_000
_LONG = 500  # longer links are not remembered
# What means something else on each page of a folder, or with a fragment than without: nothing at all
# or a query, perhaps behind the page's own scheme; and spaces at the end.
_OWN = re.compile(r"[\0-\x20]*(?:[a-z\t\n\r]+:)?[\0-\x20]*(?:\?|\Z)|(?s:.*)[\0-\x20]\Z", re.IGNORECASE)

# Names that need no resolving and no encoding: the folder's URL with them behind is what joining gives.
_PLAIN = re.compile(r"(?:[\w~-][\w.~-]*/)*[\w~-][\w.~-]*/?", re.ASCII)


class Joiner:
    """Joins links to the pages they stand on.

    Pages of one folder share most of their links (navigation, indexes). Such a link is resolved
    once; after that it costs a dictionary look-up, and gives the very same string, whose hash is
    already known. On three documentation sites that is a fifth to a half of the cost of joining each
    (`benchmarks/reading.py`).

    Args:
        form: gives a joined link the form in which the crawl knows it; None where that is the joined link.
    """

    def __init__(self, form: Callable[[str], str] | None = None) -> None:
        self._form = form
        self._folders: dict[str, dict[str, str | None]] = {}
        self._entries = 0

    def join(self, base: str, hrefs: Sequence[str]) -> list[str | None]:
        """Return each link in canonical form (any scheme), or None where it is no URL at all."""
        folder = directory_of(base)
        known, page = self._known_of(folder), self._formed(join(base, ""))
        joined = []
        for href in hrefs:
            path = href.partition("#")[0]
            if not path:
                joined.append(page)
                continue
            try:
                joined.append(known[path])
            except KeyError:
                url = self._formed(folder + path if _PLAIN.fullmatch(path) else join(base, href))
                joined.append(url)
                if len(path) < _LONG and not _OWN.match(path):
                    known[path] = url
                    self._entries += 1
        return joined

    def forget(self) -> None:
        """Join all links anew: their form may be another now."""
        self._folders.clear()
        self._entries = 0

    def _formed(self, url: str | None) -> str | None:
        return url if self._form is None or url is None else self._form(url)

    def _known_of(self, folder: str) -> dict[str, str | None]:
        if self._entries > _ENTRIES:
            self.forget()
        return self._folders.setdefault(folder, {})
