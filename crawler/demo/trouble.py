"""Pages that make trouble: slow, refused, cut short, mislabelled, or far too big."""

import asyncio
import gzip
import zlib

from aiohttp import web

from crawler.demo.layout import bullets, document, html, missing, positive
from crawler.demo.paths import TROUBLE_ABNORMAL, TROUBLE_OTHER, TROUBLE_READABLE
from crawler.demo.site import SITE

LONGEST_WAIT_MS = 30_000
DEPTH = 30_000
MEBIBYTE = 1 << 20
BOMB_MEBIBYTES = 64


def _page(title: str, text: str, charset: str | None = "utf-8") -> str:
    return document(title, f"<h1>{title}</h1>\n<p>{text}</p>", charset=charset)


async def overview(request: web.Request) -> web.Response:
    """Link to all of it; following the links does an ordinary crawler no harm."""
    paths = (*TROUBLE_READABLE, *TROUBLE_ABNORMAL, *TROUBLE_OTHER)
    return html("Trouble", "<h1>Trouble</h1>\n" + bullets((path, path) for path in paths))


async def slow(request: web.Request) -> web.Response:
    """Answer after `?ms=` milliseconds, at most thirty seconds."""
    asked = request.query.get("ms", "200")
    wait = 0 if asked == "0" else positive(asked)
    if wait is None:
        return html("Slow", "<h1>How slow?</h1>\n<p>ms is a number of milliseconds.</p>", status=400)
    await asyncio.sleep(min(wait, LONGEST_WAIT_MS) / 1000)
    return html("Slow", f"<h1>Slow</h1>\n<p>This took {wait} milliseconds.</p>")


async def broken(request: web.Request) -> web.Response:
    """Answer that the server failed."""
    return html("Broken", "<h1>Broken</h1>\n<p>The server failed.</p>", status=500)


async def nowhere(request: web.Request) -> web.Response:
    """Answer that there is no such page."""
    return missing()


def _refuses(request: web.Request) -> bool:
    # Each address counts for itself, so that "?id=1" and "?id=2" are refused once each.
    refusals = request.app[SITE].refusals
    times = positive(request.query.get("times", "1")) or 1
    refused = refusals[request.raw_path] < times
    refusals[request.raw_path] += 1
    return refused


async def flaky(request: web.Request) -> web.Response:
    """Answer 503 the first time (or the first `?times=`), and the page ever after."""
    if not _refuses(request):
        return html("Flaky", "<h1>Flaky</h1>\n<p>This time it worked.</p>")
    refusal = html("Try again", "<h1>Try again</h1>", status=503)
    refusal.headers["Retry-After"] = "0"
    return refusal


async def too_many(request: web.Request) -> web.Response:
    """Answer 429 with a second to wait the first time (or the first `?times=`), and the page ever after."""
    if not _refuses(request):
        return html("Patience", "<h1>Patience</h1>\n<p>Thank you for waiting.</p>")
    refusal = html("Too many requests", "<h1>Too many requests</h1>", status=429)
    refusal.headers["Retry-After"] = "1"
    return refusal


async def truncated(request: web.Request) -> web.StreamResponse:
    """Promise twice as many bytes as are sent, then hang up."""
    body = _page("Truncated", "Half of this page is missing.").encode()
    response = web.StreamResponse(headers={"Content-Type": "text/html; charset=utf-8"})
    response.content_length = 2 * len(body)
    response.force_close()
    await response.prepare(request)
    await response.write(body)
    return response


async def bad_gzip(request: web.Request) -> web.Response:
    """Send the first half of a gzip stream, complete as far as HTTP can tell."""
    packed = gzip.compress(_page("Bad gzip", "The end is missing.").encode(), mtime=0)
    return web.Response(
        body=packed[: len(packed) // 2], content_type="text/html", headers={"Content-Encoding": "gzip"}
    )


async def bomb(request: web.Request) -> web.StreamResponse:
    """Send 64 MiB packed into less than 100 KB, made while it is being sent."""
    headers = {"Content-Type": "text/html; charset=utf-8", "Content-Encoding": "gzip"}
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)  # 16 asks for the gzip format
    await response.write(packer.compress(b"<!DOCTYPE html>\n<title>Bomb</title>\n<p>"))
    filling = b" " * MEBIBYTE
    for _ in range(BOMB_MEBIBYTES):
        await response.write(packer.compress(filling))
        await asyncio.sleep(0)
    await response.write(packer.flush())
    return response


async def deep(request: web.Request) -> web.Response:
    """Send 30,000 elements, one inside the other."""
    return html("Deep", "<h1>Deep</h1>\n" + "<div>" * DEPTH + "bottom" + "</div>" * DEPTH)


async def latin1(request: web.Request) -> web.Response:
    """Send ISO 8859-1, which only the header says."""
    text = _page("Café", "Un café crème, s'il vous plaît.", charset=None)
    return web.Response(text=text, content_type="text/html", charset="iso-8859-1")


async def meta_charset(request: web.Request) -> web.Response:
    """Send windows-1251, which only the page itself says."""
    text = _page("Привет", "Здравствуй, мир.", charset="windows-1251")
    return web.Response(body=text.encode("windows-1251"), content_type="text/html")


async def binary(request: web.Request) -> web.Response:
    """Send bytes that mean nothing."""
    return web.Response(body=bytes(range(256)) * 16, content_type="application/octet-stream")


async def empty(request: web.Request) -> web.Response:
    """Send a page without a single byte."""
    return web.Response(body=b"", content_type="text/html", charset="utf-8")


def routes() -> list[web.RouteDef]:
    """Say where the trouble is."""
    return [
        web.get("/trouble", overview),
        web.get("/trouble/slow", slow),
        web.get("/trouble/500", broken),
        web.get("/trouble/404", nowhere),
        web.get("/trouble/flaky", flaky),
        web.get("/trouble/429", too_many),
        web.get("/trouble/truncated", truncated),
        web.get("/trouble/bad-gzip", bad_gzip),
        web.get("/trouble/bomb", bomb),
        web.get("/trouble/deep", deep),
        web.get("/trouble/latin1", latin1),
        web.get("/trouble/meta-charset", meta_charset),
        web.get("/trouble/binary", binary),
        web.get("/trouble/empty", empty),
    ]
