"""What a worker is given and gives back, as data: items, links, requests, pages, failures.

Each value travels with a tag that says what it is, and items with the place of their class. Nothing is
run to read it but what msgspec does, so that a worker can send what it likes.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
from multidict import CIMultiDict

from crawler.encode import mended
from crawler.errors import CrawlerError
from crawler.forms import Form, foreign, form_of
from crawler.model import Dropped, Failure, Links, Reason, Request, Response
from crawler.model.items import NamedItem, is_item_type
from crawler.offload.process.unsendable import Unsendable, unsendable
from crawler.page import Page
from crawler.stages import Batch

_PLAIN, _DICT, _NAMED, _ITEM, _LINKS, _REQUEST, _DROPPED, _FAILURE, _PAGE, _MANY, _BATCH = range(11)

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
        self._place = place
        self._find = find
        self._forms: dict[type, Form] = {}
        self._places: dict[type, Any] = {}
        self._encoder = msgspec.msgpack.Encoder(enc_hook=foreign)
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
            packed = (around, [self._pack(value) for value in values])
            try:
                return self._encoder.encode(packed)
            except UnicodeEncodeError:  # half a character, as scripts and cut-off APIs leave them
                plain = msgspec.to_builtins(packed, enc_hook=foreign, builtin_types=(bytes, datetime))
                return self._encoder.encode(mended(plain))
        except _CANNOT as error:
            raise unsendable(values, error, self._encoder.encode) from error
        except CrawlerError as error:
            raise Unsendable(str(error)) from error

    def encode_call(self, name: str, argument: Any) -> tuple[bytes, bytes]:
        """Return head and body of a call. Raises Unsendable."""
        body = argument.response.body if type(argument) is Page else b""
        return self.encode(name, [argument]), body

    def unpack(self, parts: list[Part], body: bytes = b"") -> list[Any]:
        """Return the values; `body` is that of a page among them.

        Raises ValueError or TypeError for what is not what its tag says, and what `find` raises.
        """
        return [self._unpack(part, body) for part in parts]

    def _pack(self, value: Any) -> Sent:
        kind = type(value)
        if kind is dict or kind is str:
            return _PLAIN, None, value
        if kind is NamedItem:
            return _NAMED, value.name, value
        if kind is Links:
            return _LINKS, None, value
        if kind is Request:
            return _REQUEST, None, _data_of(value)
        if kind is Dropped:
            return _DROPPED, None, value
        if kind is Page:
            return _PAGE, None, _page_data(value)
        if kind is Failure:
            return _FAILURE, None, _FailureData(_data_of(value.request), value.reason, value.detail)
        if kind is Batch:
            return _BATCH, value.id, [self._pack(one) for one in value]
        if isinstance(value, list | tuple):
            return _MANY, None, [self._pack(one) for one in value]
        if not is_item_type(kind):
            return _PLAIN, None, value
        if issubclass(kind, dict):
            return _DICT, self._place_of(kind), value
        return _ITEM, self._place_of(kind), self._form(kind).pack(value)

    def _unpack(self, part: Part, body: bytes) -> Any:
        tag, data = part.tag, part.data
        if tag == _ITEM:
            return self._form(self._find(part.what)).unpack(data)
        if tag == _LINKS:
            return self._links.decode(data)
        if tag == _PLAIN:
            return msgspec.msgpack.decode(data)
        if tag == _REQUEST:
            return _request_of(self._request.decode(data))
        if tag == _DROPPED:
            return self._dropped.decode(data)
        if tag == _PAGE:
            found = self._page.decode(data)
            request, headers = _request_of(found.request), CIMultiDict(found.headers)
            return Page(Response(request, found.status, headers, body, len(body)), guarded=False)
        if tag == _FAILURE:
            failed = self._failure.decode(data)
            return Failure(_request_of(failed.request), failed.reason, failed.detail)
        if tag == _NAMED:
            return NamedItem(str(part.what), msgspec.msgpack.decode(data, type=dict))
        if tag == _DICT:
            return _dict_of(self._find(part.what), msgspec.msgpack.decode(data, type=dict))
        if tag in (_MANY, _BATCH):
            values = self.unpack(self._parts.decode(data))
            return Batch(values, str(part.what)) if tag == _BATCH else values
        raise ValueError(f"there is no value with tag {tag}")

    def _place_of(self, kind: type) -> Any:
        place = self._places.get(kind)
        if place is None:
            place = self._places[kind] = self._place(kind)
        return place

    def _form(self, kind: type) -> Form:
        form = self._forms.get(kind)
        if form is None:
            form = self._forms[kind] = form_of(kind)
        return form


def _page_data(page: Page) -> _PageData:
    response = page.response
    headers = [(str(name), value) for name, value in response.headers.items()]  # names are a kind of str
    return _PageData(_data_of(response.request), response.status, headers)


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
