"""The URLs in a `srcset` attribute, found as the HTML standard says ("parsing a srcset attribute")."""

from __future__ import annotations

import re

_SPACE = " \t\n\f\r"
_BEFORE = re.compile(r"[ \t\n\f\r,]*+")
_URL = re.compile(r"[^ \t\n\f\r]++")
# Up to the comma that ends a candidate: what stands in parentheses may hold commas.
_DESCRIPTORS = re.compile(r"(?:[^,(]++|\([^)]*+(?:\)|\Z))*+")
_ONE = re.compile(r"(?:[^ \t\n\f\r(]++|\([^)]*+(?:\)|\Z))++")
_WIDTH = re.compile(r"0*+[1-9][0-9]*+w", re.ASCII)
_HEIGHT = re.compile(r"0*+[1-9][0-9]*+h", re.ASCII)
_DENSITY = re.compile(r"(?:-0++(?:\.0++)?|[0-9]++(?:\.[0-9]++)?|\.[0-9]++)(?:[eE][+-]?[0-9]++)?x", re.ASCII)


def srcset_urls(text: str, most: int = 1_000) -> list[str]:
    """Return the URL of each image candidate, in order; candidates that the standard drops are left out.

    Args:
        text: the attribute's value.
        most: what comes after so many URLs is left out as well; images have a dozen.
    """
    urls: list[str] = []
    position = _end(_BEFORE, text, 0)
    while len(urls) < most and (found := _URL.match(text, position)):
        url, position = found.group(), found.end()
        # Cases: commas at the end of a URL end its candidate; else its descriptors follow.
        if url.endswith(","):
            urls.append(url.rstrip(","))
        else:
            end = _end(_DESCRIPTORS, text, position)
            if _fits(_ONE.findall(text[position:end])):
                urls.append(url)
            position = end
        position = _end(_BEFORE, text, position)
    return urls


def _end(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return match.end() if match else position


def _fits(descriptors: list[str]) -> bool:
    """Say whether a candidate has a width, or a density, or neither; a height only beside a width."""
    kinds = [_kind(one) for one in descriptors]
    return sorted(kinds) in ([], ["w"], ["x"], ["h", "w"])


def _kind(descriptor: str) -> str:
    for pattern in (_WIDTH, _HEIGHT, _DENSITY):
        if pattern.fullmatch(descriptor):
            return descriptor[-1]
    return "?"
