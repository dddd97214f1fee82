"""Numbers as people say them."""

from __future__ import annotations


def number_of(number: int, word: str) -> str:
    """Return "1 request" or "1,000 requests"."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def in_words(seconds: float) -> str:
    """Return a time with one unit, that is exact enough for people: "40 s", "3 min", "5.2 h", "12 days"."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7_200:
        return f"{seconds / 60:.0f} min"
    if seconds < 172_800:
        return f"{seconds / 3_600:.1f} h"
    return f"{seconds / 86_400:.0f} days"
