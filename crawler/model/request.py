"""A request: what to fetch, which callback gets the page, and where the request came from."""

from __future__ import annotations

import json as stdlib_json
from base64 import b64encode
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass
from hashlib import blake2b
from types import ModuleType
from typing import Any
from urllib.parse import unquote_to_bytes, urlencode

from crawler.errors import SpiderError
from crawler.url import origin_of, without_login

_UNSET: Any = object()

#: The callback's name in a request for robots.txt: the engine reads the answer itself.
ROBOTS = "robots.txt"

#: A callback as spiders write it: a bound method (`self.parse`) or its name.
Callback = str | Callable[..., Any]


def callback_name(callback: Callback) -> str:
    """Return the name under which a spider's callback is stored.

    Requests are data that outlive the process, so a callback travels as a name.
    Raises SpiderError for a lambda, a partial or any function that is not a spider's method.
    """
    if isinstance(callback, str):
        return callback
    owner, name = getattr(callback, "__self__", None), getattr(callback, "__name__", "")
    if owner is None or isinstance(owner, ModuleType) or getattr(owner, name, None) != callback:
        raise SpiderError(
            f"a callback must be a method of the spider or its name, not {callback!r}; "
            "to hand values to a callback use data={...}"
        )
    return name


def _basic(login: str) -> str:
    """Return the value of an Authorization header for the login of a URL (RFC 7617)."""
    user, _, password = login.partition(":")
    return "Basic " + b64encode(unquote_to_bytes(user) + b":" + unquote_to_bytes(password)).decode()


def _of_body(header: str) -> bool:
    return header.lower().startswith("content-")


@dataclass(slots=True, init=False, repr=False)
class Request:
    """One page to fetch, as a spider yields it and as the frontier keeps it.

    Args:
        url: absolute http or https URL; a login in it (`https://user:password@host/`) becomes a header.
        callback: the spider's method (or its name) that gets the page.
        method: HTTP method.
        headers: headers to send besides the usual ones.
        body: bytes or text to send; `json` and `form` encode a body and name its type.
        data: anything msgpack can carry; arrives as `page.data`.
        priority: higher is fetched earlier within a host.
        key: what makes the request the same as another; default is method, URL and body.
        accept: statuses besides 2xx that the callback wants to see.
        again: fetch even if the same key was fetched before.
        on_error: callback that gets a `Failure` when the request is given up.

    Raises SpiderError when a callback cannot be named, or two kinds of body are given.
    """

    url: str
    callback: str
    method: str
    headers: dict[str, str]
    body: bytes
    data: Any
    priority: int
    key: str
    accept: tuple[int, ...]
    again: bool
    on_error: str | None
    depth: int
    parent: str | None
    history: tuple[str, ...]
    cookie_seen: bool

    def __init__(
        self,
        url: str,
        callback: Callback = "parse",
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes | str = b"",
        json: Any = _UNSET,
        form: Mapping[str, Any] | None = None,
        data: Any = None,
        priority: int = 0,
        key: str | None = None,
        accept: tuple[int, ...] = (),
        again: bool = False,
        on_error: Callback | None = None,
    ) -> None:
        self.url = url
        self.callback = callback if type(callback) is str else callback_name(callback)
        self.method = method.upper()
        self.headers = dict(headers) if headers else {}
        self.body = body.encode() if isinstance(body, str) else body
        if json is not _UNSET or form is not None:
            self._encode(json, form)
        self.data = data
        self.priority = priority
        self.key = key if key is not None else self._own_key()
        self.accept = accept
        self.again = again
        self.on_error = None if on_error is None else callback_name(on_error)
        self.depth = 0
        self.parent = None
        self.history = ()
        self.cookie_seen = False

    def __repr__(self) -> str:
        return f"<Request {self.method} {self.url} -> {self.callback}>"

    def _encode(self, json: Any, form: Mapping[str, Any] | None) -> None:
        if self.body or (json is not _UNSET and form is not None):
            raise SpiderError(f"{self.url}: give one of body, json and form, not several")
        if form is not None:
            self.body = urlencode(form, doseq=True).encode()
            kind = "application/x-www-form-urlencoded"
        else:
            self.body = stdlib_json.dumps(json, ensure_ascii=False, separators=(",", ":")).encode()
            kind = "application/json"
        if not any(name.lower() == "content-type" for name in self.headers):
            self.headers["Content-Type"] = kind

    def _own_key(self) -> str:
        # The key of a plain GET is the URL itself: the very same string, so it costs no memory.
        if self.method == "GET" and not self.body:
            return self.url
        digest = blake2b(self.body, digest_size=12).hexdigest()
        return f"{self.method} {self.url} {digest}"

    @property
    def hops(self) -> int:
        """How many redirects led here."""
        return len(self.history)

    def at(self, url: str) -> Request:
        """Return self with its URL in canonical form; a key that was made from the URL follows it.

        A login in the URL becomes a header, which stays with the origin: links would inherit it otherwise.
        """
        own_key = self.key == self._own_key()
        self.url, login = without_login(url)
        if login and not any(name.lower() == "authorization" for name in self.headers):
            self.headers["Authorization"] = _basic(login)
        if own_key:
            self.key = self._own_key()
        return self

    def child_of(self, parent: Request, step: int = 1) -> Request:
        """Return self, marked as found on the page of `parent`, so many links deeper."""
        self.depth = parent.depth + step
        self.parent = parent.url
        return self

    def hop(self, url: str, *, keep_body: bool, cookie: bool = False) -> Request:
        """Return the request that follows a redirect to `url`.

        It inherits callback, data, priority, depth and history. Headers that the spider set go along
        only within the origin, since they may be secrets.

        Args:
            url: where the redirect leads, in canonical form.
            keep_body: whether method and body stay; else it becomes a GET without body.
            cookie: whether the redirecting answer set a cookie.
        """
        hop = copy(self)
        hop.url = url
        hop.history = (*self.history, self.url)
        hop.cookie_seen = self.cookie_seen or cookie
        home = origin_of(url) == origin_of(self.url)
        hop.headers = {name: value for name, value in self.headers.items() if home or _of_body(name)}
        if not keep_body and self.method != "HEAD":
            hop.method, hop.body = "GET", b""
            hop.headers = {name: value for name, value in hop.headers.items() if not _of_body(name)}
        hop.key = hop._own_key()
        return hop
