"""A plain site, for a crawl whose configuration says where to start and nothing else."""

from __future__ import annotations

from ..table import Seen, endpoint
from ..wire import Ask


def _polite(seen: Seen) -> None:
    robots, *pages = seen.hits
    assert robots.target == "/robots.txt"
    assert {hit.target for hit in pages} == {"/"}
    agent = robots.header("User-Agent")
    assert agent.startswith("aiocrawl/")
    assert all(hit.header("User-Agent") == agent for hit in pages)
    assert max(hit.others for hit in seen.hits) == 0
    for before, after in zip(seen.hits, pages, strict=False):
        assert after.began - before.ended >= 1.0
    told = {name.lower() for hit in seen.hits for name, _ in hit.headers}
    assert told == {"host", "user-agent", "accept", "accept-encoding"}


@endpoint(crawl="plain", healthy=False, check=_polite)
async def plain_site(ask: Ask) -> None:
    """Robots.txt first, an honest name, one request at a time, a second between two."""
    await ask.page("<title>plain</title>")


def _polite_to_all(seen: Seen) -> None:
    assert [hit.target for hit in seen.hits] == ["/robots.txt", "/", "/attack", "/healthy"]
    assert max(hit.others for hit in seen.hits) == 0
    for before, after in zip(seen.hits, seen.hits[1:], strict=False):
        assert after.began - before.ended >= 1.0


@endpoint("ok", crawl="followed", check=_polite_to_all)
async def followed_site(ask: Ask) -> None:
    """The same where links are followed."""
    await ask.page("<title>followed</title>")
