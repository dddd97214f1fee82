"""Bodies: bombs, codings piled up, and ends that come too early."""

from __future__ import annotations

import gzip
import zlib

import brotli

from ..table import Seen, endpoint
from ..wire import Ask
from .bombs import brotli_bomb, deflate_bomb, gzip_bomb, zstd, zstd_bomb

PAGE = b"<title>cut</title>" + bytes(range(32, 127)) * 200


def coding(*names: str) -> tuple[str, str]:
    return ("Content-Encoding", ", ".join(names))


@endpoint("too_large", "bad_body", "bomb")
async def bomb_gzip(ask: Ask) -> None:
    """A thousandth of what it becomes."""
    await ask.page(gzip_bomb(ask.world.size(4, 256)), coding("gzip"))


@endpoint("too_large", "bad_body", "bomb")
async def bomb_deflate(ask: Ask) -> None:
    """The same in deflate."""
    await ask.page(deflate_bomb(ask.world.size(4, 256)), coding("deflate"))


@endpoint("too_large", "bad_body", "bomb")
async def bomb_brotli(ask: Ask) -> None:
    """Some hundred bytes that become a quarter of a gigabyte."""
    await ask.page(brotli_bomb(ask.world.size(8, 256)), coding("br"))


@endpoint("too_large", "bad_body", "bomb")
async def bomb_zstd(ask: Ask) -> None:
    """The same in zstd."""
    await ask.page(zstd_bomb(ask.world.size(8, 256)), coding("zstd"))


@endpoint("too_large", "bad_body", "bomb")
async def bomb_nested(ask: Ask) -> None:
    """A bomb in a bomb."""
    await ask.page(gzip.compress(gzip_bomb(ask.world.size(8, 256))), coding("gzip", "gzip"))


@endpoint("too_large", "bad_body", "bomb")
async def bomb_members(ask: Ask) -> None:
    """Many small gzip members, one after the other."""
    await ask.page(gzip.compress(bytes(10_000)) * 5_000, coding("gzip"))


@endpoint("bad_body")
async def codings_stacked(ask: Ask) -> None:
    """Ten codings on one body."""
    body = b"<title>deep</title>"
    for _ in range(10):
        body = gzip.compress(body)
    await ask.page(body, coding(*["gzip"] * 10))


@endpoint("bad_body")
async def coding_unknown(ask: Ask) -> None:
    """A coding that nobody has asked for."""
    await ask.page(b"\x00\x01", coding("compress"))


@endpoint("bad_body")
async def coding_wrong(ask: Ask) -> None:
    """Plain text that says it is gzip."""
    await ask.page("<title>plain</title>", coding("gzip"))


def never_read(seen: Seen) -> None:
    """Expect that no item was made of the page that was cut."""
    assert not any(event["items"] for event in seen.crawled.told("Visited") if event["url"].endswith(
        f"{seen.world.addresses[seen.name]}:{seen.world.port}/attack"
    ))  # fmt: skip


@endpoint("bad_body", check=never_read)
async def cut_gzip(ask: Ask) -> None:
    """A gzip body that ends in the middle is no page."""
    await ask.page(gzip.compress(PAGE)[:-30], coding("gzip"))


@endpoint("bad_body", check=never_read)
async def cut_deflate(ask: Ask) -> None:
    """The same in deflate."""
    await ask.page(zlib.compress(PAGE)[:-10], coding("deflate"))


@endpoint("bad_body", check=never_read)
async def cut_brotli(ask: Ask) -> None:
    """The same in brotli."""
    await ask.page(brotli.compress(PAGE)[:-10], coding("br"))


@endpoint("bad_body", check=never_read)
async def cut_zstd(ask: Ask) -> None:
    """The same in zstd."""
    data: bytes = zstd.compress(PAGE)
    await ask.page(data[:-10], coding("zstd"))


@endpoint("bad_body", "disconnected", "protocol", check=never_read)
async def cut_length(ask: Ask) -> None:
    """Less than Content-Length says."""
    ask.head("200 OK", ("Content-Type", "text/html"), ("Content-Length", "100000"))
    await ask.send(PAGE)
    ask.hang_up()


@endpoint("bad_body", "disconnected", "protocol", check=never_read)
async def cut_chunk(ask: Ask) -> None:
    """A chunk that ends in the middle."""
    ask.head("200 OK", ("Content-Type", "text/html"), ("Transfer-Encoding", "chunked"))
    await ask.send(b"fff\r\n" + PAGE[:100])
    ask.hang_up()


@endpoint("bad_body", "disconnected", "protocol", check=never_read)
async def cut_last_chunk(ask: Ask) -> None:
    """All chunks but the last one, which says that it is the end."""
    ask.head("200 OK", ("Content-Type", "text/html"), ("Transfer-Encoding", "chunked"))
    await ask.chunks([PAGE])
    ask.hang_up()


@endpoint("too_large")
async def endless_body(ask: Ask) -> None:
    """A body without a length and without an end."""
    ask.head("200 OK", ("Content-Type", "text/html"))
    while True:
        await ask.send(b"<p>more</p>" * 10_000)


@endpoint("too_large")
async def said_too_large(ask: Ask) -> None:
    """A length that is beyond the limit is believed at once."""
    ask.head("200 OK", ("Content-Type", "text/html"), ("Content-Length", "99999999999"))
    await ask.silence()
