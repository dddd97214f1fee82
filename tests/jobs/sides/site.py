"""Serves the demo site, and tells at each line of its input which pages were asked for so far."""

from __future__ import annotations

import asyncio
import json
import sys

from crawler.demo import serve


async def main() -> None:
    async with serve(150) as site:
        print(site.url, flush=True)
        while await asyncio.to_thread(sys.stdin.readline):
            print(json.dumps([hit.path_qs for hit in site.hits]), flush=True)


asyncio.run(main())
