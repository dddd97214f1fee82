"""Fetching through real proxies: what they see, what hosts see, and what happens when one fails."""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextlib import AsyncExitStack
from typing import Any

import pytest

from crawler.errors import AddressRefused, ConnectFailed, FetchError, ProxyFailed, TLSFailed
from crawler.fetch.proxies import Proxies
from crawler.model import Request
from tests.fetch.proxy import SmallProxy

HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"
AUTH = "Basic bWU6czNjcmV0"  # me:s3cret


def by(proxy: SmallProxy, user: str = "") -> str:
    return f"http://{user}127.0.0.1:{proxy.port}"


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def test_http_goes_through_in_absolute_form(kit: Any, run: Any) -> None:
    async def main() -> None:
        async with (
            kit.answering(HELLO, then="close") as peer,
            SmallProxy(auth=AUTH).running() as proxy,
            kit.fetcher(proxies=[by(proxy, "me:s3cret@")]) as fetcher,
        ):
            for path in ("/a?b=c", "/d"):
                response = await fetcher.fetch(Request(f"http://site.test:{peer.port}{path}"))
                assert (response.body, response.address) == (b"hello", "")
        assert [head.splitlines()[0] for head in proxy.heads] == [
            f"GET http://site.test:{peer.port}/a?b=c HTTP/1.1",
            f"GET http://site.test:{peer.port}/d HTTP/1.1",
        ]
        assert all(f"Proxy-Authorization: {AUTH}" in head for head in proxy.heads)
        assert all(f"Host: site.test:{peer.port}" in head for head in peer.heads)

    run(main())


def test_https_goes_through_a_tunnel_and_nothing_leaks_either_way(
    kit: Any, run: Any, server_tls: Any, client_tls: ssl.SSLContext
) -> None:
    async def main() -> None:
        keeping = HELLO.replace(b"Connection: close\r\n", b"")
        async with (
            kit.answering(keeping, tls=server_tls("site.test")) as peer,
            SmallProxy(auth=AUTH).running() as proxy,
            kit.fetcher(
                proxies=[by(proxy, "me:s3cret@")], verify_tls=client_tls, headers={"X-Key": "ours"}
            ) as fetcher,
        ):
            url = f"https://site.test:{peer.port}/secret-path"
            for _ in range(2):
                assert (await fetcher.fetch(Request(url, headers={"Cookie": "a=1"}))).body == b"hello"
            assert peer.opened == 1
        assert proxy.heads == [
            f"CONNECT site.test:{peer.port} HTTP/1.1\r\n"
            f"Host: site.test:{peer.port}\r\nProxy-Authorization: {AUTH}\r\n\r\n"
        ]
        seen = b"".join(proxy.through)
        assert b"secret-path" not in seen
        assert b"ours" not in seen
        assert len(peer.heads) == 2
        assert all("Proxy-" not in head and "s3cret" not in head for head in peer.heads)
        assert all("X-Key: ours" in head for head in peer.heads)

    run(main())


def test_the_certificate_is_checked_through_a_tunnel(
    kit: Any, run: Any, server_tls: Any, client_tls: ssl.SSLContext
) -> None:
    async def main() -> None:
        async with (
            kit.answering(HELLO, tls=server_tls("other.test")) as peer,
            SmallProxy().running() as proxy,
            kit.fetcher(proxies=[by(proxy)], verify_tls=client_tls) as fetcher,
        ):
            with pytest.raises(TLSFailed, match="the certificate is not valid: Hostname mismatch"):
                await fetcher.fetch(Request(f"https://site.test:{peer.port}/"))

    run(main())


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_does_not_know_us_is_named_without_the_password(kit: Any, run: Any, scheme: str) -> None:
    async def main() -> None:
        async with (
            SmallProxy(auth=AUTH).running() as proxy,
            kit.fetcher(proxies=[by(proxy, "me:wr0ng@")]) as fetcher,
        ):
            with pytest.raises(ProxyFailed, match=r"407|wants credentials") as caught:
                await fetcher.fetch(Request(f"{scheme}://site.test:9/"))
            told: BaseException | None = caught.value
            while told is not None:
                assert "wr0ng" not in f"{told!r} {told}"
                told = told.__cause__

    run(main())


