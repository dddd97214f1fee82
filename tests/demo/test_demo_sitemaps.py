"""Robots, sitemaps and feeds."""

import gzip
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree

import aiohttp

from crawler.demo import DemoSite, serve

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
ATOM = "{http://www.w3.org/2005/Atom}"


async def content(client: aiohttp.ClientSession, path: str, content_type: str) -> bytes:
    async with client.get(path) as response:
        assert (response.status, response.content_type) == (200, content_type)
        assert "Content-Encoding" not in response.headers
        return await response.read()


def locations(document: bytes) -> list[str | None]:
    return [node.text for node in ElementTree.fromstring(document).iter(f"{SITEMAP}loc")]


async def test_robots_forbids_the_private_pages(site: DemoSite, client: aiohttp.ClientSession) -> None:
    rules = RobotFileParser()
    rules.parse((await content(client, "/robots.txt", "text/plain")).decode().splitlines())
    assert rules.site_maps() == [f"{site.url}/sitemap.xml"]
    assert not any(rules.can_fetch("any", path) for path in site.private_pages)
    assert all(rules.can_fetch("any", path) for path in site.pages)
    for path in site.private_pages:
        assert b"robots.txt" in await content(client, path, "text/html")


async def test_the_sitemaps_list_articles_and_tags(site: DemoSite, client: aiohttp.ClientSession) -> None:
    index = locations(await content(client, "/sitemap.xml", "application/xml"))
    assert index == [f"{site.url}/sitemap-articles.xml", f"{site.url}/sitemap-tags.xml.gz"]
    articles = await content(client, "/sitemap-articles.xml", "application/xml")
    assert locations(articles) == [f"{site.url}/articles/{number}" for number in range(1, 46)]
    days = [node.text or "" for node in ElementTree.fromstring(articles).iter(f"{SITEMAP}lastmod")]
    assert days == sorted(days)
    tags = locations(gzip.decompress(await content(client, "/sitemap-tags.xml.gz", "application/gzip")))
    assert len(tags) == site.counts.tags
    assert {(tag or "").removeprefix(site.url) for tag in tags} <= site.pages


async def test_a_sitemap_holds_no_more_than_the_protocol_allows() -> None:
    async with serve(50_001) as site, aiohttp.ClientSession(site.url) as session:
        index = locations(await content(session, "/sitemap.xml", "application/xml"))
        assert f"{site.url}/sitemap-articles-2.xml" in index
        second = await content(session, "/sitemap-articles-2.xml", "application/xml")
        assert locations(second) == [f"{site.url}/articles/50001"]


async def test_addresses_follow_the_name_the_visitor_used(client: aiohttp.ClientSession) -> None:
    async with client.get("/robots.txt", headers={"Host": "demo.test"}) as response:
        assert "Sitemap: http://demo.test/sitemap.xml\n" in await response.text()


async def test_the_rss_feed_has_the_latest_articles(site: DemoSite, client: aiohttp.ClientSession) -> None:
    feed = ElementTree.fromstring(await content(client, "/feed.xml", "application/rss+xml"))
    assert (feed.tag, feed.get("version")) == ("rss", "2.0")
    links = [item.findtext("link") for item in feed.iter("item")]
    assert links == [f"{site.url}/articles/{number}" for number in range(45, 25, -1)]
    dates = [parsedate_to_datetime(item.findtext("pubDate", "")) for item in feed.iter("item")]
    assert dates == sorted(dates, reverse=True)


async def test_the_atom_feed_has_the_latest_articles(site: DemoSite, client: aiohttp.ClientSession) -> None:
    feed = ElementTree.fromstring(await content(client, "/feed.atom", "application/atom+xml"))
    entries = feed.findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}id") for entry in entries] == [
        f"{site.url}/articles/{number}" for number in range(45, 25, -1)
    ]
    updated = feed.findtext(f"{ATOM}updated", "")
    assert updated == entries[0].findtext(f"{ATOM}updated")
    assert datetime.fromisoformat(updated).tzinfo is not None
