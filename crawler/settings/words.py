"""How values and lists of names are put into words, in messages and in what `crawl check` prints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_LONGEST = 60


def describe(value: Any) -> str:
    """Return what a person wrote, with its type where the type is the point: "the text '5'"."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"the number {short(value)}"
    if isinstance(value, str):
        return f"the text {short(value)!r}"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, Sequence):
        return "a list"
    return f"a value of type {type(value).__name__}"


def short(value: Any) -> str:
    """Return the value as text that fits into one line of a message."""
    if isinstance(value, int) and value.bit_length() > 200:
        return "with more than 60 digits"
    text = str(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def listing(names: Iterable[str]) -> str:
    """Return names as a person lists them: "a, b or c"."""
    *most, last = list(names)
    return f"{', '.join(most)} or {last}" if most else last
