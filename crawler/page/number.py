"""Numbers as people write them."""

from __future__ import annotations

import re

# Cases: groups of three with a space or an apostrophe between; digits, commas and points; `.5`.
_NUMBER = re.compile(
    r"[-+]?(?:\d{1,3}(?:[\s'\u2019]\d{3}(?!\d))+(?:[.,]\d+)?|\d(?:[\d.,]*\d)?|(?<![\w.])\.\d+)"
)


def parse_number(text: str) -> float | None:
    """Return the first number in `text`, or None. Reads `1,299.50`, `1.299,50`, `1 299` and `12,5`.

    A single separator is decimal unless exactly three digits follow it and it is a comma.
    """
    match = _NUMBER.search(text)
    if match is None:
        return None
    digits = re.sub(r"[\s'\u2019]", "", match.group())
    comma, point = digits.rfind(","), digits.rfind(".")
    if comma >= 0 and point >= 0:
        thousands, decimal = (",", ".") if point > comma else (".", ",")
        digits = digits.replace(thousands, "").replace(decimal, ".")
    elif comma >= 0:
        grouped = digits.count(",") > 1 or len(digits) - comma == 4
        digits = digits.replace(",", "" if grouped else ".")
    elif digits.count(".") > 1:
        digits = digits.replace(".", "")
    try:
        return float(digits)
    except ValueError:
        return None
