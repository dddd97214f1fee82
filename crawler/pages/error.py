"""Why a URL has no page."""

from __future__ import annotations

import re

from crawler.errors import CrawlerError
from crawler.model import Reason
from crawler.observe.reasons import explain
from crawler.page import Page

_LONGEST = 200  # characters of a URL that stand in the message
#: The address in what the fetcher says of one that it refuses.
_ADDRESS = re.compile(r": (\S+?)(?:%\S*)? is not a public address;")


class PageError(CrawlerError):
    """A URL that was asked for has no page, or not one that was wanted.

    Args:
        url: as it was asked for.
        reason: why; `Reason.OK` when there is a page, and `good(page)` was false.
        detail: what happened, in one line.
        page: the answer, where there was one: that of a 404, say.
        led_to: where redirects have led, if anywhere.
        words: what the error says after the URL; left out, what the reason means, and what to do about it.
    """

    def __init__(
        self,
        url: str,
        reason: Reason,
        detail: str = "",
        page: Page | None = None,
        *,
        led_to: str = "",
        words: str = "",
    ) -> None:
        self.url = url
        self.reason = reason
        self.detail = detail
        self.page = page
        self.words = words or _words(reason, detail, page)
        if led_to:
            self.words = f"it redirects to {_short(led_to)}: {self.words}"
        super().__init__(f"{_short(url)}: {self.words}")

    def __reduce__(self) -> tuple[object, ...]:
        # An exception is made anew of its `args` otherwise; a page cannot travel to another process.
        arguments = (self.url, self.reason, self.detail, self.words)
        return _again, arguments, {**self.__dict__, "page": None}


def _words(reason: Reason, detail: str, page: Page | None) -> str:
    status = str(page.status) if page is not None else detail
    if reason is Reason.STATUS and status.isdecimal():
        return str(explain(f"status {status}"))
    if reason is Reason.ADDRESS and (found := _ADDRESS.search(detail)):
        # The fetcher speaks of the configuration; whoever reads this has called a function.
        return f'{found[1]} is not a public address; if it is yours: fetch={{"allow": ["{found[1]}"]}}'
    explained = explain(reason)
    meaning = f"robots.txt forbids it ({detail})" if reason is Reason.ROBOTS else explained.meaning
    detail = f": {detail}" if detail and reason is not Reason.ROBOTS else ""
    return meaning + detail + (f"; {explained.advice}" if explained.advice else "")


def _again(url: str, reason: Reason, detail: str, words: str) -> PageError:
    return PageError(url, reason, detail, words=words)


def _short(url: str) -> str:
    return url if len(url) <= _LONGEST else f"{url[:_LONGEST]}..."
