"""What a worker is given and gives back, as data: items, links, requests, pages, failures.

Each travels with a tag that says what it is. Nothing is run to read it but what msgspec does, so that a
worker can send what it likes.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
from multidict import CIMultiDict

from crawler.encode import mended
from crawler.errors import CrawlerError
from crawler.executors.process.unsendable import Unsendable, unsendable
from crawler.executors.process.values import Values
from crawler.model import Dropped, Failure, File, Links, Reason, Request, Response
from crawler.page import Page
from crawler.stages import Batch

_VALUE, _LINKS, _REQUEST, _DROPPED, _FAILURE, _PAGE, _MANY, _BATCH = range(8)

# What msgspec raises for what it cannot encode.
_CANNOT = (TypeError, ValueError, OverflowError, RecursionError, NotImplementedError)

Sent = tuple[int, Any, Any]


class Part(msgspec.Struct, array_like=True, frozen=True):
    """One value: its tag, the place of its class or its name, and its data."""

    tag: int
    what: Any
    data: msgspec.Raw


class RequestData(msgspec.Struct, omit_defaults=True):
    """A request's attributes; the key is left out where it is the URL."""

    url: str
    callback: str
    method: str = "GET"
    headers: dict[str, str] = {}
    body: bytes = b""
    data: Any = None
    priority: int = 0
    key: str = ""
    accept: tuple[int, ...] = ()
    again: bool = False
    on_error: str | None = None
    depth: int = 0
    parent: str | None = None
    history: tuple[str, ...] = ()
    cookie_seen: bool = False


class _PageData(msgspec.Struct, array_like=True):
    request: RequestData
    status: int
    headers: list[tuple[str, str]]
    body: bytes = b""  # of a page that is not what a call is about
    asked: str = ""
    file: File | None = None


class _FailureData(msgspec.Struct, array_like=True):
    request: RequestData
    reason: Reason
    detail: str


class Wire:
    """Packs values and unpacks them.

    Args:
        place: returns where a class is found, as plain data; raises CrawlerError when it cannot be.
        find: returns the class that is there; raises CrawlerError.
    """

    def __init__(self, place: Callable[[type], Any], find: Callable[[Any], type]) -> None:
        self._values = Values(place, find)
        self._mending = Values(place, find, mend=True)
        self._encoder = msgspec.msgpack.Encoder()
        self._parts = msgspec.msgpack.Decoder(list[Part])
        self._links = msgspec.msgpack.Decoder(Links)
        self._dropped = msgspec.msgpack.Decoder(Dropped)
        self._request = msgspec.msgpack.Decoder(RequestData)
        self._failure = msgspec.msgpack.Decoder(_FailureData)
        self._page = msgspec.msgpack.Decoder(_PageData)

    def encode(self, around: Any, values: list[Any]) -> bytes:
        """Return `around` and the packed values in msgpack, as an array of two.

        Raises Unsendable, saying which value is to blame and where in it.
        """
        try:
            try:
                return self._encoded(around, values)
            except UnicodeEncodeError:  # half a character, as scripts and cut-off APIs leave them
                return self._encoded(_whole(around), values, mend=True)
        except _CANNOT as error:
            raise unsendable(values, error, lambda one: self._encoded("", [one], mend=True)) from error
        except CrawlerError as error:
            raise Unsendable(str(error)) from error

    def _encoded(self, around: Any, values: list[Any], *, mend: bool = False) -> bytes:
        data = bytearray()
        # Where memory comes to its limit, `encode` has no error for it but a crash.
        self._encoder.encode_into((around, [self._pack(value, mend) for value in values]), data)
        return bytes(data)

    def encode_call(self, name: str, argument: Any) -> tuple[bytes, bytes]:
        """Return head and body of a call. Raises Unsendable."""
        if type(argument) is not Page:
            return self.encode(name, [argument]), b""
        try:
            return self.encode(name, [_Bodiless(argument)]), argument.response.body
        except Unsendable:
            self.encode(name, [argument])  # which names it as what it is
            raise

    def unpack(self, parts: list[Part], body: bytes = b"") -> list[Any]:
        """Return the values; `body` is that of a page among them.

        Raises ValueError or TypeError for what is not what its tag says, and what `find` raises.
        """
        return [self._unpack(part, body) for part in parts]

    def _pack(self, value: Any, mend: bool) -> Sent:
        kind = type(value)
        row = _DATA.get(kind)
        if row is not None:
            tag, data = row
            return tag, None, _whole(data(value)) if mend else data(value)
        if isinstance(value, Batch):
            return _BATCH, value.id, [self._pack(one, mend) for one in value]
        if kind in (list, tuple) and _holds_data(value):
            return _MANY, kind is tuple, [self._pack(one, mend) for one in value]
        return _VALUE, None, (self._mending if mend else self._values).pack(value)

    def _unpack(self, part: Part, body: bytes) -> Any:
        tag, data = part.tag, part.data
        if tag == _VALUE:
            return self._values.decode(data)
        if tag == _LINKS:
            return self._links.decode(data)
        if tag == _REQUEST:
            return _request_of(self._request.decode(data))
        if tag == _DROPPED:
            return self._dropped.decode(data)
        if tag == _PAGE:
            found = self._page.decode(data)
            request, headers = _request_of(found.request), CIMultiDict(found.headers)
            body = found.body or body
            page = Page(
                Response(request, found.status, headers, body, len(body), file=found.file), guarded=False
            )
            page.asked = found.asked
            return page
        if tag == _FAILURE:
            failed = self._failure.decode(data)
            return Failure(_request_of(failed.request), failed.reason, failed.detail)
        if tag in (_MANY, _BATCH):
            values = self.unpack(self._parts.decode(data))
            if tag == _BATCH:
                return Batch(values, str(part.what))
            return tuple(values) if part.what else values
        raise ValueError(f"there is no value with tag {tag}")


