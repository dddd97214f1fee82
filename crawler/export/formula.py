"""Text that a spreadsheet would run: found in a cell, and made harmless."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"\s*[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?\s*")
# What begins a formula somewhere, the wide forms in East Asian editions too; before it, quotes and what is
# not visible, which one program or another takes away first.
_FORMULA = re.compile(
    r"[\s\"'\x00-\x1f\x7f\ufeff\u200b-\u200f]*(?:[=+@\uff1d\uff0b\uff20\uff0d-]|(?<=[\t\r]))"
)


def is_run(text: str) -> bool:
    """Say whether a spreadsheet may take a cell's text for a formula; numbers are none."""
    return _FORMULA.match(text) is not None and not _NUMBER.fullmatch(text)


def defused(text: str) -> str:
    """Return text that no spreadsheet runs: with an apostrophe before it where it needs one."""
    return "'" + text if is_run(text) else text


def restored(text: str) -> str:
    """Return the text that `defused` was given."""
    return text[1:] if text.startswith("'") and is_run(text[1:]) else text
