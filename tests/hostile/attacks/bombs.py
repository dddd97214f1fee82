"""Little that becomes much, in each coding, and bodies that are cut short."""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from functools import cache
from typing import Any

import brotli

from ..world import World

zstd: Any
if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MEGABYTE = bytes(1_000_000)


@cache
def gzip_bomb(megabytes: int) -> bytes:
    """Return gzip data that becomes so many megabytes of zeros."""
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=9, mtime=0) as file:
        for _ in range(megabytes):
            file.write(MEGABYTE)
    return out.getvalue()


@cache
def deflate_bomb(megabytes: int) -> bytes:
    """Return zlib data that becomes so many megabytes of zeros."""
    squeeze = zlib.compressobj(9)
    return b"".join(squeeze.compress(MEGABYTE) for _ in range(megabytes)) + squeeze.flush()


@cache
def brotli_bomb(megabytes: int) -> bytes:
    """Return brotli data that becomes so many megabytes of zeros: a few hundred bytes."""
    squeeze = brotli.Compressor(quality=5)
    return b"".join(squeeze.process(MEGABYTE) for _ in range(megabytes)) + bytes(squeeze.finish())


@cache
def zstd_bomb(megabytes: int) -> bytes:
    """Return zstd data that becomes so many megabytes of zeros."""
    squeeze = zstd.ZstdCompressor()
    return b"".join(squeeze.compress(MEGABYTE) for _ in range(megabytes)) + bytes(squeeze.flush())


def make_bombs(world: World) -> None:
    """Make the largest ones beforehand: meanwhile the server answers nobody."""
    for make, quick in ((gzip_bomb, 4), (deflate_bomb, 4), (brotli_bomb, 8), (zstd_bomb, 8)):
        make(world.size(quick, 256))
