"""Which requests are known: a set of numbers of 64 bits, each with a small value, in ten bytes each.

A Python set of such numbers takes seven times as much. The upper 16 bits choose one of 65,536 byte
arrays, in which the other 48 bits and the value stand in a row; a row is found by searching bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

_BUCKETS = 65_536
_REST = 6  # bytes of a number that its bucket does not say
_ROW = _REST + 1
#: The largest value that fits.
LARGEST = 255


class Seen:
    """Remembers keys by a hash of 64 bits, and for each a number below 256.

    Two of ten million keys have the same hash in three crawls of a million. Which do is not for a
    website to choose: the hash is keyed.

    Args:
        secret: up to 64 bytes that make the hash of this crawl its own.
    """

    def __init__(self, secret: bytes) -> None:
        self._hash = blake2b(digest_size=8, key=secret)
        self._buckets = [bytearray() for _ in range(_BUCKETS)]
        self._number = 0

    def __len__(self) -> int:
        return self._number

    def hash_of(self, key: str) -> bytes:
        """Return the hash of a key: 8 bytes."""
        hashed = self._hash.copy()
        hashed.update(key.encode("utf-8", "surrogatepass"))
        return hashed.digest()

    def get(self, hash: bytes) -> int | None:
        """Return the value of a hash, None when it is not known."""
        bucket = self._buckets[hash[0] << 8 | hash[1]]
        place = _find(bucket, hash[2:])
        return None if place < 0 else bucket[place + _REST]

    def add(self, hash: bytes, value: int) -> bool:
        """Take in a hash; False when it was known, and keeps its value."""
        bucket = self._buckets[hash[0] << 8 | hash[1]]
        if _find(bucket, hash[2:]) >= 0:
            return False
        bucket += hash[2:]
        bucket.append(value)
        self._number += 1
        return True

    def fill(self, rows: Iterable[tuple[bytes, int]]) -> None:
        """Take in many hashes with their values, each of them once and none of them known."""
        buckets = self._buckets
        for hash, value in rows:
            bucket = buckets[hash[0] << 8 | hash[1]]
            bucket += hash[2:]
            bucket.append(value)
            self._number += 1


def _find(bucket: bytearray, rest: bytes) -> int:
    """Return where the row with these bytes begins, or -1; what merely looks so from within is passed."""
    place = bucket.find(rest)
    while place >= 0 and place % _ROW:
        place = bucket.find(rest, place + 1)
    return place
