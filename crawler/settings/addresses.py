"""Addresses of all kinds: hosts, URLs, networks, and where to reach a person."""

from __future__ import annotations

import re
from ipaddress import ip_network
from urllib.parse import urlsplit

from crawler.errors import UrlError
from crawler.settings.words import short
from crawler.settings.wrong import wrong
from crawler.url import canonical, origin_of

#: Instead of a sitemap's URL: the sitemaps that robots.txt names.
ROBOTS = "robots"

_HOST = re.compile(r"(\*\.)?[^\s*/:@?#\[\]]+|\[[0-9A-Fa-f:.]+\]")
_URL = re.compile(r"https?://[^\s/?#]+\S*", re.IGNORECASE)
_MAIL = re.compile(r"(mailto:)?[^\s@]+@[^\s@]+\.[^\s@]+")


def host(text: str) -> str:
    """Return a host name in lower case; `*.` in front stands for every name below it."""
    if _HOST.fullmatch(text) and text.strip("."):
        return text.lower().rstrip(".")
    bare = re.sub(r"^[A-Za-z][A-Za-z0-9+.-]*://", "", text)
    bare = re.split(r"[/?#\s]", bare)[0].rpartition("@")[2]
    bare = re.sub(r":[0-9]*$", "", bare)
    hint = (
        f"write only the host name: {bare}"
        if _HOST.fullmatch(bare)
        else "such as example.com or *.example.com"
    )
    kind = "a URL" if "://" in text else "an address with a port" if re.search(r":[0-9]+$", text) else ""
    raise wrong(
        f"{short(text)!r} is {kind}, not a host name" if kind else f"{short(text)!r} is not a host name", hint
    )


def start_url(text: str) -> str:
    """Return an absolute http or https URL, unchanged."""
    if _URL.fullmatch(text):
        return text
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*)://", text)
    if scheme and scheme[1].lower() not in ("http", "https"):
        raise wrong(f"{short(text)!r} cannot be fetched: only http and https are")
    if scheme is None and re.fullmatch(r"[^\s/:]+\.[^\s/:]+(:[0-9]+)?(/\S*)?", text):
        raise wrong(f"{short(text)!r} is not a whole URL", f"write https://{short(text)}")
    raise wrong(f"{short(text)!r} is not an absolute URL", "such as https://example.com/")


def origin(text: str) -> str:
    """Return scheme, host and port of a URL that has nothing else, as they stand in canonical URLs."""
    try:
        url = canonical(start_url(text))
    except UrlError as error:
        raise wrong(f"{short(text)!r} is not an origin", "such as https://example.com") from error
    found = origin_of(url)
    if url != f"{found}/":
        raise wrong(f"{short(text)!r} is more than an origin", f"write {found}")
    return found


def sitemap_url(text: str) -> str:
    """Return the URL of a sitemap, or the word for those that robots.txt names."""
    return text if text == ROBOTS else start_url(text)


def network(value: str) -> str:
    """Return a network in CIDR notation (RFC 4632); a plain address is the network of itself alone."""
    try:
        return str(ip_network(value))
    except ValueError as error:
        hint = "such as 127.0.0.1/32, 10.0.0.0/8 or ::1"
        try:
            hint = f"write {ip_network(value, strict=False)}"
        except ValueError:
            pass
        raise wrong(f"{short(value)!r} is not a network", hint) from error


def proxy(text: str) -> str:
    """Return the URL of an HTTP proxy, unchanged; what is said of a wrong one never holds its credentials."""
    scheme = (re.match(r"([A-Za-z][A-Za-z0-9+.-]*)://", text) or ("", ""))[1].lower()
    where = short(text.rpartition("@")[2])
    if scheme.startswith("socks"):
        raise wrong("SOCKS proxies are not supported", "name one that speaks HTTP, such as http://HOST:3128")
    if scheme == "https":
        raise wrong(f"the proxy {where!r} is asked over http, not https", f"write http://{where}")
    if scheme != "http" or not re.fullmatch(r"[^\s/?#@]+/?", text[7:].rpartition("@")[2]):
        raise wrong(f"{where!r} is not the URL of a proxy", "such as http://proxy.example.com:3128")
    try:
        if not urlsplit(text).hostname or (urlsplit(text).port or 1) < 1:
            raise ValueError
    except ValueError as error:
        raise wrong(
            f"{where!r} is not the URL of a proxy", "such as http://proxy.example.com:3128"
        ) from error
    return text


def contact(text: str) -> str:
    """Return a web or mail address at which a site's owner reaches the person who crawls."""
    if not (_URL.fullmatch(text) or _MAIL.fullmatch(text)):
        raise wrong(
            f"{short(text)!r} is neither a URL nor a mail address",
            "such as https://example.com/bot or me@example.com",
        )
    return text
