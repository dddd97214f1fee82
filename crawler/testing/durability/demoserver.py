"""The demo site in a process of its own: `python -m crawler.testing.durability.demoserver ARTICLES`.

It prints its URL. Each line on standard input makes it as new: nobody is logged in, nothing was refused
yet; it says so. It ends with its standard input, and so with whoever started it.
"""

from __future__ import annotations

import sys

import anyio
from anyio import to_thread

from crawler.demo import serve


async def main(articles: int) -> None:
    """Serve the site until standard input ends."""
    async with serve(articles, record_hits=False) as site:
        print(site.url, flush=True)
        while await to_thread.run_sync(sys.stdin.readline):
            site.refusals.clear()
            site.sessions.clear()
            print("as new", flush=True)


if __name__ == "__main__":
    anyio.run(main, int(sys.argv[1]))
