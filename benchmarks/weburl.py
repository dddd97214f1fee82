"""Links as browsers resolve them: the http and https part of the WHATWG URL Standard, standard library only.

One thing differs: names of hosts that are not ASCII follow IDNA 2003, which Python has, instead of UTS #46.
"""

import ipaddress
import re
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

IGNORED_AROUND = "".join(map(chr, range(33)))
DEFAULT_PORTS = {"http": "80", "https": "443"}

# What each part percent-encodes.
QUERY = re.compile(r"""[^!-~]|["#<>']""")
PATH = re.compile(r"""[^!-~]|["#<>?^`{}]""")
USERINFO = re.compile(r"""[^!-~]|["#<>?^`{}/:;=@\[\\\]|]""")
FORBIDDEN_IN_HOSTS = re.compile(r"[\x00-\x20#/:<>?@\[\\\]^|%\x7f]")

SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):")
PARTS = re.compile(r"(https?)://([^/?]*)([^?]*)(\?.*)?", re.S)
DOT = re.compile(r"(\.|%2e)", re.I)


class Parts(NamedTuple):
    """A normalised URL, taken apart; the query keeps its question mark."""

    scheme: str
    authority: str
    path: str
    query: str


class Invalid(ValueError):
    """The standard calls this URL a failure."""


@dataclass(frozen=True)
class _Reference:
    """A link's own text after the scheme: what stands before and after the first question mark."""

    path: str
    query: str | None


def resolve(base: str, href: str) -> str | None:
    """The absolute http(s) URL a link leads to, without fragment.

    base: the URL of the document, as this function returns it. href: the attribute's value.
    Returns None for a link that leads elsewhere (mailto:, javascript:) or is no valid URL.
    """
    try:
        return _join(take_apart(base), _cleaned(href))
    except Invalid:
        return None


def normalise(url: str) -> str | None:
    """An absolute http(s) URL in its normal form without fragment, None when it is not one."""
    text = _cleaned(url)
    try:
        return _join(Parts("", "", "", ""), text) if SCHEME.match(text) else None
    except Invalid:
        return None


def take_apart(url: str) -> Parts:
    """The parts of a normalised http(s) URL."""
    found = PARTS.fullmatch(url)
    if not found:
        raise Invalid(url)
    return Parts(found[1], found[2], found[3], found[4] or "")


def _cleaned(href: str) -> str:
    return re.sub(r"[\t\n\r]", "", href.strip(IGNORED_AROUND)).partition("#")[0]


def _join(base: Parts, text: str) -> str | None:
    parts = _resolve(base, text)
    return f"{parts.scheme}://{parts.authority}{parts.path}{parts.query}" if parts else None


def _resolve(base: Parts, text: str) -> Parts | None:
    # Cases: another scheme; an authority of its own; the base's authority with a path of its own;
    # only a query; nothing at all.
    scheme, rest = base.scheme, text
    if found := SCHEME.match(text):
        scheme, rest = found[1].lower(), text[found.end() :]
        if scheme not in DEFAULT_PORTS:
            return None
    path, mark, query = rest.partition("?")
    reference = _Reference(path.replace("\\", "/"), _encode(query, QUERY) if mark else None)
    if scheme != base.scheme or reference.path.startswith("//"):
        return _with_authority(scheme, reference)
    suffix = "?" + reference.query if reference.query is not None else ""
    if reference.path.startswith("/"):
        return Parts(scheme, base.authority, _path(reference.path), suffix)
    if reference.path:
        folder = base.path.rpartition("/")[0]
        return Parts(scheme, base.authority, _path(f"{folder}/{reference.path}"), suffix)
    return Parts(scheme, base.authority, base.path, base.query if reference.query is None else suffix)


def _with_authority(scheme: str, reference: _Reference) -> Parts:
    authority, slash, path = reference.path.lstrip("/").partition("/")
    userinfo, at, host_and_port = authority.rpartition("@")
    found = re.fullmatch(r"(\[[^\]]*\]|[^:]*)(?::([0-9]*))?", host_and_port, re.S)
    if not found or int(found[2] or 0) > 65535:
        raise Invalid(authority)
    host, port = _host(found[1]), str(int(found[2])) if found[2] else ""
    if port and port != DEFAULT_PORTS[scheme]:
        host = f"{host}:{port}"
    if at:
        host = _credentials(userinfo) + host
    suffix = "" if reference.query is None else "?" + reference.query
    return Parts(scheme, host, _path(slash + path), suffix)


def _credentials(userinfo: str) -> str:
    name, _, password = userinfo.partition(":")
    name, password = _encode(name, USERINFO), _encode(password, USERINFO)
    if not name and not password:
        return ""
    return f"{name}:{password}@" if password else f"{name}@"


def _host(text: str) -> str:
    if text.startswith("["):
        if "%" in text:  # Python would read a zone, which URLs do not have
            raise Invalid(text)
        try:
            return f"[{ipaddress.IPv6Address(text[1:-1]).compressed}]"
        except ValueError as error:
            raise Invalid(text) from error
    host = unquote_to_bytes(text.encode("utf-8", "replace")).decode("utf-8", "replace")
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError as error:
            raise Invalid(text) from error
    host = host.lower()
    if not host or FORBIDDEN_IN_HOSTS.search(host):
        raise Invalid(text)
    last = host.removesuffix(".").rpartition(".")[2]
    return _ipv4(host) if re.fullmatch(r"[0-9]+|0x[0-9a-f]*", last) else host


def _ipv4(host: str) -> str:
    # One to four numbers, decimal, octal or hexadecimal; the last fills all remaining bytes.
    labels = host.removesuffix(".").split(".")
    try:
        numbers = [_number(label) for label in labels]
    except ValueError as error:
        raise Invalid(host) from error
    *front, last = numbers
    if len(numbers) > 4 or any(number > 255 for number in front) or last >= 256 ** (5 - len(numbers)):
        raise Invalid(host)
    value = last + sum(number * 256 ** (3 - place) for place, number in enumerate(front))
    return str(ipaddress.IPv4Address(value))


def _number(label: str) -> int:
    if label.startswith("0x"):
        return int(label[2:] or "0", 16)
    if not label.isdigit():
        raise ValueError(label)
    return int(label, 8 if len(label) > 1 and label.startswith("0") else 10)


def _path(text: str) -> str:
    kept: list[str] = []
    segments = text.split("/")[1:] or [""]
    for place, segment in enumerate(segments):
        dots = DOT.sub(".", segment)
        if dots == ".." and kept:
            kept.pop()
        if dots not in (".", ".."):
            kept.append(_encode(segment, PATH))
        elif place == len(segments) - 1:
            kept.append("")
    return "/" + "/".join(kept)


def _encode(text: str, outside: re.Pattern[str]) -> str:
    return outside.sub(_percent, text)


def _percent(character: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in character[0].encode("utf-8", "replace"))
