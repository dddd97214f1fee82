"""The spider `feeds`, on the demo site and on odd feeds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from crawler_feeds import Entry, Feeds
from crawler_feeds.entry import entry_of

from crawler import Crawl
from crawler.demo import serve
from crawler.errors import PluginError
from crawler.page import FeedEntry
from crawler.registry import find_spider

SETTINGS: dict[str, Any] = {"fetch": {"allow": ["127.0.0.1"]}, "politeness": {"delay": 0}}


@pytest.mark.parametrize("start", ["/", "/feed.xml", "/feed.atom"])
async def test_reads_the_feeds_that_a_page_names_or_that_it_is_given(start: str) -> None:
    async with serve(30) as site:
        feeds = Feeds(newest=5)
        feeds.start = [site.url + start]
        async with Crawl(feeds, **SETTINGS) as crawl:
            entries = [entry async for entry in crawl.items(Entry)]
    found = {entry.feed.removeprefix(site.url) for entry in entries}
    assert found == ({"/feed.xml", "/feed.atom"} if start == "/" else {start})
    assert len(entries) == 5 * len(found)
    assert all(entry.title and entry.published and entry.url.startswith(site.url) for entry in entries)


async def test_a_spider_alone_with_mocked_answers(mocked_answers: Any) -> None:
    """The spider and the real fetcher, without a server: answers by URL."""
    mocked_answers.get("https://news.test/robots.txt", status=404)
    mocked_answers.get(
        "https://news.test/rss",
        body="<rss><channel><item><title>One</title><link>https://news.test/1</link></item></channel></rss>",
        content_type="application/rss+xml",
    )
    feeds = Feeds()
    feeds.start = ["https://news.test/rss"]
    async with Crawl(feeds, politeness={"delay": 0}) as crawl:
        entries = [entry async for entry in crawl.items(Entry)]
    assert entries == [Entry(url="https://news.test/1", title="One", feed="https://news.test/rss")]


def test_is_found_by_its_name() -> None:
    assert find_spider("feeds", Path()) is Feeds
    with pytest.raises(PluginError, match="newest"):
        Feeds(newest="many")


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (FeedEntry(title="No link"), None),
        (
            FeedEntry(
                url="https://a.test/1",
                published=datetime(2023, 1, 2, 15, tzinfo=timezone(timedelta(hours=1))),
                updated=datetime(2024, 1, 2, tzinfo=UTC),
            ),
            Entry(
                url="https://a.test/1", published=datetime(2023, 1, 2, 14, tzinfo=UTC), feed="https://a.test/"
            ),
        ),
        (
            FeedEntry(url="https://a.test/2", author="Ann", updated=datetime(2023, 1, 2, tzinfo=UTC)),
            Entry(
                url="https://a.test/2",
                author="Ann",
                published=datetime(2023, 1, 2, tzinfo=UTC),
                feed="https://a.test/",
            ),
        ),
        (FeedEntry(url="https://a.test/3"), Entry(url="https://a.test/3", feed="https://a.test/")),
    ],
)
def test_entries_as_items(entry: FeedEntry, expected: Entry | None) -> None:
    assert entry_of(entry, "https://a.test/") == expected
