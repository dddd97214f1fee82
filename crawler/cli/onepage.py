"""Fetches one URL the way a crawl would: robots.txt, address guard, redirects by the rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from crawler.assembly import Parts, make_fetcher, open_crawl
from crawler.assembly.headers import known_starts
from crawler.contracts import Fetcher
from crawler.errors import FetchError
from crawler.events import Event, RobotsRead, StartRefused, Visited
from crawler.model import Outcome, Reason, Request, Response
from crawler.page import Page
from crawler.settings import Settings
from crawler.spider import Spider


@dataclass(slots=True)
class Visit:
    """What came of one URL.

    Attributes:
        fetches: what was sent, robots.txt included, each with its answer or the error in its place.
        robots: what each robots.txt came to, by origin.
        outcomes: what came of each hop, in order.
        refused: why the URL could not even be asked for, and in which words.
    """

    fetches: list[tuple[Request, Response | FetchError]] = field(default_factory=list)
    robots: dict[str, RobotsRead] = field(default_factory=dict)
    outcomes: list[tuple[Request, Outcome]] = field(default_factory=list)
    refused: tuple[Reason, str] | None = None

    def __call__(self, event: Event) -> None:
        """Take note of an event."""
        if isinstance(event, Visited):
            self.outcomes.append((event.lease.request, event.outcome))
        elif isinstance(event, RobotsRead):
            self.robots[event.origin] = event
        elif isinstance(event, StartRefused):
            self.refused = event.reason, event.detail

    @property
    def answer(self) -> Response | None:
        """The answer to the last hop, when there is one."""
        if not self.outcomes:
            return None
        last = self.outcomes[-1][0]
        return next((got for sent, got in self.fetches if sent is last and isinstance(got, Response)), None)

    @property
    def good(self) -> bool:
        """Whether there is a page that a callback would get."""
        return bool(self.outcomes) and self.outcomes[-1][1].reason is Reason.OK


async def visit(settings: Settings, url: str, hosts: Sequence[str] = ()) -> Visit:
    """Fetch a URL once, under the rules of the settings.

    Args:
        settings: whose politeness, scope, limits and headers hold; its start and outputs do not.
        url: absolute URL.
        hosts: where the crawl is at home, when the settings name no hosts; the URL's own when left out.

    """
    seen = Visit()
    spider = _OneUrl()
    spider.start = [url]
    once = settings.model_copy(
        update={
            "start": None,
            "output": (),
            "state": None,
            "scope": settings.scope.model_copy(update={"hosts": settings.scope.hosts or tuple(hosts)}),
            "limits": settings.limits.model_copy(update={"pages": 1}),
            "politeness": settings.politeness.model_copy(update={"retries": 0}),
        }
    )
    async with make_fetcher(once, once.fetch.allow, _starts(settings, url)) as fetcher:
        parts = Parts(once, spider, fetcher=_Witness(fetcher, seen), listeners=[seen])
        async with open_crawl(parts) as engine:
            await engine.run()
    return seen


def _starts(settings: Settings, url: str) -> list[str | Request]:
    """Return where a crawl would send headers with secrets; the URL itself where no start is configured."""
    return list(known_starts(settings)) or [url]


class _OneUrl(Spider):
    """Takes its page and wants nothing more."""

    async def parse(self, page: Page) -> None:
        """Nothing is read here: the answer was seen on its way."""


class _Witness:
    """A fetcher that holds a fetcher, and remembers its answers."""

    def __init__(self, fetcher: Fetcher, seen: Visit) -> None:
        self._fetcher = fetcher
        self._seen = seen

    async def fetch(self, request: Request) -> Response:
        try:
            response = await self._fetcher.fetch(request)
        except FetchError as error:
            self._seen.fetches.append((request, error))
            raise
        self._seen.fetches.append((request, response))
        return response
