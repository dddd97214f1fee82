from collections.abc import AsyncIterator
from typing import Any

import msgspec
from aiohttp import web

from crawler import Crawl, Page, Politeness, Spider


class Titles(Spider):
    start = ["https://demo.test/articles"]

    async def parse(self, page: Page) -> AsyncIterator[Any]:
        yield {"url": page.url, "title": page.text("title")}
        yield page.follow("a[href*=articles]")


polite = web.AppKey("polite", Politeness)


async def titles(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
    await response.prepare(request)
    async with Crawl(Titles, politeness=request.app[polite], limits={"pages": 500}) as crawl:
        async for item in crawl.items():
            await response.write(msgspec.json.encode(item) + b"\n")
    return response


def make_app() -> web.Application:
    app = web.Application()
    app[polite] = Politeness()
    app.router.add_get("/titles", titles)
    return app


if __name__ == "__main__":
    web.run_app(make_app(), handler_cancellation=True)  # a client that goes ends its crawl at once
