"""Content decoding as a stream (RFC 9110, section 8.4), with a cap on what comes out."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from crawler.errors import BodyError, Bomb, TooLarge

try:
    import brotli
except ImportError:
    brotli = None

zstd: Any
try:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
except ImportError:
    zstd = None

#: Value for an Accept-Encoding header: the codings that can be decoded here.
ACCEPT_ENCODING = ", ".join(["gzip", "deflate", *(["br"] if brotli else []), *(["zstd"] if zstd else [])])

# What one step may inflate to, and what it may be given: the memory that a bomb can take beyond the limit.
_PIECE = 64 * 1024
_BLOCK = 16 * 1024
_MAX_CODINGS = 2
_MAX_MEMBERS = 4096
# A body of more than a megabyte may be so many times as large as on the wire. Real pages reach 10 to 30, the
# most repetitive of thousands of real JSON files 692; zlib cannot do more than 1,032, the others nearly all.
_RATIO_FROM = 1024 * 1024
_MAX_RATIO = 800
# Decoded bytes, some milliseconds of work, after which `Decoder.steps` lets others run.
_STEP = 1024 * 1024
# Window of at most 8 MiB, as RFC 9659 wants it of the zstd content coding.
_ZSTD_WINDOW_LOG = 23

_DAMAGE: tuple[type[Exception], ...] = (
    zlib.error,
    *((brotli.error,) if brotli else ()),
    *((zstd.ZstdError,) if zstd else ()),
)


class _Coding(Protocol):
    """One coding of a body: compressed bytes in, pieces of bounded size out."""

    name: str

    def read(self, data: bytes) -> Iterator[bytes]: ...

    @property
    def ended(self) -> bool: ...


class _Zlib:
    """One gzip member, or one deflate stream with or without the zlib wrapper."""

    def __init__(self, name: str, wbits: int) -> None:
        self.name = name
        self._inflate = zlib.decompressobj(wbits)

    def read(self, data: bytes) -> Iterator[bytes]:
        inflate = self._inflate
        while not inflate.eof:
            piece = inflate.decompress(data, _PIECE)
            if piece:
                yield piece
            data = inflate.unconsumed_tail
            # A full piece may leave more output inside, although all input is taken.
            if not data and len(piece) < _PIECE:
                return

    @property
    def ended(self) -> bool:
        return self._inflate.eof

    @property
    def rest(self) -> bytes:
        return self._inflate.unused_data


class _ZstdFrame:
    name = "zstd"

    def __init__(self) -> None:
        self._frame = zstd.ZstdDecompressor(
            options={zstd.DecompressionParameter.window_log_max: _ZSTD_WINDOW_LOG}
        )

    def read(self, data: bytes) -> Iterator[bytes]:
        frame = self._frame
        while not frame.eof:
            piece = frame.decompress(data, _PIECE)
            if piece:
                yield piece
            if frame.needs_input:
                return
            data = b""

    @property
    def ended(self) -> bool:
        return bool(self._frame.eof)

    @property
    def rest(self) -> bytes:
        return bytes(self._frame.unused_data)


class _Members:
    """A coding in which complete streams may follow one another: gzip members, zstd frames.

    Padding and whatever else follows the last stream is ignored, as browsers do.
    """

    def __init__(self, make: Callable[[], _Zlib | _ZstdFrame], magic: bytes) -> None:
        self._make, self._magic = make, magic
        self._member = make()
        self._count = 1
        self._held = b""
        self._over = False
        self.name = self._member.name

    def read(self, data: bytes) -> Iterator[bytes]:
        while data and not self._over:
            if self._member.ended:
                data = self._next(data)
            if data:
                yield from self._member.read(data)
                data = self._member.rest if self._member.ended else b""

    def _next(self, data: bytes) -> bytes:
        """Return the bytes of the next member, or nothing when it has not begun or there is none."""
        data = (self._held + data).lstrip(b"\0")
        self._held = b""
        if not data.startswith(self._magic):
            self._over = not self._magic.startswith(data)
            self._held = data
            return b""
        self._count += 1
        if self._count > _MAX_MEMBERS:
            raise BodyError(f"more than {_MAX_MEMBERS} {self.name} members in one body")
        self._member = self._make()
        return data

    @property
    def ended(self) -> bool:
        return self._member.ended


class _Deflate:
    """The deflate coding, which servers send with the zlib wrapper (RFC 1950) and without (RFC 1951)."""

    name = "deflate"

    def __init__(self) -> None:
        self._head = b""
        self._stream: _Zlib | None = None

    def read(self, data: bytes) -> Iterator[bytes]:
        if self._stream is None:
            data = self._head = self._head + data
            if len(data) < 2:
                return
            wrapped = data[0] & 0x0F == 8 and (data[0] << 8 | data[1]) % 31 == 0
            self._stream = _Zlib(self.name, zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)
        yield from self._stream.read(data)

    @property
    def ended(self) -> bool:
        return self._stream is not None and self._stream.ended


class _Brotli:
    name = "br"

    def __init__(self) -> None:
        self._stream = brotli.Decompressor()

    def read(self, data: bytes) -> Iterator[bytes]:
        stream = self._stream
        if stream.is_finished():
            raise BodyError("damaged br data: something follows the end")
        while True:
            piece = stream.process(data, output_buffer_limit=_PIECE)
            if not piece:
                return
            yield piece
            if stream.is_finished():
                return
            data = b""

    @property
    def ended(self) -> bool:
        return bool(self._stream.is_finished())


class Decoder:
    """Takes a body chunk by chunk as it came over the wire, and gives it back decoded.

    Make one with `decoder`. Holds at most the limit plus a small constant, whatever is fed.

    Attributes:
        size: decoded bytes so far.
    """

    def __init__(self, codings: list[_Coding], limit: int, keep: int | None = None) -> None:
        self._codings = codings
        self._limit = limit
        self._keep_bytes = limit if keep is None else keep
        # Compressed bytes that decode to nothing are bounded too; data that cannot be compressed
        # grows by less than this.
        self._most_input = limit + limit // 64 + 4096
        self._taken = [0] * len(codings)
        self._parts: list[bytes] = []
        self.size = 0

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes of the body.

        Raises TooLarge past the limit, Bomb when far more comes out than went in, BodyError when damaged.
        """
        if self._codings:
            for piece in self._through(chunk, 0):
                self._keep(piece)
        else:
            self._keep(chunk)

    def steps(self, chunk: bytes) -> Iterator[None]:
        """Take the next bytes as `feed` does, yielding after each megabyte that they decode to."""
        if not self._codings:
            self._keep(chunk)
            return
        pause_at = self.size + _STEP
        for piece in self._through(chunk, 0):
            self._keep(piece)
            if self.size >= pause_at:
                pause_at = self.size + _STEP
                yield

    def peek(self, size: int) -> bytes:
        """Return the first bytes of what `take` would return."""
        if len(self._parts) > 1:
            self._parts = [b"".join(self._parts)]
        return self._parts[0][:size] if self._parts else b""

    def take(self) -> bytes:
        """Return what was decoded since the last time, for who does not want it all at the end."""
        parts, self._parts = self._parts, []
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def finish(self) -> bytes:
        """Return the decoded body; a body without any bytes is empty in every coding.

        Raises BodyError when the data ends too early.
        """
        for coding, taken in zip(self._codings, self._taken, strict=True):
            if taken and not coding.ended:
                raise BodyError(f"truncated {coding.name} data: it ends after {taken} bytes")
        return self.take()

    def _keep(self, piece: bytes) -> None:
        self.size += len(piece)
        if self.size > self._limit:
            self._parts.clear()
            raise TooLarge(f"more than {self._limit} bytes")
        if self.size > _RATIO_FROM and self._codings and self.size > _MAX_RATIO * self._taken[0]:
            self._parts.clear()
            raise Bomb(f"{self._taken[0]} bytes decode to more than {_MAX_RATIO} times as many")
        if self.size > self._keep_bytes:
            piece = piece[: max(0, len(piece) - (self.size - self._keep_bytes))]
        self._parts.append(piece)

    def _through(self, data: bytes, stage: int) -> Iterator[bytes]:
        """Yield what `data` becomes by the coding at `stage` and all that come after it."""
        coding = self._codings[stage]
        self._taken[stage] += len(data)
        if self._taken[stage] > self._most_input:
            raise TooLarge(f"more than {self._limit} bytes, still encoded as {coding.name}")
        last = stage + 1 == len(self._codings)
        try:
            # In small blocks, because zlib copies what it has not used at each step.
            for start in range(0, len(data), _BLOCK):
                for piece in coding.read(data[start : start + _BLOCK]):
                    if last:
                        yield piece
                    else:
                        yield from self._through(piece, stage + 1)
        except _DAMAGE as error:
            raise BodyError(f"damaged {coding.name} data") from error


