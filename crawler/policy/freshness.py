"""What a cache may keep, for how long it is fresh, and what a 304 changes (RFC 9111).

Headers come with their names in lower case; where one repeats, its values are joined by commas.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC
from email.utils import parsedate_to_datetime

#: A header field: its name in lower case, and its value.
Field = tuple[str, str]

#: Statuses whose answers may be kept without the server saying for how long (RFC 9110, section 15.1).
_HEURISTIC = frozenset({200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501})
#: Statuses that a cache understands well enough to keep them when the server says how long.
_UNDERSTOOD = _HEURISTIC | {302, 303, 307, 400, 403}
#: Of the time since the last change, so much counts as fresh; at most a day (section 4.2.2).
_SHARE, _MOST = 0.1, 86_400.0
_LONGEST = 2**31
_DIRECTIVE = re.compile(r'([!#$%&\'*+.^_`|~0-9A-Za-z-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,;]*)))?')
#: Fields of a 304 that say nothing of the stored answer (section 3.2), or only of the connection.
_NOT_MERGED = frozenset(
    {
        "content-length",
        "content-encoding",
        "content-type",
        "content-range",
        "set-cookie",
        "connection",
        "keep-alive",
        "transfer-encoding",
        "upgrade",
        "te",
        "trailer",
        "proxy-authenticate",
        "proxy-authentication-info",
        "proxy-authorization",
    }
)


def cache_control(header: str) -> dict[str, str]:
    """Return the directives of a Cache-Control header; of one that repeats, the first."""
    found: dict[str, str] = {}
    for match in _DIRECTIVE.finditer(header):
        found.setdefault(match[1].lower(), match[2] if match[2] is not None else match[3] or "")
    return found


def may_store(status: int, headers: Mapping[str, str], *, authenticated: bool) -> bool:
    """Say whether an answer to a GET or HEAD may be kept, as by a shared cache (section 3).

    Args:
        status: of the answer.
        headers: of the answer.
        authenticated: the request carried credentials, or cookies.
    """
    says = cache_control(headers.get("cache-control", ""))
    if status not in _UNDERSTOOD or "no-store" in says or "private" in says:
        return False
    if "*" in varying(headers):
        return False
    if authenticated and not says.keys() & {"public", "must-revalidate", "s-maxage"}:
        return False
    explicit = bool(says.keys() & {"max-age", "s-maxage", "public"}) or "expires" in headers
    return explicit or status in _HEURISTIC


def lifetime(status: int, headers: Mapping[str, str], received: float) -> float:
    """Return for how many seconds an answer is fresh (section 4.2.1); 0 when it is to be asked for each time.

    Args:
        status, headers: of the answer.
        received: when it came, in seconds since 1970.
    """
    says = cache_control(headers.get("cache-control", ""))
    if "no-cache" in says:
        return 0.0
    for name in ("s-maxage", "max-age"):
        if name in says:
            return float(min(int(says[name]), _LONGEST)) if _is_number(says[name]) else 0.0
    date = http_date(headers.get("date", ""))
    date = received if date is None else date
    if "expires" in headers:
        expires = http_date(headers["expires"])  # "0" and other nonsense means: already over
        return 0.0 if expires is None else max(0.0, expires - date)
    modified = http_date(headers.get("last-modified", ""))
    if status not in _HEURISTIC or modified is None:
        return 0.0
    return min(_MOST, max(0.0, date - modified) * _SHARE)


def age(headers: Mapping[str, str], requested: float, received: float, now: float) -> float:
    """Return how old an answer is, in seconds (section 4.2.3).

    Args:
        headers: of the answer.
        requested, received: when it was asked for, and when it came, in seconds since 1970.
        now: seconds since 1970; a clock that was set back makes nothing older, or younger than it came.
    """
    said = headers.get("age", "").strip()
    date = http_date(headers.get("date", ""))
    apparent = 0.0 if date is None else max(0.0, received - date)
    corrected = (min(int(said), _LONGEST) if _is_number(said) else 0) + max(0.0, received - requested)
    return max(apparent, corrected) + max(0.0, now - received)


def merged(stored: Sequence[Field], newer: Sequence[Field]) -> list[Field]:
    """Return the fields of a stored answer, brought up to date by those of a 304 (section 3.2)."""
    fresh = [(name, value) for name, value in newer if name not in _NOT_MERGED]
    replaced = {name for name, _ in fresh}
    return [*((name, value) for name, value in stored if name not in replaced), *fresh]


def varying(headers: Mapping[str, str]) -> list[str]:
    """Return the names of request headers that an answer depends on, in lower case (section 4.1)."""
    return sorted({name.strip().lower() for name in headers.get("vary", "").split(",") if name.strip()})


def http_date(text: str) -> float | None:
    """Return the seconds since 1970 of a date in a header (RFC 9110, section 5.6.7), None when it is none."""
    try:
        date = parsedate_to_datetime(text.strip())
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    try:
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 20
