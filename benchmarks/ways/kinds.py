"""Kinds of work, for `releasing.py`: a function, small things to call it with, and one big thing."""

import hashlib
import json
import random
import re
import zlib
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, NamedTuple

from selectolax.lexbor import LexborHTMLParser

from ways.parsed import items, title_and_links


class Kind(NamedTuple):
    """What is called, with what: some small things, and one that takes long."""

    call: Callable[[Any], Any]
    small: Sequence[Any]
    big: Any


def kind_of(name: str, folders: str) -> Kind:
    """Return the kind of a name; folders are those of the pages.

    Raises: KeyError for a name that is not known.
    """
    return _KINDS[name](folders)


def _pages(call: Callable[[bytes], Any], folders: str, least: int, most: int) -> Kind:
    """Fifty pages with so many bytes, and the largest of all."""
    bodies = items(10_000, folders)
    fitting = [body for body in bodies if least <= len(body) <= most]
    return Kind(call, fitting[:50], max(bodies, key=len))


def _text(words: int) -> str:
    chance = random.Random(1)
    return " ".join(f"{chance.randrange(10**6)}={chance.randrange(10**9)}" for _ in range(words))


def _json(rows: int) -> str:
    return json.dumps([{"number": number, "text": "x" * 20} for number in range(rows)])


def _texts(call: Callable[[bytes], Any]) -> Kind:
    return Kind(call, [_text(4_000).encode()], _text(200_000).encode())


def _numpy() -> Kind:
    numpy = import_module("numpy")
    chance = numpy.random.default_rng(1)
    return Kind(numpy.sort, [chance.random(20_000)], chance.random(1_000_000))


def _find(text: bytes) -> list[Any]:
    return re.findall(rb"(\d+)=(\d+)", text)


def _sum(numbers: int) -> int:
    return sum(number * number % 7 for number in range(numbers))


_KINDS: dict[str, Callable[[str], Kind]] = {
    "selectolax: parse pages of 5 to 15 KB": lambda at: _pages(LexborHTMLParser, at, 5_000, 15_000),
    "selectolax: parse pages of 60 to 500 KB": lambda at: _pages(LexborHTMLParser, at, 60_000, 500_000),
    "selectolax: parse, find title and links": lambda at: _pages(title_and_links, at, 5_000, 500_000),
    "NumPy: sort": lambda at: _numpy(),
    "zlib: compress": lambda at: _texts(zlib.compress),
    "hashlib: sha256": lambda at: _texts(lambda text: hashlib.sha256(text).digest()),
    "re: findall": lambda at: _texts(_find),
    "json: loads": lambda at: Kind(json.loads, [_json(2_000)], _json(100_000)),
    "pure Python": lambda at: Kind(_sum, [10_000], 1_000_000),
}


#: All names.
KINDS = tuple(_KINDS)
