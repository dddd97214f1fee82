"""Headers that the configuration adds to every request, and where they must not go."""

from __future__ import annotations

from ipaddress import ip_network

from crawler.demo import serve
from crawler.fetch import HttpFetcher, Limits
from crawler.model import ROBOTS, Request
from crawler.policy.address import AddressRule


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
