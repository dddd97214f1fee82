"""One cookie: parsed from a Set-Cookie header, and asked whether it goes with a request (RFC 6265bis)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from crawler.fetch.cookiedate import parse_cookie_date
from crawler.fetch.suffixes import OneOwner

#: Bytes of a name with its value, and of an attribute's value; what is longer is left out.
MAX_BYTES, MAX_ATTRIBUTE = 4096, 1024
#: Seconds that a cookie with a date is kept at most: 400 days.
LONGEST = 400 * 86_400.0

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_FOREVER = float("inf")


class Cookie(msgspec.Struct, frozen=True):
    """A cookie as a jar keeps it.

    Attributes:
        name, value: as the server sent them.
        path: the path below which it is sent.
        secure: sent over https only.
        expires: seconds since 1970; infinite for a cookie that lasts as long as the session.
        domain: goes to this host and all below it; empty for a cookie that stays with its host.
    """

    name: str
    value: str
    path: str
    secure: bool
    expires: float
    domain: str = ""

    def goes_with(self, path: str, *, secure: bool) -> bool:
        """Say whether it is sent with a request for this path (RFC 6265, section 5.1.4)."""
        if self.secure and not secure:
            return False
        return path == self.path or (
            path.startswith(self.path) and (self.path.endswith("/") or path[len(self.path)] == "/")
        )


def homes_of(host: str) -> Iterator[str]:
    """Yield where a jar keeps what goes to a host: under its name, and under `.DOMAIN` of each it is in."""
    yield host
    domain = "" if _is_address(host) else host
    while "." in domain:
        yield "." + domain
        domain = domain.partition(".")[2]


def parse_set_cookie(
    header: str, *, host: str, path: str, secure: bool, now: float, one_owner: OneOwner | None = None
) -> Cookie | None:
    """Return the cookie that a Set-Cookie header sets, or None when it is to be ignored.

    One without a name is ignored: it would be sent back as what looks like the name of another. SameSite
    is not looked at: it guards a person's sessions against other sites' pages, and a crawl has only
    those that it has begun itself.

    Args:
        header: the header's value.
        host, path, secure: of the request that was answered; `secure` means https.
        now: seconds since 1970.
        one_owner: says which domains may share cookies; without it every cookie stays with its host.
    """
    pair, _, rest = header.partition(";")
    name, equals, value = pair.partition("=")
    name, value = name.strip(" \t"), value.strip(" \t")
    if not equals or not name or _CONTROL.search(header) or not _fits(name + value):
        return None
    attributes = _attributes(rest)
    wants_secure = "secure" in attributes
    asked = attributes.get("domain", "").removeprefix(".").lower()
    domain = _domain(asked, host, one_owner)
    if domain is None or (wants_secure and not secure) or not _prefix_holds(name, attributes, asked):
        return None
    wanted_path = attributes.get("path", "")
    return Cookie(
        name,
        value,
        wanted_path if wanted_path.startswith("/") else _default_path(path),
        wants_secure,
        _expiry(attributes, now),
        domain,
    )


def _domain(asked: str, host: str, one_owner: OneOwner | None) -> str | None:
    """Return the domain whose hosts share a cookie, "" for none, and None when it may not be set.

    Cases, in order: none is asked for; it is not the host's; it is not known who owns what; it is one
    owner's; it is a public suffix, whose own host may have a cookie for itself (RFC 6265bis, section 5.7).
    """
    if not asked:
        return ""
    if host != asked and (_is_address(host) or not asked.isascii() or not host.endswith("." + asked)):
        return None
    if one_owner is None or _is_address(host):
        return ""
    if one_owner(asked):
        return asked
    return "" if host == asked else None


def _is_address(host: str) -> bool:
    """Say whether a canonical host is an IP address: no name ends in a number (URL standard)."""
    return ":" in host or host.rpartition(".")[2].isdigit()


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
        value = value.strip(" \t")
        if len(value) <= MAX_ATTRIBUTE:
            attributes[name.strip(" \t").lower()] = value
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
    if re.fullmatch(r"-?[0-9]+", age):
        if age.startswith("-") or not age.strip("0"):
            return 0.0
        return now + (min(int(age), LONGEST) if len(age) <= 15 else LONGEST)
    expires = parse_cookie_date(attributes.get("expires", ""))
    return _FOREVER if expires is None else min(expires, now + LONGEST)
