"""The spider: goes through a site, and looks at whatever its links lead to, each URL once."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

from crawler import Dropped, Failure, Page, Request, Spider
from crawler.errors import ContentError, ParameterError, SpiderError, UrlError
from crawler.model import Reason
from crawler.policy.judge import REDIRECTS
from crawler.policy.scope import Scope
from crawler.url import canonical, is_web
from crawler_linkcheck.facts import Checked, Link
from crawler_linkcheck.fragment import anchors_of, resolve
from crawler_linkcheck.links import links_of

#: Redirects are followed one by one, far beyond what browsers follow: a URL within a long chain may have
#: links of its own. What a link's chain may have is judged later, when all are known.
ENDLESS = 100
# Characters of what is no URL that are kept.
_LONGEST = 500
# What the author of a spider may do about a page that is not parsed: nothing to those who check links.
_ADVICE = "; a callback marked with @process may read it"
# Bytes beyond ASCII in a header, which HTTP libraries keep as surrogates, mean what they would in a URL.
_RAW_BYTE = re.compile("[\udc80-\udcff]")


class LinkCheck(Spider):
    """Yields a `Checked` for every URL that the pages of a site link to, and for the pages themselves.

    The site is the hosts of the start URLs, or those named by `site`. Its HTML pages are read; everything
    else is only asked for.
    """

    external: bool = False
    """Check links that leave the site, too: whether they answer, and no more."""

    anchors: bool = True
    """Check that what a link's fragment names is there."""

    ignore: tuple[str, ...] = ()
    """Regular expressions; a link in whose URL, fragment included, one is found is left alone."""

    site: tuple[str, ...] = ()
    """Hosts whose pages are read, as in `scope.hosts`; left out, the hosts of the start URLs."""

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        try:
            self._ignored = [re.compile(pattern) for pattern in self.ignore]
        except re.error as error:
            message = f"{type(self).__name__}, parameter 'ignore': {error.pattern!r}: {error}"
            raise ParameterError(message, "ignore") from None
        self._home = Scope(self.site)
        self.begun: list[str] = []
        if self.external:
            self.hosts = ("*",)
        elif self.site:
            self.hosts = self.site

    async def starts(self) -> AsyncIterator[str | Request]:
        """Yield the start requests; their hosts are the site, unless it is named."""
        if not self.start:
            raise SpiderError("linkcheck needs a start, such as start: https://example.com/")
        async for start in super().starts():
            request = start if isinstance(start, Request) else Request(start)
            try:
                url = canonical(request.url)
            except UrlError:  # the crawl says so itself
                yield request
                continue
            self._home.welcome(url)
            self.begun.append(url)
            yield self._ask(url, request.callback, data=request.data)

    async def parse(self, page: Page) -> AsyncIterator[Checked | Request]:
        """Tell how a URL answered; read it when it is a page of the site."""
        if page.status in REDIRECTS:
            for output in self._redirect(page):
                yield output
        elif not page.is_html or self._home.refuses(page.url):
            yield Checked(url=page.url, status=page.status)
        else:
            for output in self._read(page):
                yield output

    async def sitemap(self, page: Page) -> AsyncIterator[Checked | Request | Dropped]:  # type: ignore[override]
        """Follow a sitemap to the pages it lists, whose links are those of the sitemap."""
        if page.status in REDIRECTS:
            for told in self._redirect(page):
                yield told
            return
        listed: list[Link] = []
        async for output in super().sitemap(page):
            if isinstance(output, Dropped):
                yield output
                continue
            data = output.data[0] if output.data else None
            for href in output.hrefs:
                leads = resolve(page.url, href)
                if leads is not None and is_web(leads[0]) and not self._ignores(*leads):
                    listed.append(Link(*leads, "loc", ""))
                    yield self._ask(leads[0], output.callback, data=data)
        yield Checked(url=page.url, status=page.status, links=listed)

    async def failed(self, failure: Failure) -> AsyncIterator[Checked]:
        """Tell why there is no page."""
        answered = failure.reason in (Reason.STATUS, Reason.BUSY) and failure.detail.isdecimal()
        yield Checked(
            url=failure.request.url,
            status=int(failure.detail) if answered else 0,
            reason=failure.reason,
            detail="" if answered else failure.detail,
        )

    # Inside.

    def _ask(self, url: str, callback: str = "parse", **more: Any) -> Request:
        # Redirects are taken as answers, so that each is seen, whoever leads there first.
        return Request(url, callback, accept=tuple(REDIRECTS), on_error=self.failed, **more)

    def _redirect(self, page: Page) -> Iterator[Checked | Request]:
        written = page.headers.get("Location")
        target = None if written is None else resolve(page.url, _RAW_BYTE.sub(_encoded, written))
        if target is None or not is_web(target[0]):
            detail = (
                "redirects to nowhere" if written is None else f"redirects to {written!r}, which is no URL"
            )
            yield Checked(url=page.url, status=page.status, reason=Reason.REDIRECT_BROKEN, detail=detail)
            return
        url, fragment = target
        location = f"{url}#{fragment}" if fragment else url
        yield Checked(url=page.url, status=page.status, reason=Reason.REDIRECT, location=location)
        data = page.data or {}
        hops = data.get("hops", 0)
        # With a cookie, the same URL may answer otherwise than before.
        cookie = data.get("cookie", False) or page.response.set_cookie
        if hops < ENDLESS and self._checks(url):
            more = {**data, "hops": hops + 1, "cookie": cookie}
            yield self._ask(url, page.request.callback, data=more, again=cookie)

    def _read(self, page: Page) -> Iterator[Checked | Request]:
        """Read a page of the site: its anchors, and its links, with the requests for what they lead to."""
        try:
            anchors = anchors_of(page) if self.anchors else []
            links, no_urls, outside = self._links(page)
        except ContentError as error:
            detail = str(error).removeprefix(f"{page.url}: ").removesuffix(_ADVICE)
            yield Checked(url=page.url, status=page.status, html=True, detail=detail)
            return
        yield Checked(
            url=page.url,
            status=page.status,
            html=True,
            read=True,
            anchors=anchors,
            links=links,
            outside=outside,
        )
        for url in dict.fromkeys(link.url for link in links):
            yield Checked(url=url, reason=Reason.SCHEME) if url in no_urls else self._ask(url)

    def _links(self, page: Page) -> tuple[list[Link], set[str], int]:
        """Return the links to be checked, which of them are no URLs, and how many others leave the site."""
        links: dict[tuple[str, ...], Link | None] = {}
        no_urls: set[str] = set()
        for found in links_of(page):
            leads = resolve(page.base, found.href)
            if leads is None:
                leads = (found.href[:_LONGEST], "")
                no_urls.add(leads[0])
            elif not is_web(leads[0]):
                continue
            key = (*leads, found.element, found.attribute)
            if key in links or self._ignores(*leads):
                continue
            outside = leads[0] not in no_urls and not self._checks(leads[0])
            links[key] = None if outside else Link(*key, found.text)
        wanted = [link for link in links.values() if link is not None]
        return wanted, no_urls, len(links) - len(wanted)

    def _checks(self, url: str) -> bool:
        return self.external or self._home.refuses(url) is None

    def _ignores(self, url: str, fragment: str) -> bool:
        whole = f"{url}#{fragment}" if fragment else url
        return any(pattern.search(whole) for pattern in self._ignored)


def _encoded(byte: re.Match[str]) -> str:
    return f"%{ord(byte[0]) - 0xDC00:02X}"
