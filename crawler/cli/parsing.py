"""Runs one page through a spider, and shows what it gives: items, links to follow, links refused."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

from crawler.assembly import make_form, make_scope, make_traps, make_wishes
from crawler.assembly.places import Opening
from crawler.cli.configuration import offline_callbacks, whole_url
from crawler.cli.exitcodes import ExitCode
from crawler.cli.onepage import visit
from crawler.cli.printing import write_bytes
from crawler.cli.report import lines
from crawler.encode import encode_item, visible
from crawler.engine.admission import Admission
from crawler.engine.callbacks import Callbacks
from crawler.model import Dropped, Links, Reason, Request, Response
from crawler.observe.reasons import explain
from crawler.observe.terminal import safe, safe_lines
from crawler.page import Page, ParseRefused
from crawler.raised import traceback_of
from crawler.settings import Settings
from crawler.spider import Spider
from crawler.url import canonical, host_of, join


async def parse_one(settings: Settings, spider: Spider, url: str, callback: str) -> ExitCode:
    """Fetch a URL, run the callback on the page, print what it yields; nothing is followed.

    Raises SpiderError when there is no such callback, OutputError when an item cannot be written.
    """
    callbacks = offline_callbacks(settings, spider)
    callbacks.find(callback)
    async with _demo_site(settings, url) as (settings, url):
        settings, home = _scoped(settings, spider, url)
        seen = await visit(settings, url, home)
    for line in lines(seen):
        print(line, file=sys.stderr)
    if not seen.good or seen.answer is None:
        return ExitCode.NOTHING
    try:
        outputs = await _outputs(callbacks, spider, callback, Page(seen.answer))
        found = Found(settings, spider, callback, home, seen.answer)
        found.sort(outputs)
    except (Exception, SystemExit) as error:
        print(f"\n{callback} failed:\n{safe_lines(traceback_of(error))}", file=sys.stderr)
        return ExitCode.NOTHING
    _show(found)
    return ExitCode.FINISHED


async def _outputs(callbacks: Callbacks, spider: Spider, callback: str, page: Page) -> list[Any]:
    """Run the callback; where a crawl would let rules read a page in a process, so does this."""
    async with AsyncExitStack() as stack:
        apart = (await Opening(stack, lambda event: None).apart(spider)).get(callback)
        if apart is None:
            return await callbacks.collect(callback, page)
        if not page.is_bulky:
            with suppress(ParseRefused):
                return await callbacks.collect(callback, page)
        return await apart.executor.call(apart.callback, page, page.url)


class Found:
    """What a callback yielded on one page, each link judged by itself.

    Attributes:
        items, dropped: as yielded.
        accepted: the URLs that would be fetched, in order.
        refused: the other links, each with the reason.
    """

    def __init__(
        self, settings: Settings, spider: Spider, callback: str, home: Sequence[str], answer: Response
    ) -> None:
        self.items: list[Any] = []
        self.dropped: list[Dropped] = []
        self.accepted: dict[str, None] = {}
        self.refused: dict[str, Reason] = {}
        self._request = answer.request
        self._admission = Admission(
            make_scope(settings, spider),
            self._knows,
            offline_callbacks(settings, spider).find,
            wishes=make_wishes(settings),
            form=make_form(settings),
            traps=make_traps(settings),
        )
        for host in home:
            self._admission.start(Request(f"http://{host}/", callback))

    def _knows(self, key: str) -> bool:
        return key in self.accepted or key == self._request.key

    def sort(self, outputs: Sequence[Any]) -> None:
        """Sort a callback's outputs. Raises SpiderError for what a callback may not yield."""
        for url, one in _singly(outputs):
            findings = self._admission.sort([one], self._request)
            self.items += findings.items
            self.dropped += findings.dropped
            self.accepted.update((request.url, None) for request in findings.found)
            self.refused.update((url, reason) for reason in findings.rejected)


def _singly(outputs: Sequence[Any]) -> Iterator[tuple[str, Any]]:
    """Yield each output with its URL, batches of links taken apart."""
    for output in outputs:
        if isinstance(output, Links):
            marked = frozenset(output.nofollow)
            for position, href in enumerate(output.hrefs):
                data = output.data[position : position + 1]
                mark = [href] if href in marked else []
                link = Links(
                    output.base, [href], output.callback, output.priority, data, mark, output.nofollow_for
                )
                yield join(output.base, href) or href, link
        else:
            yield output.url if isinstance(output, Request) else "", output


def _show(found: Found) -> None:
    for item in found.items:
        text = encode_item(item)
        write_bytes((visible(text) if sys.stdout.isatty() else text) + b"\n")
    told = [
        f"items: {len(found.items)}, links to follow: {len(found.accepted)}, refused: {len(found.refused)}"
    ]
    told += [f"dropped: {one.name}: {one.reason}" for one in found.dropped]
    told += ["", "would follow:", *(f"  {url}" for url in found.accepted)] if found.accepted else []
    for reason in dict.fromkeys(found.refused.values()):
        told += ["", f"refused, {reason}: {explain(reason)}"]
        told += [f"  {url}" for url, why in found.refused.items() if why is reason]
    print("", *(safe(line, 2_000) for line in told), sep="\n", file=sys.stderr)


@asynccontextmanager
async def _demo_site(settings: Settings, url: str) -> AsyncIterator[tuple[Settings, str]]:
    """Serve the demo site when the URL is a path on it; lend settings and URL that lead there."""
    demo = settings.start.demo if settings.start is not None else None
    if demo is None or not url.startswith("/"):
        yield settings, whole_url(url)
        return
    from crawler.demo import serve  # a web server: loaded only when it is asked for

    async with serve(demo.articles) as site:
        fetch = settings.fetch.model_copy(update={"allow": (*settings.fetch.allow, "127.0.0.1/32")})
        yield settings.model_copy(update={"fetch": fetch}), whole_url(site.url + url)


def _scoped(settings: Settings, spider: Spider, url: str) -> tuple[Settings, list[str]]:
    """Return the settings with the hosts that the spider names; where there are none, what is home."""
    if settings.scope.hosts or spider.hosts:
        hosts = settings.scope.hosts or tuple(spider.hosts)
        return settings.model_copy(update={"scope": settings.scope.model_copy(update={"hosts": hosts})}), []
    starts = settings.start.urls if settings.start is not None else ()
    return settings, list(dict.fromkeys(host_of(canonical(one)) for one in (url, *starts)))
