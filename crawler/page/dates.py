"""Dates as sitemaps and feeds write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

# What `datetime.fromisoformat` does not take: a year alone, or with its month.
_SHORT = re.compile(r"(\d{4})(?:-(\d{2}))?", re.ASCII)
_ZONE_NAMES = re.compile(r"\b(?:CEST|CET|BST|JST|IST)$", re.IGNORECASE)
_ZONES = {"CEST": "+0200", "CET": "+0100", "BST": "+0100", "JST": "+0900", "IST": "+0530"}
_LONGEST = 64


def parse_date(text: str) -> datetime | None:
    """Return the moment that a date stands for, with its time zone; None when it cannot be read.

    Read are W3C dates of any precision (RFC 3339 among them) and dates of mail (RFC 822, RFC 5322). A date
    without a time begins at midnight, one without a zone is in UTC.
    """
    text = text.strip()
    if not text or len(text) > _LONGEST:
        return None
    found = _of_iso(text) or _of_mail(text)
    return found.replace(tzinfo=UTC) if found is not None and found.tzinfo is None else found


def _of_iso(text: str) -> datetime | None:
    try:
        if short := _SHORT.fullmatch(text):
            return datetime(int(short[1]), int(short[2] or 1), 1)
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _of_mail(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(_ZONE_NAMES.sub(lambda zone: _ZONES[zone[0].upper()], text))
    # What mail allows and no calendar has comes as one or the other.
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
