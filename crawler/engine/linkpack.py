"""What a callback yielded to be followed, as bytes, so that it can be followed again without the page."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import msgspec

from crawler.model import Links, Request

_LINKS, _REQUEST = 0, 1


def pack(outputs: Sequence[Any]) -> bytes | None:
    """Return links and requests as bytes, before anybody has changed them; None where that cannot be.

    Args:
        outputs: what a callback yielded; items are left out.
    """
    packed: list[Any] = []
    for output in outputs:
        if type(output) is Links:
            hrefs = output.hrefs if output.data else list(dict.fromkeys(output.hrefs))
            packed.append((_LINKS, msgspec.structs.replace(output, hrefs=hrefs)))
        elif isinstance(output, Request):
            packed.append((_REQUEST, *_parts(output)))
    if not packed:
        return b""
    try:
        return zlib.compress(msgspec.msgpack.encode(packed), 1)
    except (TypeError, ValueError, OverflowError, RecursionError):  # data that the callback will be told of
        return None


def unpack(links: bytes) -> list[Links | Request]:
    """Return what was packed."""
    packed = msgspec.msgpack.decode(zlib.decompress(links)) if links else []
    return [
        msgspec.convert(values[0], Links) if kind == _LINKS else _request(*values) for kind, *values in packed
    ]


def _parts(request: Request) -> tuple[Any, ...]:
    own_key = request.key == request._own_key()
    return (
        request.url,
        request.callback,
        request.method,
        request.headers,
        request.body,
        request.data,
        request.priority,
        None if own_key else request.key,
        request.accept,
        request.again,
        request.on_error,
    )


def _request(
    url: str,
    callback: str,
    method: str,
    headers: dict[str, str],
    body: bytes,
    data: Any,
    priority: int,
    key: str | None,
    accept: Sequence[int],
    again: bool,
    on_error: str | None,
) -> Request:
    return Request(
        url,
        callback,
        method=method,
        headers=headers,
        body=body,
        data=data,
        priority=priority,
        key=key,
        accept=tuple(accept),
        again=again,
        on_error=on_error,
    )
