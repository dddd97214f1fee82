"""One cookie: parsed from a Set-Cookie header, and asked whether it goes with a request (RFC 6265)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import msgspec

MAX_BYTES = 4096

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_DATE_DELIMITERS = re.compile(r"[\t\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]+")
_TIME = re.compile(r"(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\D|$)")
_DAY = re.compile(r"(\d{1,2})(?:\D|$)")
_YEAR = re.compile(r"(\d{2,4})(?:\D|$)")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FOREVER = float("inf")


class Cookie(msgspec.Struct, frozen=True):
    """A cookie as a jar keeps it, for one host.

    Attributes:
        name, value: as the server sent them.
        path: the path below which it is sent.
        secure: sent over https only.
        expires: seconds since 1970; infinite for a cookie that lasts as long as the session.
    """

    name: str
    value: str
    path: str
    secure: bool
    expires: float

    def goes_with(self, path: str, *, secure: bool) -> bool:
        """Say whether it is sent with a request for this path (RFC 6265, section 5.1.4)."""
        if self.secure and not secure:
            return False
        return path == self.path or (
            path.startswith(self.path) and (self.path.endswith("/") or path[len(self.path)] == "/")
        )


def parse_set_cookie(header: str, *, host: str, path: str, secure: bool, now: float) -> Cookie | None:
    """Return the cookie that a Set-Cookie header sets, or None when it is to be ignored.

    A Domain attribute only says whether the cookie may be set at all: it is kept for the one host.

    Args:
        header: the header's value.
        host, path, secure: of the request that was answered; `secure` means https.
        now: seconds since 1970.
    """
    pair, _, rest = header.partition(";")
    name, equals, value = pair.partition("=")
    name, value = name.strip(" \t"), value.strip(" \t")
    if not equals or not name or _CONTROL.search(header) or not _fits(name + value):
        return None
    attributes = _attributes(rest)
    wants_secure = "secure" in attributes
    domain = attributes.get("domain", "").removeprefix(".").lower()
    if (wants_secure and not secure) or (domain and host != domain and not host.endswith("." + domain)):
        return None
    if not _prefix_holds(name, attributes, domain):
        return None
    wanted_path = attributes.get("path", "")
    return Cookie(
        name,
        value,
        wanted_path if wanted_path.startswith("/") else _default_path(path),
        wants_secure,
        _expiry(attributes, now),
    )


def _fits(text: str) -> bool:
    """Say whether it is short enough, and can be sent back: bytes that are not UTF-8 cannot."""
    try:
        return len(text.encode()) <= MAX_BYTES
    except UnicodeEncodeError:
        return False


def _attributes(text: str) -> dict[str, str]:
    """Return the attributes with names in lower case; of one that repeats, the last."""
    attributes = {}
    for part in text.split(";"):
        name, _, value = part.partition("=")
        attributes[name.strip(" \t").lower()] = value.strip(" \t")
    return attributes


def _prefix_holds(name: str, attributes: dict[str, str], domain: str) -> bool:
    """Say whether the cookie is what the prefix of its name promises (RFC 6265bis, section 4.1.3)."""
    prefix = name.lower()
    if prefix.startswith("__host-"):
        return "secure" in attributes and not domain and attributes.get("path") == "/"
    return not prefix.startswith("__secure-") or "secure" in attributes


def _default_path(path: str) -> str:
    if not path.startswith("/"):
        return "/"
    return path[: path.rfind("/")] or "/"


def _expiry(attributes: dict[str, str], now: float) -> float:
    """Return when the cookie ends: Max-Age counts before Expires, and what is no time counts not."""
    age = attributes.get("max-age", "")
    if re.fullmatch(r"-?[0-9]{1,15}", age):
        return now + int(age) if int(age) > 0 else 0.0
    if re.fullmatch(r"-?[0-9]+", age):
        return 0.0 if age.startswith("-") else _FOREVER
    expires = parse_cookie_date(attributes.get("expires", ""))
    return _FOREVER if expires is None else expires


def parse_cookie_date(text: str) -> float | None:
    """Return the seconds since 1970 of a date in an Expires attribute, or None (section 5.1.1)."""
    clock: re.Match[str] | None = None
    day = month = year = None
    for token in _DATE_DELIMITERS.split(text):
        if clock is None and (found := _TIME.match(token)):
            clock = found
        elif day is None and (found := _DAY.match(token)):
            day = int(found[1])
        elif month is None and token[:3].lower() in _MONTHS:
            month = _MONTHS.index(token[:3].lower()) + 1
        elif year is None and (found := _YEAR.match(token)):
            year = int(found[1])
    if clock is None or day is None or month is None or year is None:
        return None
    year += 1900 if 70 <= year <= 99 else 2000 if year <= 69 else 0
    if year < 1601:
        return None
    try:
        return datetime(year, month, day, int(clock[1]), int(clock[2]), int(clock[3]), tzinfo=UTC).timestamp()
    except ValueError:
        return None
