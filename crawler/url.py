"""URLs as strings: made absolute and canonical by the WHATWG URL standard, taken apart by position.

A canonical URL here is what the standard's serialiser gives, without its fragment. Canonical URLs
always have the form `scheme://authority/path`, which is what the cheap string functions rely on.
"""

from __future__ import annotations

import re

import ada_url

from crawler.errors import UrlError

_SHOWN = 200  # characters of a URL in an error's message
_HALF = re.compile("[\ud800-\udfff]")


def canonical(url: str) -> str:
    """Return an absolute http(s) URL in canonical form.

    Half a character (a lone surrogate) counts as U+FFFD, as where the standard takes a text for a URL.
    Raises UrlError, naming the URL and what is wrong with it.
    """
    try:
        href = ada_url.normalize_url(url)
    except ValueError:
        if _HALF.search(url):
            return canonical(_HALF.sub("\ufffd", url))
        raise UrlError(f"{_shown(url)} is not an absolute URL, such as https://example.com/") from None
    if not is_web(href):
        raise UrlError(f"{_shown(url)} is not fetched: only http and https URLs are")
    return href.partition("#")[0]


def join(base: str, href: str) -> str | None:
    """Return `href` resolved against `base`, in canonical form; None when it is not a URL at all.

    The result may have any scheme: `is_web` tells whether it can be fetched. Never raises.
    """
    try:
        return ada_url.join_url(base, href).partition("#")[0]
    except ValueError:
        whole = _HALF.sub("\ufffd", href)
        return None if whole == href else join(base, whole)


def is_web(url: str) -> bool:
    """Say whether a canonical URL has the scheme http or https."""
    return url.startswith(("http://", "https://"))


def origin_of(url: str) -> str:
    """Return scheme, host and port of a canonical URL: `https://example.com:8443`."""
    scheme, _, rest = url.partition("://")
    authority = rest.partition("/")[0].partition("?")[0]
    return f"{scheme}://{authority.rpartition('@')[2]}"


def without_login(url: str) -> tuple[str, str]:
    """Return a canonical URL without user and password, and those two as they stood: `user:password`."""
    if "@" not in url:
        return url, ""
    scheme, _, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    login, at, host = authority.rpartition("@")
    return (f"{scheme}://{host}{slash}{path}", login) if at else (url, "")


def host_of(url: str) -> str:
    """Return the host name of a canonical URL, without port and user: `example.com`, `[::1]`."""
    authority = url.partition("://")[2].partition("/")[0].partition("?")[0].rpartition("@")[2]
    host, colon, port = authority.rpartition(":")
    return host if colon and port.isdigit() else authority


def directory_of(url: str) -> str:
    """Return a canonical URL up to the last slash of its path: what relative links are joined to."""
    path = url.partition("?")[0]
    return path[: path.rindex("/") + 1]


def _shown(url: str) -> str:
    return repr(url) if len(url) <= _SHOWN else f"{url[:_SHOWN]!r}..."
