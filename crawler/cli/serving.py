"""Serves the demo site until a signal says to stop."""

from __future__ import annotations

import asyncio

from crawler.cli import platform
from crawler.demo import serve


async def serve_until_told(port: int, articles: int) -> None:
    """Serve the site; a SIGINT or SIGTERM is the ordinary end. Raises OSError when the port is taken."""
    told = asyncio.Event()
    with platform.signals(lambda number: told.set()):
        async with serve(articles, port=port, record_hits=False) as site:
            print(f"{site.url}/  {articles} articles; Ctrl-C ends it", flush=True)
            await told.wait()
