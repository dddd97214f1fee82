"""Content decoding: every coding, split anywhere, cut anywhere, and inflated without end."""

from __future__ import annotations

import gzip
import random
import tracemalloc
import zlib
from collections.abc import Callable
from itertools import pairwise

import brotli
import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from crawler.decode import ACCEPT_ENCODING, decoder
from crawler.errors import BodyError, Bomb, TooLarge

LIMIT = 1024 * 1024


def raw_deflate(data: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(data) + stream.flush()


def compress_br(data: bytes) -> bytes:
    return bytes(brotli.compress(data, quality=4))


def in_two(encode: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    return lambda data: encode(data[: len(data) // 2]) + encode(data[len(data) // 2 :])


ENCODERS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "identity": ("identity", bytes),
    "none": ("", bytes),
    "gzip": ("gzip", gzip.compress),
    "x-gzip": (" X-GZIP ", gzip.compress),
    "gzip members": ("gzip", in_two(gzip.compress)),
    "gzip padded": ("gzip", lambda data: gzip.compress(data) + b"\0" * 5),
    "gzip with junk behind": ("gzip", lambda data: gzip.compress(data) + b"\x1f\nnot a member \x1f\x8b"),
    "deflate": ("deflate", zlib.compress),
    "deflate raw": ("deflate", raw_deflate),
    "br": ("br", compress_br),
    "zstd": ("zstd", zstd.compress),
    "zstd frames": ("zstd", in_two(zstd.compress)),
    "gzip, br": ("gzip, br", lambda data: compress_br(gzip.compress(data))),
    "deflate, gzip": ("deflate,identity,gzip", lambda data: gzip.compress(zlib.compress(data))),
}
BOMBS = [
    "gzip",
    "gzip members",
    "deflate",
    "deflate raw",
    "br",
    "zstd",
    "zstd frames",
    "gzip, br",
    "deflate, gzip",
]


def decode(coding: str, chunks: list[bytes], limit: int = LIMIT) -> bytes:
    sink = decoder(coding, limit)
    for chunk in chunks:
        sink.feed(chunk)
    return sink.finish()


def split(data: bytes, points: list[int]) -> list[bytes]:
    edges = [0, *sorted(point % (len(data) + 1) for point in points), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


@given(
    seed=st.binary(max_size=30) | st.binary(max_size=3000),
    times=st.sampled_from([1, 2, 300]),
    name=st.sampled_from(sorted(ENCODERS)),
    points=st.lists(st.integers(min_value=0, max_value=1 << 20), max_size=8),
)
def test_any_bytes_in_any_coding_split_anywhere_come_back(
    seed: bytes, times: int, name: str, points: list[int]
) -> None:
    coding, encode = ENCODERS[name]
    data = seed * times
    assert decode(coding, split(encode(data), points)) == data


@pytest.mark.parametrize("name", sorted(ENCODERS))
def test_one_byte_at_a_time(name: str) -> None:
    coding, encode = ENCODERS[name]
    data = b"<p>hello</p>" * 50
    assert decode(coding, [bytes([byte]) for byte in encode(data)]) == data


@pytest.mark.parametrize("name", sorted(ENCODERS))
def test_much_from_little(name: str) -> None:
    coding, encode = ENCODERS[name]
    data = bytes(range(256)) * 4000
    assert decode(coding, [encode(data)]) == data


def test_a_single_identity_chunk_is_not_copied() -> None:
    chunk = b"x" * 1000
    assert decode("", [chunk]) is chunk


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_takes_no_more_memory_than_the_limit(name: str) -> None:
    coding, encode = ENCODERS[name]
    bomb = encode(b"\0" * (64 * LIMIT))
    sink = decoder(coding, LIMIT)
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge, match=str(LIMIT)):
            sink.feed(bomb)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < LIMIT + 512 * 1024


@pytest.mark.parametrize("name", sorted(ENCODERS))
def test_the_limit_is_exact(name: str) -> None:
    coding, encode = ENCODERS[name]
    data = bytes(range(256)) * 40
    encoded = encode(data)
    assert decode(coding, [encoded], len(data)) == data
    with pytest.raises(TooLarge):
        decode(coding, [encoded], len(data) - 1)


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_one_long_before_a_large_limit(name: str) -> None:
    coding, encode = ENCODERS[name]
    sink = decoder(coding, 1000 * LIMIT)
    bomb = encode(b"\0" * (16 * LIMIT))
    with pytest.raises(Bomb, match="decode to more than 800 times as many"):
        sink.feed(bomb)
        raise AssertionError(f"{sink.size} bytes came out of {len(bomb)}")


@pytest.mark.parametrize("name", BOMBS)
def test_what_repeats_itself_is_no_bomb(name: str) -> None:
    coding, encode = ENCODERS[name]
    row = b'<tr><td class="name">an item</td><td class="number">%07d</td></tr>\n'
    table = b"".join(row % (number * 7919) for number in range(40_000))
    assert decode(coding, [encode(table)], 1000 * LIMIT) == table
    # Below a megabyte no ratio is asked about.
    assert decode(coding, [encode(b"\0" * LIMIT)], 1000 * LIMIT) == b"\0" * LIMIT


@pytest.mark.parametrize("name", sorted(ENCODERS))
def test_a_caller_on_a_loop_is_asked_after_each_megabyte(name: str) -> None:
    coding, encode = ENCODERS[name]
    data = random.Random(1).randbytes(30_000) * 268
    sink, sizes = decoder(coding, 16 * LIMIT), [0]
    for _ in sink.steps(encode(data)):
        sizes.append(sink.size)
    assert sink.finish() == data
    if encode(data) != data:
        assert len(sizes) in (6, 7, 8)
        assert all(after - before <= 3 * LIMIT // 2 for before, after in pairwise(sizes))


@pytest.mark.parametrize("name", sorted(ENCODERS))
def test_what_is_not_wanted_is_counted_and_let_go(name: str) -> None:
    coding, encode = ENCODERS[name]
    data = bytes(range(256)) * 4000
    encoded = encode(data)
    sink = decoder(coding, len(data), 1000)
    for start in range(0, len(encoded), 777):
        sink.feed(encoded[start : start + 777])
    assert sink.size == len(data)
    assert sink.finish() == data[:1000]
    with pytest.raises(TooLarge):
        decoder(coding, len(data) - 1, 1000).feed(encoded)


def test_what_was_decoded_can_be_looked_at_and_taken_bit_by_bit() -> None:
    sink = decoder("", 100)
    assert sink.peek(3) == b""
    for chunk in (b"abc", b"def"):
        sink.feed(chunk)
    assert sink.peek(4) == b"abcd"
    assert sink.take() == b"abcdef"
    sink.feed(b"ghi")
    assert sink.finish() == b"ghi"


def test_compressed_bytes_that_decode_to_nothing_are_bounded() -> None:
    empty_block = b"\x00\x00\x00\xff\xff"
    with pytest.raises(TooLarge, match="still encoded as deflate"):
        decode("deflate", [empty_block * 1000] * 20, limit=10_000)
    # The same between two codings: the outer one inflates, the inner one gives nothing.
    with pytest.raises(TooLarge, match="still encoded as deflate"):
        decode("deflate, gzip", [gzip.compress(empty_block * 20_000)], limit=10_000)


def test_too_many_members() -> None:
    with pytest.raises(BodyError, match="more than 4096 gzip members"):
        decode("gzip", [gzip.compress(b"") * 5000])


CUTTABLE = ["gzip", "gzip members", "deflate", "deflate raw", "br", "zstd", "zstd frames"]


HALVES: dict[str, Callable[[bytes], bytes]] = {"gzip members": gzip.compress, "zstd frames": zstd.compress}


@pytest.mark.parametrize("name", CUTTABLE)
def test_cut_anywhere_is_an_error(name: str) -> None:
    coding, encode = ENCODERS[name]
    data = bytes(range(256)) * 8
    encoded = encode(data)
    # Between two streams nothing is missing that anybody could tell, nor within the next one's magic.
    magic = {"gzip members": 2, "zstd frames": 4}.get(name, 0)
    first = len(HALVES[name](data[: len(data) // 2])) if magic else 0
    whole = set(range(first, first + magic))
    for length in set(range(1, len(encoded))) - whole:
        with pytest.raises(BodyError, match=f"truncated {coding} data"):
            decode(coding, [encoded[:length]])


@pytest.mark.parametrize("coding", ["gzip, br", "br, gzip", "zstd, deflate"])
def test_cut_stacked_codings_name_the_coding(coding: str) -> None:
    encoders = {"gzip": gzip.compress, "br": brotli.compress, "zstd": zstd.compress, "deflate": zlib.compress}
    inner, outer = coding.split(", ")
    encoded = encoders[outer](encoders[inner](b"hello" * 100)[:-2])
    with pytest.raises(BodyError, match=f"truncated {inner} data"):
        decode(coding, [encoded])


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_damaged_data_is_an_error_and_names_the_coding(coding: str) -> None:
    with pytest.raises(BodyError, match=coding) as caught:
        decode(coding, [b"\xff<html>this is not compressed at all</html>" * 100])
    assert not isinstance(caught.value, TooLarge)


def test_a_flipped_bit_is_found_by_the_checksum() -> None:
    encoded = bytearray(gzip.compress(b"hello" * 100))
    encoded[-6] ^= 1
    with pytest.raises(BodyError, match="damaged gzip data"):
        decode("gzip", [bytes(encoded)])


def test_bytes_behind_a_brotli_stream_are_an_error_wherever_they_are_split() -> None:
    encoded = brotli.compress(b"hello")
    for chunks in ([encoded + b"more"], [encoded, b"more"]):
        with pytest.raises(BodyError, match="damaged br data"):
            decode("br", chunks)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "gzip, br"])
def test_no_bytes_are_an_empty_body(coding: str) -> None:
    assert decode(coding, []) == b""


@pytest.mark.parametrize(
    ("coding", "message"),
    [
        ("compress", "unknown content coding 'compress'"),
        ("gzip, utf-8", "unknown content coding 'utf-8'"),
        ("gzip, gzip, gzip", "3 content codings"),
    ],
)
def test_codings_that_cannot_be_undone(coding: str, message: str) -> None:
    with pytest.raises(BodyError, match=message):
        decoder(coding, LIMIT)


def test_a_zstd_window_above_eight_mebibytes_is_refused() -> None:
    options: dict[int, int] = {zstd.CompressionParameter.window_log: 27}
    stream = zstd.ZstdCompressor(options=options)
    encoded = stream.compress(b"hello" * 1000) + stream.flush()
    with pytest.raises(BodyError, match="damaged zstd data"):
        decode("zstd", [encoded])


def test_accept_encoding_names_what_is_installed_here() -> None:
    assert ACCEPT_ENCODING == "gzip, deflate, br, zstd"
