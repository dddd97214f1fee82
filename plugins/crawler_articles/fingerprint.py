"""Fingerprints of texts that differ little when the texts do."""

from __future__ import annotations

import re
from collections import Counter
from hashlib import blake2b

_SHINGLE = 3
_BYTES = 8
# Where words are written without spaces between them, each character stands for a word.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+")


def fingerprint(text: str) -> str:
    """Return the simhash of a text, 64 bits as 16 hexadecimal digits.

    It is made of the different sequences of three words in the text, without regard to case and
    punctuation. Charikar, "Similarity estimation techniques from rounding algorithms", 2002.
    """
    words = _WORD.findall(text.lower())
    count = max(1, len(words) - _SHINGLE + 1)
    shingles = {" ".join(words[start : start + _SHINGLE]) for start in range(count)}
    hashes = b"".join(blake2b(one.encode(), digest_size=_BYTES).digest() for one in shingles)
    return bytes(_majority(hashes[place::_BYTES]) for place in range(_BYTES)).hex()


def _majority(column: bytes) -> int:
    """Return a byte in which each bit is what it is in most of these."""
    # Counting values first, of which there are 256, and bits of those then, is what makes this quick.
    values = Counter(column)
    result = 0
    for bit in range(8):
        ones = sum(count for value, count in values.items() if value >> bit & 1)
        result |= (2 * ones >= len(column)) << bit
    return result
