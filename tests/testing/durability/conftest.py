"""A crawl that is over, as a trial leaves it: small, and made in this process."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from crawler import Crawl, Links, Page, Spider
from crawler.testing import PretendWeb
from crawler.testing.durability.trial import OUTPUTS, STATE

SITE = "https://shop.test"
PAGES = 12
#: What makes lines and rows hard to tell apart.
HARD = 'two\nlines, a \N{LINE SEPARATOR} and "quotes"\r\n\''


class Shop(Spider):
    start = (f"{SITE}/",)

    async def parse(self, page: Page) -> AsyncIterator[dict[str, str] | Links]:
        yield page.follow()
        if page.url != f"{SITE}/":
            more = {"more": "x"} if page.url.endswith("7") else {}
            yield {"url": page.url, "title": page.text("h1"), "note": HARD, **more}


def pretend_shop() -> PretendWeb:
    web = PretendWeb(latency=0)
    links = "".join(f"<a href='/{number}'>{number}</a>" for number in range(PAGES))
    web.page(f"{SITE}/", links + "<a href='/missing'>gone</a>")
    for number in range(PAGES):
        web.page(f"{SITE}/{number}", f"<h1>Title {number}</h1>")
    return web


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed")
    (folder / STATE).parent.mkdir()

    async def story() -> None:
        async with Crawl(
            Shop,
            fetcher=pretend_shop(),
            politeness={"delay": 0, "per_host": 8},
            output=[str(folder / name) for name in OUTPUTS],
            state=str(folder / STATE),
        ) as crawl:
            await crawl.wait()

    anyio.run(story)
    return folder


@pytest.fixture
def folder(undisturbed: Path, tmp_path: Path) -> Path:
    """A copy of it, to be damaged."""
    copy = tmp_path / "work"
    shutil.copytree(undisturbed, copy)
    return copy