ANSWERS: dict[str, tuple[bytes, type[FetchError], str]] = {
    "forbids": (b"HTTP/1.1 403 No\r\n\r\n", ProxyFailed, "the proxy refuses: 403 No"),
    "has no connection": (b"HTTP/1.1 502 Bad Gateway\r\n\r\n", ConnectFailed, "no connection to it: 502"),
    "is none": (b"SSH-2.0-OpenSSH\r\n\r\n", ProxyFailed, "does not speak HTTP"),
    "does not end": (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 20_000, ProxyFailed, "does not end"),
    "hangs up": (b"HTTP/1.1 200 OK\r\n", ProxyFailed, "does not answer"),
    "speaks too early": (b"HTTP/1.1 200 OK\r\n\r\nhello", TLSFailed, "does not speak TLS"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_what_a_proxy_may_answer_to_connect(kit: Any, run: Any, name: str) -> None:
    answer, error, words = ANSWERS[name]

    async def main() -> None:
        async with (
            SmallProxy(answer=answer).running() as proxy,
            kit.fetcher(proxies=[by(proxy)]) as fetcher,
        ):
            with pytest.raises(error, match=words) as caught:
                await fetcher.fetch(Request("https://site.test/"))
            assert type(caught.value) is error

    run(main())


def test_a_proxy_that_is_silent_is_limited(kit: Any, run: Any) -> None:
    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        await reader.read()

    async def main() -> None:
        async with kit.serve(mute) as peer, kit.fetcher(proxies=[peer.url], connect=0.1) as fetcher:
            with pytest.raises(ProxyFailed, match="does not answer"):
                await fetcher.fetch(Request("https://site.test/"))
            await peer.all_gone()

    run(main())


def test_while_one_proxy_is_down_another_is_taken(kit: Any, run: Any) -> None:
    async def main() -> None:
        async with AsyncExitStack() as stack:
            peer = await stack.enter_async_context(kit.answering(HELLO, then="close"))
            proxies = [await stack.enter_async_context(SmallProxy().running()) for _ in range(2)]
            down = f"http://127.0.0.1:{free_port()}"
            fetcher = await stack.enter_async_context(
                kit.fetcher(proxies=[by(proxies[0]), down, by(proxies[1])])
            )
            hosts = [f"h{number}.test" for number in range(12)]
            for host in hosts * 2:
                response = await fetcher.fetch(Request(f"http://{host}:{peer.port}/"))
                assert response.body == b"hello"
            seen = [{head.split("//")[1].split(":")[0] for head in proxy.heads} for proxy in proxies]
        assert not seen[0] & seen[1]  # a host has seen one address only
        assert all(seen)
        assert seen[0] | seen[1] == set(hosts)

    run(main())


def test_when_all_are_down_that_is_what_is_said(kit: Any, run: Any) -> None:
    async def main() -> None:
        ports = [free_port(), free_port()]
        urls = [f"http://me:s3cret@127.0.0.1:{port}" for port in ports]
        async with kit.fetcher(proxies=urls) as fetcher:
            for _ in range(2):
                with pytest.raises(ProxyFailed, match="no connection to the proxy") as caught:
                    await fetcher.fetch(Request("http://site.test/"))
                assert caught.value.reason == "proxy"
                assert "s3cret" not in str(caught.value)

    run(main())


def test_the_address_guard_covers_the_proxy(kit: Any, run: Any) -> None:
    async def main() -> None:
        async with (
            SmallProxy().running() as proxy,
            kit.fetcher(proxies=[by(proxy)], allow=()) as fetcher,
        ):
            with pytest.raises(AddressRefused, match=r"127\.0\.0\.1 is not a public address"):
                await fetcher.fetch(Request("http://site.test/"))
        assert not proxy.heads

    run(main())


@pytest.mark.parametrize(
    "host",
    ["10.0.0.1", "10.1", "0x0a000001", "[fd00::1]", "[::ffff:10.0.0.1]", "169.254.169.254", "10.0.0.1."],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_is_not_asked_for_addresses_that_are_not_public(
    kit: Any, run: Any, scheme: str, host: str
) -> None:
    async def main() -> None:
        async with (
            SmallProxy().running() as proxy,
            kit.fetcher(proxies=[by(proxy)], allow=("127.0.0.1/32",)) as fetcher,
        ):
            with pytest.raises(AddressRefused, match="a proxy is not asked for it"):
                await fetcher.fetch(Request(f"{scheme}://{host}/"))
        assert not proxy.heads

    run(main())


def test_a_host_keeps_its_proxy_and_a_resting_one_comes_back() -> None:
    now = 0.0
    urls = [f"http://p{number}.test:3128" for number in range(5)]
    proxies, again = Proxies(urls, clock=lambda: now), Proxies(urls)
    hosts = [f"h{number}.test" for number in range(200)]
    usual = {host: next(proxies.of(host)) for host in hosts}
    assert {host: next(again.of(host)) for host in hosts} == usual
    assert len(set(usual.values())) == 5
    proxies.rest(usual["h0.test"])
    others = {next(proxies.of(host)) for host in hosts}
    assert others == set(usual.values()) - {usual["h0.test"]}
    for proxy in others:
        now += 1
        proxies.rest(proxy)
    assert list(proxies.of("h7.test")) == [usual["h0.test"]]  # the one that has rested longest
    now = 100
    assert {host: next(proxies.of(host)) for host in hosts} == usual


def test_the_credentials_of_a_proxy_are_in_no_representation() -> None:
    proxy = next(Proxies(["http://me:s3cret@p.test:3128"]).of("h.test"))
    assert proxy.auth == AUTH
    assert "s3cret" not in f"{proxy} {proxy!r} {proxy.name} {proxy.url}"
    assert AUTH not in f"{proxy} {proxy!r}"
