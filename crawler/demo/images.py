"""The pictures: valid PNG files of a few hundred bytes, one per article."""

import struct
import zlib

from aiohttp import web

from crawler.demo.layout import missing
from crawler.demo.prose import Draws
from crawler.demo.site import SITE

WIDTH, HEIGHT = 96, 32


def png(seed: int) -> bytes:
    """Draw a gradient between two colours as a PNG file (RFC 2083), 96 by 32 pixels."""
    draws = Draws(seed)
    left = [100 + draws.below(140) for _ in range(3)]
    right = [100 + draws.below(140) for _ in range(3)]
    row = bytes(
        (a * (WIDTH - 1 - x) + b * x) // (WIDTH - 1)
        for x in range(WIDTH)
        for a, b in zip(left, right, strict=True)
    )
    # Colour type 2 is RGB; filter 2 repeats the row above, so every row after the first is zeros.
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    rows = b"\x00" + row + (b"\x02" + bytes(len(row))) * (HEIGHT - 1)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


async def image(request: web.Request) -> web.Response:
    """Answer with the picture of one article."""
    number = int(request.match_info["number"])
    if number not in request.app[SITE].catalogue:
        return missing()
    return web.Response(body=png(number), content_type="image/png")


def routes() -> list[web.RouteDef]:
    """Say where the pictures are."""
    return [web.get(r"/images/{number:[1-9]\d{0,8}}.png", image)]
