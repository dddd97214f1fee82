"""HttpFetcher against real loopback servers: what is sent, what comes back, and how bodies are read."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Callable
from copy import copy
from typing import Any

import brotli
import pytest
from backports import zstd

from crawler.decode import ACCEPT_ENCODING
from crawler.errors import BadBody, BodyTooLarge, Disconnected, FetchError, ProtocolError, SchemeRefused
from crawler.model import Request, Timings

ENCODE: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
}


def answer(body: bytes = b"hello", *headers: str, status: str = "200 OK", length: int | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def chunked(*chunks: bytes, end: bytes = b"0\r\n\r\n", headers: str = "") -> bytes:
    head = f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n{headers}\r\n".encode()
    return head + b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + end


def fetch_one(kit: Any, run: Any, reply: Any, request: Request | None = None, **options: Any) -> Any:
    """Fetch once from a server that gives this reply; return the response and the server."""
    then = options.pop("then", "next")

    async def main() -> Any:
        async with kit.answering(reply, then=then) as peer, kit.fetcher(**options) as fetcher:
            sent = request or Request("/")
            sent.url = peer.url + sent.url
            response = await fetcher.fetch(sent)
            assert response.request is sent
            return response, peer

    return run(main())


def test_a_page(kit: Any, run: Any) -> None:
    response, peer = fetch_one(
        kit, run, answer(b"<p>hi", "Content-Type: text/html; charset=utf-8", "X-Two: a", "X-Two: b")
    )
    assert (response.status, response.body, response.wire_bytes) == (200, b"<p>hi", 5)
    assert response.content_type == "text/html"
    assert response.headers["x-two"] == "a"
    assert response.headers.getall("X-Two") == ["a", "b"]
    timings = response.timings
    assert 0 < timings.first_byte <= timings.total < 5
    assert peer.heads[0].startswith("GET / HTTP/1.1\r\n")


def test_the_usual_headers_and_those_of_the_request(kit: Any, run: Any) -> None:
    request = Request("/a%20b?q=%C3%A9&x=a+b", headers={"X-Own": "1", "accept": "application/json"})
    _, peer = fetch_one(kit, run, answer(), request, headers={"Accept-Language": "de", "X-Own": "0"})
    lines = peer.heads[0].splitlines()
    assert lines[0] == "GET /a%20b?q=%C3%A9&x=a+b HTTP/1.1"
    headers = {line.split(": ")[0].title(): line.split(": ", 1)[1] for line in lines[1:] if line}
    assert headers == {
        "Host": f"127.0.0.1:{peer.port}",
        "User-Agent": "test/1",
        "Accept": "application/json",
        "Accept-Encoding": ACCEPT_ENCODING,
        "Accept-Language": "de",
        "X-Own": "1",
    }


def test_accept_prefers_html(kit: Any, run: Any) -> None:
    _, peer = fetch_one(kit, run, answer())
    assert "\r\nAccept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8\r\n" in peer.heads[0]


@pytest.mark.parametrize("size", [5, 3_000_000])
def test_a_body_is_sent(kit: Any, run: Any, size: int) -> None:
    async def main() -> None:
        async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"POST ")
            assert b"Content-Length: %d\r\n" % size in head
            writer.write(answer(b"%d" % len(await reader.readexactly(size))))
            await writer.drain()

        async with kit.serve(handler) as peer, kit.fetcher() as fetcher:
            request = Request(peer.url, method="post", body=b"x" * size)
            assert (await fetcher.fetch(request)).body == str(size).encode()

    run(main())


def test_connections_are_used_again(kit: Any, run: Any) -> None:
    async def main() -> None:
        async with kit.answering(answer()) as peer, kit.fetcher() as fetcher:
            responses = [await fetcher.fetch(Request(f"{peer.url}/{number}")) for number in range(5)]
            assert peer.opened == 1
            assert len(peer.heads) == 5
            assert responses[0].timings.connect > 0
            assert {response.timings.connect for response in responses[1:]} == {0.0}

    run(main())


@pytest.mark.parametrize(
    ("method", "reply"),
    [
        ("HEAD", answer(b"", "Content-Encoding: gzip", length=10**9)),
        ("GET", b"HTTP/1.1 204 No Content\r\n\r\n"),
        ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 1000000000\r\nContent-Encoding: gzip\r\n\r\n"),
        ("GET", answer(b"", "Content-Encoding: gzip")),
    ],
    ids=["HEAD", "204", "304", "empty"],
)
def test_answers_without_a_body(kit: Any, run: Any, method: str, reply: bytes) -> None:
    async def main() -> None:
        async with kit.answering(reply) as peer, kit.fetcher() as fetcher:
            for _ in range(2):
                response = await fetcher.fetch(Request(peer.url, method=method))
                assert (response.body, response.wire_bytes) == (b"", 0)
            assert peer.opened == 1

    run(main())


@pytest.mark.parametrize("coding", ENCODE)
def test_coded_bodies(kit: Any, run: Any, coding: str) -> None:
    data = bytes(range(256)) * 2000
    encoded = ENCODE[coding](data)
    response, _ = fetch_one(kit, run, answer(encoded, f"Content-Encoding: {coding}"))
    assert response.body == data
    assert response.wire_bytes == len(encoded)


def test_codings_in_two_headers(kit: Any, run: Any) -> None:
    encoded = brotli.compress(gzip.compress(b"hello"))
    response, _ = fetch_one(kit, run, answer(encoded, "Content-Encoding: gzip", "Content-Encoding: br"))
    assert response.body == b"hello"


@pytest.mark.parametrize("coding", ENCODE)
def test_bombs(kit: Any, run: Any, coding: str) -> None:
    encoded = ENCODE[coding](b"\0" * 5_000_000)
    with pytest.raises(BodyTooLarge, match="the body has more than 1000000 bytes") as caught:
        fetch_one(kit, run, answer(encoded, f"Content-Encoding: {coding}"), body=1_000_000)
    assert caught.value.reason == "too_large"


@pytest.mark.parametrize("coding", ENCODE)
def test_truncated_codings(kit: Any, run: Any, coding: str) -> None:
    encoded = ENCODE[coding](b"hello" * 1000)[:-3]
    with pytest.raises(BadBody, match=f"truncated {coding} data") as caught:
        fetch_one(kit, run, answer(encoded, f"Content-Encoding: {coding}"))
    assert caught.value.__cause__ is not None


def test_an_unknown_coding(kit: Any, run: Any) -> None:
    with pytest.raises(BadBody, match="unknown content coding 'rot13'"):
        fetch_one(kit, run, answer(b"uryyb", "Content-Encoding: rot13"))


def test_a_length_above_the_limit_is_refused_before_the_body(kit: Any, run: Any) -> None:
    # The server never sends the body: only the header can be the reason.
    with pytest.raises(BodyTooLarge, match="1001 bytes, and the limit is 1000"):
        fetch_one(kit, run, answer(b"", length=1001), body=1000, then="stall")


def test_a_body_without_a_length_is_capped(kit: Any, run: Any) -> None:
    with pytest.raises(BodyTooLarge):
        fetch_one(kit, run, chunked(b"x" * 600, b"x" * 600), body=1000, then="stall")
    response, _ = fetch_one(kit, run, chunked(b"x" * 500, b"x" * 500), body=1000)
    assert response.body == b"x" * 1000


def test_a_body_that_ends_with_the_connection(kit: Any, run: Any) -> None:
    response, _ = fetch_one(kit, run, b"HTTP/1.1 200 OK\r\n\r\nhello", then="close")
    assert response.body == b"hello"


@pytest.mark.parametrize(
    ("reply", "then"),
    [
        (answer(b"hello", length=10), "close"),
        (answer(b"hello", length=10), "reset"),
        (chunked(b"hello", end=b""), "close"),
        (chunked(b"hello", end=b"5\r\nhel"), "reset"),
        (b"HTTP/1.1 200 OK\r\n\r\nhello", "reset"),
        (b"HTTP/1.1 200 OK\r\nContent-", "close"),
        (b"", "close"),
        (b"", "reset"),
    ],
)
def test_connections_that_end_too_early(kit: Any, run: Any, reply: bytes, then: str) -> None:
    with pytest.raises(Disconnected, match=r"^127\.0\.0\.1:\d+: ") as caught:
        fetch_one(kit, run, reply, then=then)
    assert caught.value.__cause__ is not None


@pytest.mark.parametrize(
    "reply",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
        b"HTTP/1.1 banana OK\r\n\r\n",
        answer(b"", "X-Long: " + "x" * 100_000),
        answer(b"", *(f"X-{number}: 1" for number in range(1000))),
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    ],
    ids=["ssh", "status", "long header", "many headers", "two lengths"],
)
def test_answers_that_are_not_http(kit: Any, run: Any, reply: bytes) -> None:
    with pytest.raises(ProtocolError) as caught:
        fetch_one(kit, run, reply, then="close")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_malformed_chunk(kit: Any, run: Any) -> None:
    with pytest.raises(FetchError) as caught:
        fetch_one(kit, run, chunked(b"hello", end=b"banana\r\n\r\n"))
    assert caught.value.reason in ("protocol", "disconnected")


@pytest.mark.parametrize(
    "body", [b"not gzip", b"", gzip.compress(b"\0" * 10_000_000)], ids=["junk", "empty", "bomb"]
)
def test_the_body_of_a_redirect_is_not_decoded(kit: Any, run: Any, body: bytes) -> None:
    async def main() -> None:
        reply = answer(body, "Content-Encoding: gzip", "Location: /b", status="302 Found")
        async with kit.answering(reply) as peer, kit.fetcher(body=1000) as fetcher:
            for _ in range(2):
                response = await fetcher.fetch(Request(peer.url + "/a"))
                assert (response.status, response.body) == (302, b"")
                assert response.headers["location"] == "/b"
            # It was read, so the connection could be used again; and nothing was followed.
            assert peer.opened == 1
            assert [head.split()[1] for head in peer.heads] == ["/a", "/a"]

    run(main())


@pytest.mark.parametrize(
    "reply",
    [
        answer(b"x" * 200_000, status="301 Moved Permanently", length=10**9),
        answer(b"x", status="301 Moved Permanently", length=10),
    ],
    ids=["long", "slow"],
)
def test_the_long_or_slow_body_of_a_redirect_is_left(kit: Any, run: Any, reply: bytes) -> None:
    async def main() -> None:
        async with kit.answering(reply, then="stall") as peer, kit.fetcher(read=30) as fetcher:
            response = await fetcher.fetch(Request(peer.url))
            assert (response.status, response.body) == (301, b"")
            assert response.timings.total < 5
            await peer.all_gone()

    run(main())


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "file:///etc/passwd", "javascript:alert(1)", "/path"])
def test_other_schemes_are_refused(kit: Any, run: Any, url: str) -> None:
    async def main() -> None:
        async with kit.fetcher() as fetcher:
            with pytest.raises(SchemeRefused, match="only http and https"):
                await fetcher.fetch(Request(url))

    run(main())


@pytest.mark.parametrize("url", ["http://", "http://[::1", "http://h:99999/"])
def test_urls_that_cannot_be_requested(kit: Any, run: Any, url: str) -> None:
    async def main() -> None:
        async with kit.fetcher() as fetcher:
            with pytest.raises(ProtocolError):
                await fetcher.fetch(Request(url))

    run(main())


@pytest.mark.parametrize(
    "request_",
    [
        Request("/", headers={"X-A": "a\r\nX-B: b"}),
        Request("/", method="G ET"),
    ],
    ids=["newline", "method"],
)
def test_requests_that_cannot_be_sent(kit: Any, run: Any, request_: Request) -> None:
    with pytest.raises(ProtocolError, match="the request cannot be sent"):
        fetch_one(kit, run, answer(), copy(request_))


def test_cookies_are_not_kept(kit: Any, run: Any) -> None:
    async def main() -> None:
        async with kit.answering(answer(b"", "Set-Cookie: a=1")) as peer, kit.fetcher() as fetcher:
            for _ in range(2):
                assert not (await fetcher.fetch(Request(peer.url))).set_cookie
            assert "ookie" not in "".join(peer.heads)

    run(main())


def test_the_proxies_of_the_environment_are_not_used(
    kit: Any, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9/")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9/")
    response, _ = fetch_one(kit, run, answer())
    assert response.body == b"hello"


def test_a_connection_the_server_has_closed_is_replaced(kit: Any, run: Any) -> None:
    async def main() -> None:
        async with kit.answering(answer(), then="close") as peer, kit.fetcher() as fetcher:
            for number in range(3):
                assert (await fetcher.fetch(Request(peer.url))).body == b"hello"
                assert peer.opened == number + 1
                await peer.all_gone()

    run(main())


def test_a_fetcher_that_is_not_open_says_so(kit: Any, run: Any) -> None:
    async def main() -> None:
        fetcher = kit.fetcher()
        with pytest.raises(RuntimeError, match="async with"):
            await fetcher.fetch(Request("http://127.0.0.1/"))
        async with fetcher:
            pass
        with pytest.raises(RuntimeError, match="async with"):
            await fetcher.fetch(Request("http://127.0.0.1/"))

    run(main())


def test_timings_default_to_zero() -> None:
    assert Timings() == Timings(0.0, 0.0, 0.0, 0.0, 0.0)
