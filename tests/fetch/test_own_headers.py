"""Headers that the configuration adds to every request, and where they must not go."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from crawler import Crawl, Links, Page, Request, Spider
from crawler.demo import serve
from crawler.errors import ConfigError
from crawler.fetch import HttpFetcher, Limits
from crawler.model import ROBOTS
from crawler.pages import fetch_all
from crawler.policy.address import AddressRule
from crawler.settings import effective, from_mapping, load, secret_headers


async def test_own_headers_do_not_follow_a_redirect_of_robots_txt() -> None:
    fetcher = HttpFetcher(
        Limits(),
        user_agent="test",
        headers={"Authorization": "secret", "Accept": "text/html"},
        address=AddressRule([ip_network("127.0.0.1")]),
        concurrency=1,
    )
    async with serve(5) as site, fetcher:
        page = Request(f"{site.url}/", headers={"X-Own": "1"})
        asked = Request(f"{site.url}/robots.txt", ROBOTS, data=site.url)
        led = Request("https://elsewhere.test/robots.txt", ROBOTS, data="https://elsewhere.test")
        for request in (page, asked, led.hop(f"{site.url}/robots.txt", keep_body=True)):
            await fetcher.fetch(request)
        first, second, third = (hit.headers for hit in site.hits)
    assert (first["Authorization"], first["Accept"], first["X-Own"]) == ("secret", "text/html", "1")
    assert second["Authorization"] == "secret"
    assert "Authorization" not in third
    assert third["User-Agent"] == "test"


SECRETS = {
    "Authorization": "Bearer top-secret",
    "Proxy-Authorization": "Basic top-secret",
    "Cookie": "s=top-secret",
    "X-Api-Key": "top-secret",
    "X-Session": "top-secret",
}


class Everywhere(Spider):
    """Follows every link to every host."""

    hosts = ("*",)

    async def parse(self, page: Page) -> AsyncIterator[Links]:
        yield page.follow("a")


def html(*links: str, status: str = "200 OK", headers: str = "") -> bytes:
    body = " ".join(f"<a href={link}>x</a>" for link in links)
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    return (head + body).encode()


def sent_with(heads: list[str], word: str) -> list[str]:
    """Return the paths of the requests that hold a word in their headers."""
    return [head.split()[1] for head in heads if word in head.lower()]


@pytest.mark.parametrize(
    "configured", [SECRETS, {"X-Plain": "${CRAWL_TOKEN}"}], ids=["by name", "by variable"]
)
def test_secrets_reach_the_origins_of_the_start_urls_alone(
    kit: Any, run: Any, configured: Mapping[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CRAWL_TOKEN", "top-secret")

    async def main() -> None:
        async with AsyncExitStack() as stack:
            other = await stack.enter_async_context(kit.answering(html("/more")))

            def reply(head: str) -> bytes:
                path = head.split()[1]
                if path == "/away":
                    return html(status="302 Found", headers=f"Location: {other.url}/led\r\n")
                return html("/in", "/away", f"{other.url}/link") if path == "/" else html()

            home = await stack.enter_async_context(kit.answering(reply))
            headers = {**configured, "X-Team": "everybody"}
            written = {
                "start": home.url + "/",
                "fetch": {"headers": headers, "allow": ["127.0.0.1"]},
                "politeness": {"delay": "0s"},
                "scope": {"hosts": ["127.0.0.1"]},
                "follow": [{"css": "a"}],
            }
            file = tmp_path / "crawl.yaml"
            file.write_text(json.dumps(written))
            settings = load(file)
            async with Crawl(settings=settings) as crawl:
                assert len([item async for item in crawl.items()]) == 5
            assert sent_with(home.heads, "top-secret") == [head.split()[1] for head in home.heads]
            assert {"/", "/in", "/away", "/robots.txt"} <= set(sent_with(home.heads, "top-secret"))
            assert {"/led", "/link", "/more"} <= set(sent_with(other.heads, "x-team: everybody"))
            assert sent_with(other.heads, "top-secret") == []
            assert sent_with([*home.heads, *other.heads], "referer") == []

    run(main())


async def test_each_origin_gets_its_own(kit: Any) -> None:
    async with kit.answering(html()) as api, kit.answering(html()) as other:
        named = {api.url.upper(): {"headers": {"X-Api-Key": "for-the-api", "authorization": "own"}}}
        spider = Everywhere()
        spider.start = [other.url + "/", api.url + "/"]
        fetch = {"headers": {"Authorization": "for-starts"}, "origins": named, "allow": ["127.0.0.1"]}
        async with Crawl(spider, fetch=fetch, politeness={"delay": 0}) as crawl:
            await crawl.wait()
        (asked,) = (head for head in api.heads if head.startswith("GET / "))
        assert "X-Api-Key: for-the-api\r\n" in asked
        assert "authorization: own\r\n" in asked
        assert "for-starts" not in asked
        assert sent_with(other.heads, "for-the-api") == []
        assert sent_with(other.heads, "for-starts") == ["/robots.txt", "/"]


async def test_fetch_all_sends_them_to_the_listed_urls(kit: Any) -> None:
    def reply(head: str) -> bytes:
        return html(status="302 Found", headers=f"Location: http://localhost:{peer.port}/led\r\n")

    async with kit.answering(reply) as peer:
        fetch = {"headers": {"Authorization": "secret"}, "allow": ["127.0.0.1", "::1"]}
        with pytest.raises(ExceptionGroup):  # it is led round and round
            await fetch_all([peer.url + "/a"], fetch=fetch, politeness={"delay": 0, "robots": False})
        assert sent_with(peer.heads, "secret") == ["/a"]


class MadeUp(Everywhere):
    """Its start URLs are not known beforehand."""

    async def starts(self) -> AsyncIterator[str]:
        yield str(self.data)

    data: str = ""


async def test_it_is_told_when_a_secret_goes_nowhere(kit: Any, caplog: pytest.LogCaptureFixture) -> None:
    async with kit.answering(html()) as peer:
        fetch = {"headers": {"Authorization": "secret"}, "allow": ["127.0.0.1"]}
        with caplog.at_level(logging.WARNING):
            async with Crawl(MadeUp(data=peer.url + "/"), fetch=fetch, politeness={"delay": 0}) as crawl:
                await crawl.wait()
        assert "/" in [head.split()[1] for head in peer.heads]
        assert sent_with(peer.heads, "secret") == []
    assert [record.getMessage() for record in caplog.records if "Authorization" in record.getMessage()] == [
        "Authorization may be a secret, and no start URL is known beforehand: it is sent nowhere; say under "
        "fetch.origins who gets it"
    ]


def test_which_headers_are_secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("API_TOKEN", "top-secret")
    monkeypatch.setenv("TEAM", "y")
    headers = {**SECRETS, "X-A": "${API_TOKEN}", "X-B": "${TEAM}", "Accept": "text/html", "X-Author": "me"}
    origins = {"https://b.test": {"headers": {"X-Api-Key": "top-secret", "X-C": "${API_TOKEN}", "X-D": "d"}}}
    file = tmp_path / "crawl.yaml"
    file.write_text(
        json.dumps({"start": "https://a.test/", "fetch": {"headers": headers, "origins": origins}})
    )
    settings = load(file)
    assert secret_headers(settings) == {*SECRETS, "X-A"}
    shown = {one.path: one.value for one in effective(settings) if "headers" in one.path}
    assert not any("top-secret" in value for value in shown.values())
    assert shown["fetch.origins.https://b.test.headers.X-D"] == "d"
    assert shown["fetch.origins.https://b.test.headers.X-C"] == "(not shown)"


@pytest.mark.parametrize("name", ["https://a.test/path", "a.test", "ftp://a.test", "https://u:p@a.test"])
def test_what_is_no_origin(name: str) -> None:
    with pytest.raises(ConfigError, match=r"fetch\.origins"):
        from_mapping({"start": "https://a.test/", "fetch": {"origins": {name: {"headers": {"X": "y"}}}}})
