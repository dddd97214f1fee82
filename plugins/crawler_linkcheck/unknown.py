"""Why nothing is known of a URL that a page links to."""

from __future__ import annotations

from crawler.assembly import make_scope
from crawler.model import Reason
from crawler.settings import Settings
from crawler_linkcheck.facts import UNFINISHED, Checked
from crawler_linkcheck.spider import LinkCheck


class Unknown:
    """Asks the rules of a crawl once more, since a link that they keep out leaves no trace.

    Args:
        settings: those of the crawl.
        spider: its spider, after the crawl.
        ended: why the crawl ended.
    """

    def __init__(self, settings: Settings, spider: LinkCheck, ended: str) -> None:
        self._scope = make_scope(settings, spider)
        for url in spider.begun:
            self._scope.welcome(url)
        self._depth = settings.limits.depth
        self._ended = ended

    def __call__(self, url: str) -> Checked:
        """Return what is to be said: a rule kept it out, or the crawl ended before its turn."""
        reason = self._scope.refuses(url)
        if reason is not None:
            return Checked(url=url, reason=reason)
        if self._ended != "finished":
            return Checked(url=url, reason=UNFINISHED)
        return Checked(url=url, reason=Reason.EXCESS if self._depth is None else Reason.DEPTH)
