"""Feeds in their many formats."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from crawler.errors import ContentError
from crawler.model import Request, Response
from crawler.page import Enclosure, FeedEntry, Page

HERE = "https://a.test/feed/"
MOMENT = datetime(2023, 1, 2, 15, 0, tzinfo=timezone(timedelta(hours=1)))


def entries(body: str) -> list[FeedEntry]:
    read = Page(Response(Request(HERE), 200, {}, body.encode())).feed()
    found = list(read)
    assert read.trouble == ""
    return found


def item(inner: str) -> str:
    head = "<title>The feed</title><link>/</link>"
    return f"<rss version='2.0'><channel>{head}<item>{inner}</item></channel></rss>"


def entry(inner: str) -> str:
    return f"<feed xmlns='http://www.w3.org/2005/Atom'><title>The feed</title><entry>{inner}</entry></feed>"


RSS_2 = """<?xml version="1.0"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/"
  xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:atom="http://www.w3.org/2005/Atom">
<channel>
  <title>News</title><link>https://a.test/</link><atom:link rel="self" href="https://a.test/feed/"/>
  <image><url>https://a.test/logo.png</url><title>Logo</title><link>https://a.test/</link></image>
  <item>
    <media:title>of the film</media:title>
    <title>Bees &amp; wasps</title>
    <link>/bees</link>
    <description><![CDATA[<p>They &amp; we</p>]]></description>
    <content:encoded>All of it</content:encoded>
    <pubDate>Mon, 02 Jan 2023 15:00:00 +0100</pubDate>
    <guid isPermaLink="false">tag:1</guid>
    <dc:creator>Ann Lee</dc:creator>
    <enclosure url="/bees.mp3" type="audio/mpeg" length="12345"/>
  </item>
  <item><guid>https://a.test/by-guid</guid><title>Untitled</title></item>
  <item></item>
</channel></rss>"""


def test_rss_2() -> None:
    assert entries(RSS_2) == [
        FeedEntry(
            url="https://a.test/bees",
            title="Bees & wasps",
            published=MOMENT,
            summary="<p>They &amp; we</p>",
            id="tag:1",
            author="Ann Lee",
            enclosures=(Enclosure("https://a.test/bees.mp3", "audio/mpeg", 12345),),
        ),
        FeedEntry(url="https://a.test/by-guid", title="Untitled", id="https://a.test/by-guid"),
    ]


RSS_1 = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
  xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="https://a.test/"><title>News</title><link>https://a.test/</link>
  <items><rdf:Seq><rdf:li rdf:resource="https://a.test/1"/></rdf:Seq></items></channel>
<item rdf:about="urn:1"><title>One</title><link>https://a.test/1</link><dc:date>2023-01-02T15:00+01:00</dc:date></item>
</rdf:RDF>"""


def test_rss_1() -> None:
    assert entries(RSS_1) == [FeedEntry("https://a.test/1", "One", MOMENT, id="urn:1")]


@pytest.mark.parametrize(
    "head",
    [
        "",
        '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.test/rss-0.91.dtd">',
    ],
)
def test_rss_0_91(head: str) -> None:
    one = "<item><title>One&nbsp;</title><link>/1</link></item>"
    assert entries(f"{head}<rss version='0.91'><channel>{one}</channel></rss>") == [
        FeedEntry("https://a.test/1", "One", id="https://a.test/1")
    ]


ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://b.test/blog/">
  <title>Blog</title><link rel="self" href="feed.atom"/><updated>2023-01-02T15:00:00+01:00</updated>
  <author><name>Everybody</name></author>
  <entry xml:base="2023/">
    <title type="html">Bees</title>
    <link rel="self" href="bees.atom"/><link rel="alternate" type="text/html" href="bees.html"/>
    <link rel="enclosure" type="audio/mpeg" length="x" href="/bees.mp3"/>
    <id>urn:uuid:1</id>
    <published>2023-01-02T15:00:00+01:00</published><updated>2023-02-03T04:05:06.7Z</updated>
    <author><name> Ann Lee </name><uri>https://ann.test/</uri></author>
    <summary type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">They <b>and</b> we</div></summary>
  </entry>
</feed>"""


def test_atom() -> None:
    assert entries(ATOM) == [
        FeedEntry(
            url="https://b.test/blog/2023/bees.html",
            title="Bees",
            published=MOMENT,
            updated=datetime(2023, 2, 3, 4, 5, 6, 700_000, tzinfo=UTC),
            summary="They and we",
            id="urn:uuid:1",
            author="Ann Lee",
            enclosures=(Enclosure("https://b.test/bees.mp3", "audio/mpeg"),),
        )
    ]


JSON = """{"version": "https://jsonfeed.org/version/1.1", "title": "News", "items": [
  {"id": 7, "url": "/7", "title": "Bees", "content_html": "<p>x",
   "date_published": "2023-01-02T15:00:00+01:00", "authors": [{"name": "Ann"}],
   "attachments": [{"url": "/7.mp3", "mime_type": "audio/mpeg", "size_in_bytes": 9}, 3]},
  {"id": null, "title": 3, "url": [], "authors": [], "attachments": {}}, 5, null,
  {"id": "8", "author": {"name": "Bob"}, "authors": null, "external_url": "https://b.test/"}]}"""


def test_json() -> None:
    assert entries(JSON) == [
        FeedEntry(
            url="https://a.test/7",
            title="Bees",
            published=MOMENT,
            summary="<p>x",
            id="7",
            author="Ann",
            enclosures=(Enclosure("https://a.test/7.mp3", "audio/mpeg", 9),),
        ),
        FeedEntry(url="https://b.test/", id="8", author="Bob"),
    ]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (item("<link> </link><link>/1</link>"), FeedEntry("https://a.test/1", id="https://a.test/1")),
        (item("<title>No link</title>"), FeedEntry(title="No link")),
        (item("<pubDate>soon</pubDate><guid>7</guid>"), FeedEntry(id="7")),
        (
            item("<author>ann@a.test (Ann)</author><guid>7</guid>"),
            FeedEntry(id="7", author="ann@a.test (Ann)"),
        ),
        (item("<a10:updated>2023-01-02T15:00+01:00</a10:updated><guid>7</guid>"), FeedEntry(id="7")),
        (
            item(
                "<at:updated xmlns:at='http://www.w3.org/2005/Atom'>2023-01-02T15:00+01:00</at:updated><guid>7</guid>"
            ),
            FeedEntry(id="7", updated=MOMENT),
        ),
        (entry("<id>7</id><content>x</content>"), FeedEntry(id="7", summary="x")),
        (entry("<id>7</id><issued>2023-01-02T15:00+01:00</issued>"), FeedEntry(id="7", published=MOMENT)),
        (entry("<id>7</id><link href='mailto:x'/>"), FeedEntry("mailto:x", id="7")),
    ],
)
def test_odd_entries(body: str, expected: FeedEntry) -> None:
    assert entries(body) == [expected]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("https://a.test/1", "neither XML nor JSON"),
        ("<urlset/>", "the root element <urlset> is none of feed, rdf, rss"),
        ("<html>", "the root element <html>"),
        ('{"items": {}}', "JSON without items"),
    ],
)
def test_what_is_no_feed(body: str, said: str) -> None:
    with pytest.raises(ContentError, match=said):
        entries(body)
