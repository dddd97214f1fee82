"""Sitemaps in their many shapes."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime

import pytest

from crawler.errors import ContentError
from crawler.model import Request, Response
from crawler.page import Alternate, Entries, Image, News, Page, SitemapEntry, Video

HERE = "https://a.test/maps/sitemap.xml"


def entries(body: bytes | str, content_type: str = "application/xml") -> Entries[SitemapEntry]:
    content = body.encode() if isinstance(body, str) else body
    return Page(Response(Request(HERE), 200, {"Content-Type": content_type}, content)).sitemap()


def pages(*urls: str) -> list[SitemapEntry]:
    return [SitemapEntry(url) for url in urls]


FULL = """<?xml version="1.0" encoding="UTF-8"?>
<?xml-stylesheet type="text/xsl" href="//a.test/main-sitemap.xsl"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="x y"
    xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"
    xmlns:vid="http://www.google.com/schemas/sitemap-video/1.1"
    xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"
    xmlns:xhtml="http://www.w3.org/1999/xhtml">
<!-- made by a plugin -->
<url>
  <loc> https://a.test/one?a=1&amp;b=2
  </loc>
  <lastmod>2024-05-07T19:20:30Z</lastmod><changefreq>Daily</changefreq><priority>0.8</priority>
  <image:image><image:loc>/i/1.jpg</image:loc><image:title>One</image:title></image:image>
  <image:image><image:loc><![CDATA[https://cdn.test/2.jpg?a&b]]></image:loc></image:image>
  <image:image><image:caption>of nothing</image:caption></image:image>
  <vid:video><vid:thumbnail_loc>/t.png</vid:thumbnail_loc><vid:title>Film</vid:title>
    <vid:content_loc>https://a.test/f.mp4</vid:content_loc><vid:duration>61</vid:duration>
    <vid:publication_date>2024-05</vid:publication_date></vid:video>
  <n:news><n:publication><n:name>The Gazette</n:name><n:language>en</n:language></n:publication>
    <n:publication_date>2024-05-06</n:publication_date><n:title>It rained</n:title></n:news>
  <xhtml:link rel="alternate" hreflang="de-CH" href="https://a.test/eins"/>
</url>
<url><loc></loc></url><url/><other><loc>https://a.test/no</loc></other>
<url><loc>https://a.test/two</loc><priority>high</priority><lastmod>soon</lastmod></url>
</urlset>"""


def test_all_that_an_entry_can_say() -> None:
    read = entries(FULL)
    assert list(read) == [
        SitemapEntry(
            url="https://a.test/one?a=1&b=2",
            lastmod=datetime(2024, 5, 7, 19, 20, 30, tzinfo=UTC),
            changefreq="daily",
            priority=0.8,
            images=(Image("https://a.test/i/1.jpg", "One"), Image("https://cdn.test/2.jpg?a&b")),
            videos=(
                Video(
                    title="Film",
                    content="https://a.test/f.mp4",
                    thumbnail="https://a.test/t.png",
                    seconds=61,
                    published=datetime(2024, 5, 1, tzinfo=UTC),
                ),
            ),
            news=News("It rained", datetime(2024, 5, 6, tzinfo=UTC), "The Gazette", "en"),
            alternates=(Alternate("de-CH", "https://a.test/eins"),),
        ),
        SitemapEntry("https://a.test/two"),
    ]
    assert read.trouble == ""


ONE = "<url><loc>https://a.test/1</loc></url>"
TWO = f"{ONE}<url><loc>https://a.test/2</loc></url>"
PREFIXED = TWO.replace("</", "</s:").replace("<u", "<s:u").replace("<l", "<s:l")
BOTH = pages("https://a.test/1", "https://a.test/2")
SPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


@pytest.mark.parametrize(
    "body",
    [
        f"<urlset>{TWO}</urlset>",
        f"<urlset xmlns='https://example.test/wrong'>{TWO}</urlset>",
        f"<s:urlset xmlns:s='{SPACE}'>{PREFIXED}</s:urlset>",
        f"<s:urlset>{PREFIXED}</s:urlset>",
        f"<URLSET>{TWO.upper().replace('HTTPS://A.TEST', 'https://a.test')}</URLSET>",
        f"\ufeff\n\n <?xml version='1.0'?>\n<urlset>{TWO}</urlset>\n\n",
        f"<!DOCTYPE urlset SYSTEM 'http://127.0.0.1:1/x.dtd'><urlset>{TWO}</urlset>",
        "<urlset><url><loc>/1</loc></url><url><loc>../2</loc></url></urlset>",
        f"<urlset><url><loc>\x0b</loc></url>{TWO}</urlset>".replace("\x0b", ""),
        "https://a.test/1\nhttps://a.test/2",
        "\ufeffhttps://a.test/1\r\n\r\n# a comment\r\nhttps://a.test/2 # another\r\n",
        '{"version": "https://jsonfeed.org/version/1.1", "items": [{"url": "/1"}, {"url": "/2"}]}',
        "<rss><channel><item><link>/1</link></item><item><link>/2</link></item></channel></rss>",
        "<feed><entry><link href='/1'/></entry><entry><link href='/2'/></entry></feed>",
    ],
)
def test_shapes(body: str) -> None:
    for content in (
        body.encode(),
        gzip.compress(body.encode()),
        body.removeprefix("\ufeff").encode("utf-16"),
    ):
        if content[:1] != b"\xff" or body.startswith("<"):  # of UTF-16 only XML is read
            read = entries(content)
            assert list(read) == BOTH
            assert read.trouble == ""


@pytest.mark.parametrize(
    ("encoding", "word"),
    [
        ("windows-1251", "Ж"),
        ("iso-8859-1", "é"),
        ("gb2312", "中文"),
        ("shift_jis", "日本"),
        ("euc-kr", "한국"),
    ],
)
def test_encodings(encoding: str, word: str) -> None:
    listed = f"<urlset><url><loc>https://a.test/{word}</loc></url></urlset>"
    declared = f"<?xml version='1.0' encoding='{encoding}'?>{listed}".encode(encoding)
    by_header = entries(listed.encode(encoding), f"text/xml; charset={encoding}")
    assert list(entries(declared)) == list(by_header) == pages(f"https://a.test/{word}")
    assert list(entries(declared, "text/xml; charset=utf-8")) == pages(f"https://a.test/{word}")


def test_an_index() -> None:
    body = f"<sitemapindex xmlns='{SPACE}'><sitemap><loc>https://a.test/s.xml.gz</loc><lastmod>2024</lastmod></sitemap></sitemapindex>"
    moment = datetime(2024, 1, 1, tzinfo=UTC)
    assert list(entries(body)) == [SitemapEntry("https://a.test/s.xml.gz", moment, is_sitemap=True)]


def test_robots_names_sitemaps() -> None:
    body = (
        "# hello\nUser-agent: *\nDisallow: /x\n\nSITEMAP: https://a.test/1 # old\n"
        "Site-map :/2\nSitemap:\nhi there: x"
    )
    assert list(entries(body)) == [
        SitemapEntry("https://a.test/1", is_sitemap=True),
        SitemapEntry("https://a.test/2", is_sitemap=True),
    ]
    assert list(entries("User-agent: *\nDisallow:")) == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("", "it is empty"),
        (" \n ", "it is empty"),
        ("<html><body>Not found</body></html>", "the root element <html> is none of feed, rdf, rss"),
        ("Not found", "neither XML nor a list of URLs"),
        ("x" * 100_000, "neither XML nor a list of URLs"),
        ("\0\1\2\3", "neither XML nor a list of URLs"),
        ("<urlset><url><loc>https://a.test/1</loc>", "not well-formed XML"),
        ("<urlset", "not well-formed XML"),
        ("{", "not JSON"),
        ("{}", "JSON without items"),
        ("[" * 100_000, "neither XML"),
        ('{"a":' + "[" * 100_000, "not JSON"),
        ("<?xml version='1.0' encoding='nonsense'?><urlset/>", "not well-formed XML: unknown encoding"),
        (b"\x1f\x8b\x08", "truncated gzip"),
        (b"\x1f\x8b\x08" + bytes(50), "damaged gzip"),
        (b"\x1f\x8bnonsense", "damaged gzip"),
    ],
)
def test_what_cannot_be_read_at_all(body: str | bytes, said: str) -> None:
    with pytest.raises(ContentError, match=said) as raised:
        list(entries(body))
    assert str(raised.value).startswith(HERE)


PACKED = gzip.compress(("<urlset>" + "".join(f"<url><loc>/{n}</loc></url>" for n in range(5_000))).encode())


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (f"<urlset>{TWO}<url><loc>https://a.test/3</lo", "not well-formed XML"),
        (f"<urlset>{TWO}</url></urlset>", "not well-formed XML"),
        (f"<urlset>{TWO}<url><loc>\x01</loc></url></urlset>", "not well-formed XML"),
        (gzip.compress(f"<urlset>{TWO}".encode()), "not well-formed XML"),
        (gzip.compress(f"<urlset>{TWO}</urlset>".encode())[:-4], "truncated gzip data"),
    ],
    ids=["within a name", "wrong end", "wrong character", "packed", "cut off"],
)
def test_what_was_read_before_the_break_counts(body: str | bytes, said: str) -> None:
    read = entries(body)
    assert list(read) == BOTH
    assert read.trouble.startswith(said)


def test_a_gzip_file_that_is_cut_off_counts_up_to_there() -> None:
    read = entries(PACKED[: len(PACKED) // 2])
    assert 1_000 < len(list(read)) < 5_000
    assert read.trouble.startswith("truncated gzip data")


def test_ampersands_that_nobody_escaped() -> None:
    urls = ("/?a=1&b=2&amp;c=3&#38;d", "/x&eacute;y&nonesuch;&")
    body = f"<urlset>{''.join(f'<url><loc>{url}</loc></url>' for url in urls)}</urlset>"
    read = entries(body)
    assert list(read) == pages("https://a.test/?a=1&b=2&c=3&d", "https://a.test/x%C3%A9y&nonesuch;&")
    assert read.trouble == ""


def test_entries_are_there_before_the_document_was_read() -> None:
    body = f"<urlset>{ONE}" + "<url><loc>/x</loc></url>" * 40_000 + "<broken"
    read = entries(body)
    assert next(iter(read)) == BOTH[0]
    assert read.trouble == ""
    assert sum(1 for _ in read) == 40_000
    assert read.trouble
