"""A crawl that is to be done once: what is over stays as it is, and what is not goes on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from crawler import Crawl, Page, Spider
from crawler.demo import DemoSite, serve
from crawler.errors import OtherCrawl


class Articles(Spider):
    async def parse(self, page: Page) -> AsyncIterator[Any]:
        yield page.follow("main a")
        yield {"url": page.url, "title": page.text("h1")}


def articles(site: DemoSite, folder: Path, **options: Any) -> Crawl:
    return Crawl(
        Articles,
        start=[site.url + "/articles"],
        state=str(folder / "a.db"),
        output=str(folder / "a.jsonl"),
        fetch={"allow": ["127.0.0.1"]},
        politeness={"delay": 0},
        scope={"exclude": ["/trouble"]},
        **options,
    )


async def test_a_crawl_that_is_over_is_not_begun_again(tmp_path: Path) -> None:
    async with serve(10) as site:
        async with articles(site, tmp_path, once=True) as crawl:
            first = await crawl.wait()
        assert (first.cause, first.pages_before) == ("finished", 0)
        written, fetched = (tmp_path / "a.jsonl").read_bytes(), len(site.hits)
        for _ in range(2):
            async with articles(site, tmp_path, once=True) as crawl:
                again = await crawl.wait()
            assert (again.cause, again.pages, again.pages_before) == ("finished", 0, first.pages)
            assert (tmp_path / "a.jsonl").read_bytes() == written
        assert len(site.hits) == fetched
        async with articles(site, tmp_path) as crawl:  # without the word it begins anew, as ever
            await crawl.wait()
        assert crawl.stats.pages == first.pages
        assert len(site.hits) > fetched


async def test_at_its_limit_a_crawl_is_over_and_below_a_higher_one_it_goes_on(tmp_path: Path) -> None:
    async with serve(10) as site:
        for _ in range(3):
            async with articles(site, tmp_path, once=True, limits={"pages": 3}) as crawl:
                await crawl.wait()
            assert (crawl.stats.cause, crawl.stats.pages + crawl.stats.pages_before) == ("pages", 3)
        async with articles(site, tmp_path, once=True, limits={"pages": 5}) as crawl:
            await crawl.wait()
        assert (crawl.stats.pages_before, crawl.stats.pages) == (3, 2)
        assert len((tmp_path / "a.jsonl").read_text().splitlines()) == 5


async def test_an_output_that_is_gone_is_written_again_from_the_state(tmp_path: Path) -> None:
    async with serve(5) as site:
        async with articles(site, tmp_path, once=True) as crawl:
            await crawl.wait()
        written, fetched = (tmp_path / "a.jsonl").read_bytes(), len(site.hits)
        (tmp_path / "a.jsonl").unlink()
        async with articles(site, tmp_path, once=True) as crawl:
            await crawl.wait()
    assert (tmp_path / "a.jsonl").read_bytes() == written
    assert len(site.hits) == fetched


async def test_leaving_early_does_not_make_a_crawl_unfinished_that_is_over(tmp_path: Path) -> None:
    async with serve(5) as site:
        async with articles(site, tmp_path, once=True) as crawl:
            await crawl.wait()
        async with articles(site, tmp_path, once=True):
            pass
        fetched = len(site.hits)
        async with articles(site, tmp_path, once=True) as crawl:
            await crawl.wait()
        assert crawl.stats.cause == "finished"
    assert len(site.hits) == fetched


async def test_another_crawl_under_the_same_name_is_refused(tmp_path: Path) -> None:
    async with serve(5) as site:
        async with articles(site, tmp_path, once=True) as crawl:
            await crawl.wait()
        with pytest.raises(OtherCrawl, match=r"holds a crawl in which these settings were different: scope"):
            async with Crawl(
                Articles,
                start=[site.url + "/articles"],
                state=str(tmp_path / "a.db"),
                output=str(tmp_path / "a.jsonl"),
                once=True,
            ):
                pass
