"""One callback on one page, offline: what a spider's author tests in a millisecond."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import anyio
from multidict import CIMultiDict, CIMultiDictProxy

from crawler.assembly import placed_callbacks
from crawler.engine.admission import Admission, Findings
from crawler.engine.callbacks import Callbacks
from crawler.errors import SpiderError
from crawler.model import Dropped, Reason, Request, Response
from crawler.page import Page
from crawler.policy.scope import Scope
from crawler.spider import Spider
from crawler.testing.web import HTML
from crawler.url import canonical, is_web


@dataclass(frozen=True, slots=True)
class Read:
    """What a callback yielded.

    Attributes:
        items: in order.
        requests: one for each followed link and yielded request, in order, each key once.
        dropped: the items it decided not to keep.
    """

    items: Sequence[Any]
    requests: Sequence[Request]
    dropped: Sequence[Dropped]

    @property
    def urls(self) -> list[str]:
        """The absolute URLs of the requests."""
        return [request.url for request in self.requests]


class _Anywhere(Scope):
    """Every page of the web is in scope."""

    def refuses(self, url: str) -> Reason | None:
        return None if is_web(url) else Reason.SCHEME


def read(
    callback: Spider | type[Spider] | Callable[[Page], Any],
    body: str | bytes,
    *,
    url: str = "https://example.test/",
    data: Any = None,
    status: int = 200,
    content_type: str = HTML,
) -> Read:
    """Run a callback on a page and return what it yielded; use `read_now` where an event loop runs.

    Args:
        callback: a spider's method, such as `Books().book`; a spider, or its class, stands for `parse`.
        body: the page; text is sent as UTF-8.
        url: where the page is, which relative links are joined to.
        data: what the callback finds as `page.data`.
        status, content_type: how the page was answered.

    Raises whatever the callback raises, and SpiderError for what it must not yield.
    """
    reading = partial(read_now, callback, body, url=url, data=data, status=status, content_type=content_type)
    return anyio.run(reading)


async def read_now(
    callback: Spider | type[Spider] | Callable[[Page], Any],
    body: str | bytes,
    *,
    url: str = "https://example.test/",
    data: Any = None,
    status: int = 200,
    content_type: str = HTML,
) -> Read:
    """Run a callback on a page, on the event loop that runs; arguments as for `read`."""
    spider, name = _spider_of(callback)
    request = Request(canonical(url), name, data=data)
    headers = CIMultiDictProxy(CIMultiDict({"Content-Type": content_type} if content_type else {}))
    content = body.encode() if isinstance(body, str) else body
    page = Page(Response(request, status, headers, content, len(content)))
    callbacks = Callbacks(spider, dict.fromkeys(placed_callbacks(spider)))
    # The engine's own sorting, so that what passes here passes there.
    admission = Admission(_Anywhere(), lambda key: False, callbacks.find)
    findings: Findings = admission.sort(await callbacks.collect(name, page), request)
    once = {found.key: found for found in reversed(findings.found)}
    requests = [found for found in findings.found if once[found.key] is found]
    return Read(findings.items, requests, findings.dropped)


def _spider_of(callback: Spider | type[Spider] | Callable[[Page], Any]) -> tuple[Spider, str]:
    if isinstance(callback, Spider):
        return callback, "parse"
    if isinstance(callback, type):
        return callback(), "parse"
    owner = getattr(callback, "__self__", None)
    if not isinstance(owner, Spider):
        raise SpiderError(f"a spider or one of its methods is wanted, such as Books().book, not {callback!r}")
    return owner, Request("https://example.test/", callback).callback
