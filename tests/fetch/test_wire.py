"""What a hostile or broken server may send besides a body, byte by byte: each ends early, under its name."""

from __future__ import annotations

import asyncio
import gzip
from typing import Any

import pytest

from crawler.errors import Disconnected, FetchError, Flooded, ProtocolError, ReadTimeout, TooSlow
from crawler.fetch.wire import Wire
from crawler.model import Request

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
HELLO = OK + b"Content-Length: 5\r\n\r\nhello"
# No flood may bring more than this before the connection is closed; sockets of both sides hold some of it.
MOST = 16_000_000


def failure(kit: Any, run: Any, handler: Any, **options: Any) -> FetchError:
    """Fetch from a server with this handler, and return the error; only one connection may be made."""

    async def main() -> FetchError:
        async with kit.serve(handler) as peer, kit.fetcher(**options) as fetcher:
            with pytest.raises(FetchError) as caught:
                await fetcher.fetch(Request(peer.url))
            await peer.all_gone()
            assert peer.opened == 1
            return caught.value

    error = run(main())
    assert isinstance(error, FetchError)
    assert len(str(error)) < 400
    return error


def sending(answer: bytes) -> Any:
    """Send these bytes, and close the connection."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()
        await writer.wait_closed()

    return handler


ENDLESS = {
    "headers": (OK, b"X-A: b\r\n", ProtocolError),
    "large headers": (OK, b"X-A: " + b"b" * 8000 + b"\r\n", Flooded),
    "one header": (OK + b"X: ", b"a", ProtocolError),
    "one header's name": (OK, b"a", ProtocolError),
    "status line": (b"HTTP/1.1 200 ", b"a", ProtocolError),
    "interim answers": (b"", b"HTTP/1.1 100 Continue\r\n\r\n", Flooded),
    "early hints": (b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n", Flooded),
    "empty lines": (b"", b"\r\n", Flooded),
    "one chunk's extension": (CHUNKED + b"5;", b"a", Flooded),
    "an extension for each byte": (CHUNKED, b"1;" + b"x" * 500 + b"\r\na\r\n", Flooded),
    "chunks of one byte": (CHUNKED, b"1\r\na\r\n", Flooded),
    "a chunk's length": (CHUNKED, b"0", Flooded),
    "trailers": (CHUNKED + b"2\r\nhi\r\n0\r\n", b"X-T: b\r\n", ProtocolError),
    "large trailers": (CHUNKED + b"2\r\nhi\r\n0\r\n", b"X-T: " + b"b" * 8000 + b"\r\n", Flooded),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_what_has_no_end_is_ended_soon(kit: Any, run: Any, name: str) -> None:
    head, piece, error = ENDLESS[name]
    sent = 0

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head)
        block = piece * (65536 // len(piece))
        while True:
            writer.write(block)
            sent += len(block)
            await writer.drain()
            await asyncio.sleep(0)

    assert type(failure(kit, run, endless)) is error
    assert sent < MOST


def test_some_interim_answers_are_passed_over(kit: Any, run: Any) -> None:
    async def main() -> None:
        interim = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" * 5
        async with kit.answering(interim + HELLO) as peer, kit.fetcher() as fetcher:
            for _ in range(5):
                response = await fetcher.fetch(Request(peer.url))
                assert (response.status, response.body) == (200, b"hello")
            assert peer.opened == 1

    run(main())


def test_many_small_chunks_are_no_flood_as_long_as_there_is_content(kit: Any, run: Any) -> None:
    async def main() -> None:
        lines = b"14\r\n" + b"x" * 19 + b"\n\r\n"
        answer = CHUNKED + lines * 50_000 + b"0\r\n\r\n"
        async with kit.answering(answer) as peer, kit.fetcher() as fetcher:
            assert len((await fetcher.fetch(Request(peer.url))).body) == 1_000_000

    run(main())


ENDED = {
    "no answer": b"",
    "in the head": OK + b"Content-Le",
    "length larger than the body": OK + b"Content-Length: 10\r\n\r\nhello",
    "in a chunk": CHUNKED + b"a\r\nhello",
    "in a chunk's head": CHUNKED + b"5\r\nhello\r\n1",
    "behind a chunk's head": CHUNKED + b"5\r\nhello\r\n5\r\n",
    "without the last chunk": CHUNKED + b"5\r\nhello\r\n",
    "without the end of the last chunk": CHUNKED + b"5\r\nhello\r\n0\r\n",
    "in a trailer": CHUNKED + b"5\r\nhello\r\n0\r\nX-T: b",
}


@pytest.mark.parametrize("name", ENDED)
def test_an_answer_that_ends_early_is_no_success(kit: Any, run: Any, name: str) -> None:
    assert type(failure(kit, run, sending(ENDED[name]))) is Disconnected


WRONG = {
    "length smaller than the body": (OK + b"Content-Length: 3\r\n\r\nhello", "protocol"),
    "body where none can be": (b"HTTP/1.1 204 None\r\nContent-Length: 5\r\n\r\nhello", "protocol"),
    "length and chunks": (CHUNKED[:-2] + b"Content-Length: 5\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "protocol"),
    "two lengths": (OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", "protocol"),
    "one length twice": (OK + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", "protocol"),
    "a list of lengths": (OK + b"Content-Length: 5, 5\r\n\r\nhello", "protocol"),
    "negative length": (OK + b"Content-Length: -5\r\n\r\nhello", "protocol"),
    "length with a sign": (OK + b"Content-Length: +5\r\n\r\nhello", "protocol"),
    "length beyond numbers": (OK + b"Content-Length: 99999999999999999999\r\n\r\nhello", "protocol"),
    "chunk beyond numbers": (CHUNKED + b"FFFFFFFFFFFFFFFFF\r\nhello", "protocol"),
    "negative chunk": (CHUNKED + b"-5\r\nhello\r\n0\r\n\r\n", "protocol"),
    "chunk without a length": (CHUNKED + b"banana\r\n0\r\n\r\n", "protocol"),
    "chunk longer than it says": (CHUNKED + b"3\r\nhello\r\n0\r\n\r\n", "protocol"),
    "gzip as transfer coding": (
        OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
        "bad_body",
    ),
    "chunks in chunks": (OK + b"Transfer-Encoding: chunked, chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", "bad_body"),
    "HTTP/0.9": (b"<html>hello</html>\r\n", "protocol"),
    "HTTP/9.9": (b"HTTP/9.9 200 OK\r\nContent-Length: 0\r\n\r\n", "protocol"),
    "another protocol": (b"SSH-2.0-OpenSSH_9.6\r\n", "protocol"),
    "no status": (b"HTTP/1.1 OK\r\n\r\n", "protocol"),
    "status of two digits": (b"HTTP/1.1 99 OK\r\n\r\n", "protocol"),
    "status of four digits": (b"HTTP/1.1 1000 OK\r\n\r\n", "protocol"),
    "NUL in a header": (OK + b"X-A: a\0b\r\nContent-Length: 5\r\n\r\nhello", "protocol"),
    "NUL in a name": (OK + b"X\0A: a\r\nContent-Length: 5\r\n\r\nhello", "protocol"),
    "space before the colon": (OK + b"X-A : a\r\nContent-Length: 5\r\n\r\nhello", "protocol"),
    "NULs": (b"\0" * 100_000, "protocol"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_contradicts_itself_or_is_not_http_is_refused(kit: Any, run: Any, name: str) -> None:
    answer, reason = WRONG[name]
    assert failure(kit, run, sending(answer)).reason == reason


def test_a_body_may_hold_nul_bytes(kit: Any, run: Any) -> None:
    async def main() -> None:
        async with kit.answering(OK + b"Content-Length: 5\r\n\r\nh\0llo") as peer, kit.fetcher() as fetcher:
            assert (await fetcher.fetch(Request(peer.url))).body == b"h\0llo"

    run(main())


def test_what_comes_unasked_is_not_the_next_answer(kit: Any, run: Any) -> None:
    async def main() -> None:
        ready = asyncio.Event()

        async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            path = (await reader.readuntil(b"\r\n\r\n")).split()[1]
            writer.write(OK + b"Content-Length: 2\r\n\r\n" + path)
            if path == b"/1":
                await ready.wait()
                writer.write(OK + b"Content-Length: 4\r\n\r\nevil")
            await reader.read()

        async with kit.serve(handler) as peer, kit.fetcher() as fetcher:
            assert (await fetcher.fetch(Request(peer.url + "/1"))).body == b"/1"
            ready.set()
            await peer.all_gone()  # the connection was closed for it
            assert (await fetcher.fetch(Request(peer.url + "/2"))).body == b"/2"

    run(main())


@pytest.mark.parametrize(("method", "asked"), [("GET", 3), ("POST", 2)])
def test_a_connection_closed_between_two_requests_is_replaced(
    kit: Any, run: Any, method: str, asked: int
) -> None:
    async def main() -> None:
        asked_of: list[int] = []

        async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            number = peer.opened
            await reader.readuntil(b"\r\n\r\n")
            asked_of.append(number)
            writer.write(HELLO)
            await reader.readuntil(b"\r\n\r\n")  # and hangs up instead of an answer
            asked_of.append(number)

        async with kit.serve(handler) as peer, kit.fetcher() as fetcher:
            await fetcher.fetch(Request(peer.url))
            if method == "GET":
                assert (await fetcher.fetch(Request(peer.url))).body == b"hello"
            else:  # it may have been acted on
                with pytest.raises(Disconnected):
                    await fetcher.fetch(Request(peer.url, method="POST"))
        assert len(asked_of) == asked

    run(main())


@pytest.mark.parametrize("head", [b"", OK + b"Content-Length: 100000\r\n\r\n"], ids=["head", "body"])
def test_an_answer_that_drips_is_too_slow(kit: Any, run: Any, head: bytes) -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head)
        for byte in b"HTTP/1.1 200 OK\r\nX-" + b"a" * 100_000:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.02)

    error = failure(kit, run, drip, rate=1000, window=0.3)
    assert type(error) is TooSlow
    assert " bytes in " in str(error)


def test_a_server_that_thinks_is_silent_and_not_slow(kit: Any, run: Any) -> None:
    async def think(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    assert type(failure(kit, run, think, rate=1000, window=0.1, read=0.5)) is ReadTimeout


def test_the_rate_is_an_average_over_a_window(run: Any) -> None:
    async def main() -> None:
        wire = Wire(asyncio.get_running_loop())
        wire.set_response_params(read_until_eof=True)
        wire.data_received(OK + b"\r\n")
        came = {3: 10, 6: 10, 9: 2000, 12: 0, 15: 0, 18: 0, 21: 100, 24: 100, 27: 100, 30: 100}
        for second, size in came.items():
            wire.data_received(b"x" * size) if size else None
            wire.check_rate(float(second), 100, 15)
            assert wire.exception() is None
        wire.data_received(b"x" * 1000)
        wire.check_rate(33.0, 100, 15)
        assert isinstance(wire.exception(), TooSlow)
        assert "1400 bytes in 15 s" in str(wire.exception())

    run(main())


def test_the_rate_begins_anew_with_each_answer(run: Any) -> None:
    async def main() -> None:
        wire = Wire(asyncio.get_running_loop())
        for start in (0.0, 100.0):
            wire.set_response_params()
            wire.check_rate(start, 100, 15)  # nothing has come yet
            wire.check_rate(start + 50, 100, 15)
            wire.data_received(OK + b"Content-Length: 9\r\n\r\nhello")
            wire.check_rate(start + 60, 100, 15)
            assert wire.exception() is None

    run(main())


def test_a_flood_behind_a_redirect_costs_no_page(kit: Any, run: Any) -> None:
    async def main() -> None:
        head = b"HTTP/1.1 302 Found\r\nLocation: /b\r\nTransfer-Encoding: chunked\r\n\r\n"
        flood = head + (b"1;" + b"x" * 500 + b"\r\na\r\n") * 2000
        async with kit.answering(flood, then="stall") as peer, kit.fetcher() as fetcher:
            response = await fetcher.fetch(Request(peer.url))
            assert (response.status, response.body) == (302, b"")
            await peer.all_gone()

    run(main())


def test_the_address_of_the_peer_is_known(kit: Any, run: Any) -> None:
    async def main() -> None:
        async with kit.answering(HELLO) as peer, kit.fetcher() as fetcher:
            for _ in range(2):
                assert (await fetcher.fetch(Request(peer.url))).address == "127.0.0.1"

    run(main())


@pytest.mark.parametrize(
    ("user", "sent"),
    [
        ("me:secret@", "Basic bWU6c2VjcmV0"),
        ("me@", "Basic bWU6"),
        ("m%40e:%C3%A9@", "Basic bUBlOsOp"),
        ("", ""),
    ],
)
def test_credentials_of_a_url_are_sent_as_a_header(kit: Any, run: Any, user: str, sent: str) -> None:
    async def main() -> None:
        async with kit.answering(HELLO) as peer, kit.fetcher() as fetcher:
            url = peer.url.replace("//", f"//{user}") + "/a@b"
            await fetcher.fetch(Request(url))
            lines = peer.heads[0].splitlines()
            assert lines[0] == "GET /a@b HTTP/1.1"
            assert [line[15:] for line in lines if line.startswith("Authorization")] == (
                [sent] if sent else []
            )
            assert user not in peer.heads[0] or not user
            await fetcher.fetch(Request(url, headers={"Authorization": "own"}))
            assert peer.heads[1].count("Authorization: own") == peer.heads[1].count("Authorization") == 1

    run(main())


def test_a_robots_file_is_cut_and_not_bound_by_the_limit_of_pages(kit: Any, run: Any) -> None:
    async def main() -> None:
        rules = b"User-agent: *\nDisallow: /x\n" * 40_000  # a megabyte
        sizes = {"/small": rules[:300_000], "/large": rules, "/huge": rules * 5}

        def answer(head: str) -> bytes:
            body = gzip.compress(sizes[head.split()[1]], 1)
            return OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body

        async with kit.answering(answer) as peer, kit.fetcher(body=10_000) as fetcher:
            small = await fetcher.fetch(Request(peer.url + "/small", "robots.txt"))
            large = await fetcher.fetch(Request(peer.url + "/large", "robots.txt"))
            assert small.body == rules[:300_000]
            assert large.body == rules[: 500 * 1024]
            with pytest.raises(FetchError) as caught:
                await fetcher.fetch(Request(peer.url + "/huge", "robots.txt"))
            assert caught.value.reason == "too_large"

    run(main())