def _coding(name: str) -> _Coding:
    if name in ("gzip", "x-gzip"):
        return _Members(lambda: _Zlib("gzip", zlib.MAX_WBITS | 16), b"\x1f\x8b")
    if name == "deflate":
        return _Deflate()
    if name not in ("br", "zstd"):
        raise BodyError(f"unknown content coding {name[:40]!r}")
    if (brotli if name == "br" else zstd) is None:
        raise BodyError(f"cannot decode {name}: install aiocrawl[speed]")
    return _Brotli() if name == "br" else _Members(_ZstdFrame, b"\x28\xb5\x2f\xfd")


def decoder(content_encoding: str, limit: int, keep: int | None = None) -> Decoder:
    """Return a decoder for a body with this Content-Encoding.

    Args:
        content_encoding: the header's value; codings are undone last to first. Empty is identity.
        limit: most bytes that the decoded body may have.
        keep: how many of them are wanted; the rest is counted and let go. Left out: all.

    Raises BodyError for a coding that is not known here, and for more than two of them.
    """
    if not content_encoding:
        return Decoder([], limit, keep)
    names = [name.strip().lower() for name in content_encoding.split(",")]
    names = [name for name in names if name not in ("", "identity")]
    if len(names) > _MAX_CODINGS:
        raise BodyError(f"{len(names)} content codings on one body")
    return Decoder([_coding(name) for name in reversed(names)], limit, keep)


def gunzipped(body: bytes) -> Iterator[bytes]:
    """Yield the content of a gzip file that was fetched as a file, such as `sitemap.xml.gz`.

    Pieces are small, and some are empty, so that nobody who takes one has to wait for long.
    Raises BodyError when the file is damaged, after what comes before the damage.
    """
    coding = _coding("gzip")
    for start in range(0, len(body), _BLOCK):
        try:
            yield from coding.read(body[start : start + _BLOCK])
        except zlib.error as error:
            raise BodyError("damaged gzip data") from error
        yield b""
    if not coding.ended:
        raise BodyError(f"truncated gzip data: it ends after {len(body)} bytes")
