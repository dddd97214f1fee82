"""A plain site, for a crawl whose configuration names a start, what to follow, and nothing else."""

from __future__ import annotations

from itertools import pairwise

from ..table import Seen, endpoint
from ..wire import Ask


def _polite(seen: Seen) -> None:
    robots, *pages = seen.hits
    assert robots.target == "/robots.txt"
    assert [hit.target for hit in pages] == ["/", "/attack", "/healthy"]
    assert max(hit.others for hit in seen.hits) == 0
    for before, after in pairwise(seen.hits):
        assert after.began - before.ended >= 0.998  # a second, by a clock that counts in milliseconds
    agent = robots.header("User-Agent")
    assert agent.startswith("aiocrawl/")
    assert all(hit.header("User-Agent") == agent for hit in pages)
    told = {name.lower() for hit in seen.hits for name, _ in hit.headers}
    assert told == {"host", "user-agent", "accept", "accept-encoding"}


@endpoint("ok", crawl="plain", check=_polite)
async def plain_site(ask: Ask) -> None:
    """Robots.txt first, an honest name, one request at a time, a second between two."""
    await ask.page("<title>plain</title>")
