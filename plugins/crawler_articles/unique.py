"""The stage that lets each text through once."""

from __future__ import annotations

from pathlib import Path

from anyio.lowlevel import checkpoint

from crawler import Drop, stage
from crawler.errors import PluginError
from crawler_articles.article import Article
from crawler_articles.neighbours import MOST, Neighbours
from crawler_articles.table import read_fingerprints

_64_BITS = (1 << 64) - 1
# Articles that are read in a few milliseconds, after which others have their turn on the loop.
_AT_ONCE = 500


@stage
class Unique:
    """Drops articles whose text is that of an earlier one, or nearly; the reason is "near-duplicate".

    An article that was let through is let through again, since pages may be read twice.

    Args:
        distance: bits in which the fingerprints of near-duplicates may differ, from 0 to 8.
        known: a database that `Save` writes; what is in it counts as earlier. Empty for none.

    Raises PluginError for a distance that cannot be, and, when it is opened, for a database that
    cannot be read.
    """

    def __init__(self, distance: int = 6, known: str = "") -> None:
        if isinstance(distance, bool) or not isinstance(distance, int) or not 0 <= distance <= MOST:
            raise PluginError(f"distance must be a whole number from 0 to {MOST}, not {distance!r}")
        self._known = Path(known) if known else None
        self._texts = Neighbours(distance)
        self._urls = Neighbours(0)

    async def open(self) -> None:
        """Read what is known from an earlier run."""
        known = read_fingerprints(self._known) if self._known is not None else ()
        for number, (url, text) in enumerate(known):
            self._urls.add(_hashed(url))
            self._texts.add(int(text, 16))
            if number % _AT_ONCE == 0:
                await checkpoint()

    async def __call__(self, article: Article) -> Article:
        """Return the article. Raises Drop for a near-duplicate of another one."""
        url, text = _hashed(article.url), int(article.fingerprint, 16)
        is_new = not self._texts.near(text)
        was_let_through = self._urls.near(url)
        if not is_new and not was_let_through:
            raise Drop("near-duplicate")
        if is_new:
            self._texts.add(text)
        if not was_let_through:
            self._urls.add(url)
        return article


def _hashed(url: str) -> int:
    # Python's own hash: quick, and nobody can make up URLs that collide.
    return hash(url) & _64_BITS
