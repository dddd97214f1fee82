from collections.abc import AsyncIterator
from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

from crawler import Crawl, Page, Politeness, Spider


class Title(msgspec.Struct):
    url: str
    title: str


class Titles(Spider):
    start = ["https://demo.test/articles"]

    async def parse(self, page: Page) -> AsyncIterator[Any]:
        yield Title(page.url, page.text("title"))
        yield page.follow("a[href*=articles]")


app = FastAPI()
polite = Politeness()  # however many clients there are, the site sees one polite crawler


@app.get("/titles")
async def titles() -> StreamingResponse:
    return StreamingResponse(lines(), media_type="application/x-ndjson")


async def lines() -> AsyncIterator[bytes]:
    async with Crawl(Titles, politeness=polite, limits={"pages": 500}) as crawl:
        async for title in crawl.items(Title):
            yield msgspec.json.encode(title) + b"\n"