def _holds_data(values: Any) -> bool:
    """Say whether a page, or other data of ours, is among values, or in a list among them."""
    return any(type(one) in _DATA or (type(one) in (list, tuple) and _holds_data(one)) for one in values)


class _Bodiless:
    """A page whose body travels beside it, as it is."""

    __slots__ = ("page",)

    def __init__(self, page: Page) -> None:
        self.page = page


def _page_data(page: Page, body: bytes | None = None) -> _PageData:
    response = page.response
    headers = [(str(name), value) for name, value in response.headers.items()]  # names are a kind of str
    body = response.body if body is None else body
    return _PageData(_data_of(response.request), response.status, headers, body, page.asked, response.file)


def _data_of(request: Request) -> RequestData:
    return RequestData(
        request.url,
        request.callback,
        request.method,
        request.headers,
        request.body,
        request.data,
        request.priority,
        "" if request.key == request.url else request.key,
        request.accept,
        request.again,
        request.on_error,
        request.depth,
        request.parent,
        request.history,
        request.cookie_seen,
    )


def _request_of(data: RequestData) -> Request:
    """Return the request with these attributes."""
    request = Request.__new__(Request)
    for name in RequestData.__struct_fields__:
        setattr(request, name, getattr(data, name))
    request.key = data.key or data.url
    return request


def _dict_of(kind: type[dict[Any, Any]], values: dict[Any, Any]) -> Any:
    try:
        return kind(values)
    except TypeError:  # it wants something else first: a factory of defaults, say
        made = kind.__new__(kind)
        dict.update(made, values)
        return made


def _failure_data(failure: Failure) -> _FailureData:
    return _FailureData(_data_of(failure.request), failure.reason, failure.detail)


def _whole(data: Any) -> Any:
    """Return data of ours as plain data without halves of characters."""
    return mended(msgspec.to_builtins(data, builtin_types=(bytes, datetime)))


# What is no value of a plugin's code: its tag, and what is sent of it.
_DATA: dict[type, tuple[int, Callable[[Any], Any]]] = {
    Links: (_LINKS, lambda links: links),
    Request: (_REQUEST, _data_of),
    Dropped: (_DROPPED, lambda dropped: dropped),
    Page: (_PAGE, _page_data),
    _Bodiless: (_PAGE, lambda bodiless: _page_data(bodiless.page, b"")),
    Failure: (_FAILURE, _failure_data),
}
