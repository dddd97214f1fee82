"""An extraction in pure Python that takes about 20 ms: which words of a page stand together how often."""

import time
from collections.abc import Sequence

WORDS = 1500  # of a page
SECONDS = 0.02  # that one call is to take

_SYLLABLES = ("ba", "be", "bi", "do", "du", "ka", "ki", "lo", "mu", "na", "ro", "su", "ta", "ve")


def items(count: int, given: str) -> list[list[str]]:
    """Return so many texts, each with how often it is to be read: as `calibrated` says."""
    return [[given, _text(number)] for number in range(count)]


def pairs(item: Sequence[str]) -> int:
    """Count pairs of words in a text, again and again; return a checksum of the last count."""
    times, text = int(item[0]), item[1]
    found: dict[tuple[str, str], int] = {}
    for _ in range(times):
        found = {}
        before = ""
        for word in text.split():
            bare = word.strip(".,").lower()
            found[before, bare] = found.get((before, bare), 0) + 1
            before = bare
    return sum(len(first) * 3 + len(second) + 7 * many for (first, second), many in found.items())


def proof(found: Sequence[int]) -> list[int]:
    """Return how many texts were read, and a checksum."""
    return [len(found), sum(place * value for place, value in enumerate(found, 1))]


def calibrated() -> str:
    """Return how often a text is to be read for a call to take as long as it should, on this machine."""
    tries, took = 20, []
    for _ in range(5):
        began = time.perf_counter()
        pairs([str(tries), _text(0)])
        took.append(time.perf_counter() - began)
    return str(max(1, round(SECONDS * tries / min(took))))


def _text(number: int) -> str:
    many = len(_SYLLABLES)
    return " ".join(
        _SYLLABLES[(number + place) % many] + _SYLLABLES[place * place % many] + _SYLLABLES[place // 7 % many]
        for place in range(WORDS)
    )
