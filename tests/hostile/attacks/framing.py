"""The wire: answers that come slowly, never end, or are no HTTP."""

from __future__ import annotations

from ..table import Seen, endpoint
from ..wire import Ask

CHUNKED = ("Transfer-Encoding", "chunked")
HTML = ("Content-Type", "text/html")
SLOW = ("total_timeout", "read_timeout", "too_slow")
BROKEN = ("protocol", "disconnected", "bad_body", "flood")


@endpoint(*SLOW, crawl="slow")
async def slow_header(ask: Ask) -> None:
    """A header that comes byte by byte, for ever."""
    await ask.send("HTTP/1.1 200 OK\r\nX-Slow: ")
    while True:
        await ask.send("x")
        await ask.pause(0.1)


@endpoint(*SLOW, crawl="slow")
async def slow_body(ask: Ask) -> None:
    """A body that comes byte by byte."""
    ask.head("200 OK", HTML, ("Content-Length", "1000000"))
    while True:
        await ask.send("x")
        await ask.pause(0.1)


@endpoint("read_timeout", "too_slow", "total_timeout", crawl="slow")
async def silent(ask: Ask) -> None:
    """No answer at all."""
    await ask.silence()


@endpoint("read_timeout", "too_slow", "total_timeout", crawl="slow")
async def silent_in_the_middle(ask: Ask) -> None:
    """Half a body, and then nothing."""
    ask.head("200 OK", HTML, ("Content-Length", "1000"))
    await ask.send("<title>half</title>")
    await ask.silence()


@endpoint(*SLOW, "too_large", *BROKEN, crawl="slow")
async def tiny_chunks(ask: Ask) -> None:
    """Chunks of one byte without end."""
    ask.head("200 OK", HTML, CHUNKED)
    while True:
        await ask.send(b"1\r\nx\r\n" * 2_000)
        await ask.breathe()


@endpoint(*BROKEN, *SLOW, "too_large", crawl="slow")
async def chunk_extensions(ask: Ask) -> None:
    """A chunk whose extensions are longer than any body."""
    ask.head("200 OK", HTML, CHUNKED)
    await ask.send("5;x=")
    while True:
        await ask.send(b"y" * 50_000)
        await ask.breathe()


@endpoint(*BROKEN)
async def chunk_size_wrong(ask: Ask) -> None:
    """A chunk of negative size."""
    ask.head("200 OK", HTML, CHUNKED)
    await ask.send("-5\r\nhello\r\n0\r\n\r\n")
    ask.hang_up()


@endpoint(*BROKEN, *SLOW, "too_large", crawl="slow")
async def endless_trailers(ask: Ask) -> None:
    """Fields after the last chunk, without end."""
    ask.head("200 OK", HTML, CHUNKED)
    await ask.send("0\r\n")
    while True:
        await ask.send(b"X-More: trailer\r\n" * 2_000)


@endpoint(*BROKEN, *SLOW, crawl="slow")
async def endless_headers(ask: Ask) -> None:
    """Headers without end."""
    await ask.send("HTTP/1.1 200 OK\r\n")
    while True:
        await ask.send(b"X-More: header\r\n" * 2_000)


@endpoint(*BROKEN, *SLOW, crawl="slow")
async def endless_header_line(ask: Ask) -> None:
    """One header that is longer than any page."""
    await ask.send("HTTP/1.1 200 OK\r\nX-Long: ")
    while True:
        await ask.send(b"x" * 50_000)


@endpoint(*BROKEN, *SLOW, crawl="slow")
async def endless_informational(ask: Ask) -> None:
    """Only promises: 1xx answers without end."""
    while True:
        await ask.send(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 500)
        await ask.breathe()


@endpoint(*BROKEN)
async def no_http(ask: Ask) -> None:
    """Something else answers."""
    await ask.send("SSH-2.0-OpenSSH_9.2\r\n")
    ask.hang_up()


@endpoint(*BROKEN)
async def old_http(ask: Ask) -> None:
    """The page alone, as in HTTP/0.9."""
    await ask.send("<title>ninety-one</title>\r\n\r\n")
    ask.hang_up()


@endpoint(*BROKEN, *SLOW, crawl="slow")
async def long_status(ask: Ask) -> None:
    """A status line without end."""
    await ask.send("HTTP/1.1 200 ")
    while True:
        await ask.send(b"O" * 50_000)
        await ask.breathe()


@endpoint(*BROKEN)
async def status_letters(ask: Ask) -> None:
    """A status that is no number."""
    await ask.send("HTTP/1.1 two-hundred OK\r\n\r\n")
    ask.hang_up()


def _twice_at_most(seen: Seen) -> None:
    first, *again = seen.asked("/attack")
    assert len(again) == 1  # the one retry
    assert again[0].began - first.ended >= 0.25


@endpoint(*BROKEN, check=_twice_at_most, unmet="fetch: aiohttp asks again by itself, and at once")
async def hangs_up(ask: Ask) -> None:
    """Takes the request, and is gone."""
    ask.hang_up(rudely=True)


@endpoint(*BROKEN, "ok")
async def two_lengths(ask: Ask) -> None:
    """Two lengths that differ: what follows must not be taken for another answer."""
    ask.head("200 OK", HTML, ("Content-Length", "5"), ("Content-Length", "50"))
    await ask.send("<p>hello, and more of it")
    ask.hang_up()


@endpoint(*BROKEN, "ok")
async def length_and_chunks(ask: Ask) -> None:
    """Both a length and chunks."""
    ask.head("200 OK", HTML, CHUNKED, ("Content-Length", "5"))
    await ask.send("3\r\nabc\r\n0\r\n\r\n")
    ask.hang_up()


@endpoint(*BROKEN)
async def length_negative(ask: Ask) -> None:
    """A length below nothing."""
    ask.head("200 OK", HTML, ("Content-Length", "-1"))
    await ask.send("<p>")
    ask.hang_up()


@endpoint("ok", *BROKEN)
async def more_than_said(ask: Ask) -> None:
    """More than the length says: the rest, another answer, belongs to nobody."""
    await ask.page("<title>said</title>")
    await ask.send(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 24\r\n\r\n<title>smuggled</title>\n"
    )


@endpoint(*BROKEN, "ok")
async def header_nul(ask: Ask) -> None:
    """Control characters in a header."""
    ask.head("200 OK", HTML, ("X-Odd", "a\x00b\x1b[31m"), ("Content-Length", "0"))
    ask.hang_up()


@endpoint("ok", *BROKEN)
async def many_headers(ask: Ask) -> None:
    """Thousands of headers, but an end."""
    headers = [(f"X-Number-{number}", "x") for number in range(5_000)]
    await ask.page("<title>many</title>", *headers)
