"""How much a crawl may fetch: pages and bytes."""

from __future__ import annotations


class Budget:
    """Counts what was fetched and what is being fetched, against limits.

    Args:
        pages: pages to fetch at most; redirect hops and robots.txt do not count. None for any number.
        size: bytes of decoded bodies to fetch at most. None for any number.
        fetched: pages that were fetched before, when the crawl goes on.
        fetched_size: their bytes.
    """

    def __init__(
        self, pages: int | None = None, size: int | None = None, fetched: int = 0, fetched_size: int = 0
    ) -> None:
        self._pages = pages
        self._size = size
        self._under_way = 0
        self._fetched = fetched
        self._bytes = fetched_size

    def spent(self) -> str:
        """Return the name of the limit that has been reached, or an empty string."""
        if self._pages is not None and self._fetched >= self._pages:
            return "pages"
        if self._size is not None and self._bytes >= self._size:
            return "bytes"
        return ""

    def full(self) -> bool:
        """Say whether everything that is left is under way already: wait for it before starting more."""
        return self._pages is not None and self._fetched + self._under_way >= self._pages

    def begin(self) -> None:
        """Count a fetch that starts."""
        self._under_way += 1

    def end(self, *, page: bool, size: int) -> None:
        """Count a fetch that has ended: whether it was a page, and its bytes."""
        self._under_way -= 1
        self._fetched += page
        self._bytes += size
