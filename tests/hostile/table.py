"""The table of endpoints: each is one function, with what is expected of a crawler beside it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from .record import Crawled, Hit, Record
from .wire import Ask
from .world import World

Answer = Callable[[Ask], Awaitable[None]]


@dataclass(frozen=True)
class Seen:
    """What is known of one endpoint after the run: observed by the server, and told by the crawler."""

    name: str
    world: World
    record: Record
    crawled: Crawled

    @property
    def hits(self) -> list[Hit]:
        return self.at(self.name)

    def at(self, name: str) -> list[Hit]:
        """Return the requests that came to the host of an endpoint."""
        return [hit for hit in self.record.hits if hit.address == self.world.addresses[name]]

    def asked(self, path: str) -> list[Hit]:
        """Return the requests for a path on this host, whatever their query."""
        return [hit for hit in self.hits if hit.target.partition("?")[0] == path]

    def ends(self, path: str) -> list[str]:
        """Return how each visit of a URL of this host ended."""
        return self.crawled.ends(self.world.url(self.name, path))

    def end(self, path: str) -> str:
        """Return how the last visit of a URL of this host ended; empty when there was none."""
        return next(reversed(self.ends(path)), "")

    def verdict(self) -> str:
        """Return what was made of this host's robots.txt."""
        origin = self.world.url(self.name, "")
        told = [event["verdict"] for event in self.crawled.told("RobotsRead") if event["origin"] == origin]
        return next(reversed(told), "")


def fine(seen: Seen) -> None:
    """Expect nothing beyond what is expected of all."""


@dataclass(frozen=True)
class Endpoint:
    """One host of the server.

    Attributes:
        answer: what answers for `/attack` and all below it, and for every path that is not the host's own.
        ends: how the visit of `/attack` may end; empty for any.
        most: requests that the host may get at most, robots.txt among them.
        healthy: whether the ordinary pages of the host are to be fetched all the same.
        robots: it is the robots.txt that is hostile.
        links: further links on the front page.
        front: paths that are the host's own and answered as ever.
        long: only part of the long run.
        own: needs a network of its own, where names can be looked up.
        names: names that lead to the host, and by which the crawl begins there.
        crawl: which of the runs starts there: "main", "slow", "plain", "sitemap", "traps", or none.
        check: what else is to hold.
        unmet: which part is to mend what does not hold yet.
    """

    name: str
    answer: Answer
    ends: tuple[str, ...] = ()
    most: int = 8
    healthy: bool = True
    robots: bool = False
    links: tuple[str, ...] = ("/attack",)
    long: bool = False
    own: bool = False
    names: tuple[str, ...] = ()
    crawl: str = "main"
    check: Callable[[Seen], None] = fine
    unmet: str = ""
    about: str = field(default="", compare=False)

    def part_of(self, world: World) -> bool:
        """Say whether the endpoint is there in this run."""
        return (world.long or not self.long) and (world.own or not self.own)


ENDPOINTS: dict[str, Endpoint] = {}


def endpoint(
    *ends: str,
    most: int = 8,
    healthy: bool = True,
    robots: bool = False,
    links: tuple[str, ...] = ("/attack",),
    long: bool = False,
    own: bool = False,
    names: tuple[str, ...] = (),
    crawl: str = "main",
    check: Callable[[Seen], None] = fine,
    unmet: str = "",
) -> Callable[[Answer], Answer]:
    """Add a function to the table, under its own name; the arguments are those of `Endpoint`."""

    def add(answer: Answer) -> Answer:
        name = getattr(answer, "__name__", "")
        assert name not in ENDPOINTS
        ENDPOINTS[name] = Endpoint(
            name, answer, ends, most, healthy, robots, links, long, own, names, crawl, check, unmet,
            (answer.__doc__ or "").partition("\n")[0],
        )  # fmt: skip
        return answer

    return add
