"""Credentials in a start URL over redirects and links: they stay with their origin."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from crawler import Crawl, Page, Spider

AUTH = "Authorization: Basic bWU6czNjcmV0"  # me:s3cret


class Everywhere(Spider):
    async def parse(self, page: Page) -> AsyncIterator[Any]:
        yield page.follow("a")


def test_credentials_of_a_url_go_to_their_origin_and_nowhere_else(kit: Any) -> None:
    async def main() -> None:
        def home(head: str) -> bytes:
            path = head.split()[1]
            if path == "/a":
                return b"HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"
            if path == "/c":
                location = b"%s/d" % other.url.encode()
                return b"HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % location
            body = b"<a href=/c>c</a><a href='%s/e'>e</a>" % other.url.encode()
            head_ = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(body)
            return head_ + body

        empty = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n"
        async with kit.answering(empty) as other, kit.answering(home) as peer:
            spider = Everywhere()
            spider.start = [peer.url.replace("//", "//me:s3cret@") + "/a"]
            crawl = Crawl(
                spider,
                fetch={"allow": ["127.0.0.1"], "headers": {"X-Own": "1"}},
                politeness={"delay": 0, "robots": False},
                scope={"hosts": ["127.0.0.1"]},
            )
            async with crawl:
                async for _ in crawl.items():
                    pass
            asked = {head.split()[1]: AUTH in head for head in peer.heads}
            assert asked == {"/a": True, "/b": True, "/c": True}
            assert sorted(head.split()[1] for head in other.heads) == ["/d", "/e"]
            heads = peer.heads + other.heads
            assert not any("Authorization" in head for head in other.heads)
            assert not any("s3cret" in head or "Referer" in head for head in heads)

    asyncio.run(main())
