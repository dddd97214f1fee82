"""What aiohttp and the decoder raise, as fetch errors: one table."""

from __future__ import annotations

import aiohttp
from yarl import URL

from crawler.errors import (
    BadBody,
    BodyBomb,
    BodyError,
    BodyTooLarge,
    Bomb,
    ConnectFailed,
    Disconnected,
    FetchError,
    NameNotFound,
    ProtocolError,
    ReadTimeout,
    TooLarge,
    TotalTimeout,
)
from crawler.fetch.limits import Limits

# The first row that fits counts, so a subclass stands above its parent.
_TABLE: tuple[tuple[type[Exception], type[FetchError], str], ...] = (
    (aiohttp.SocketTimeoutError, ReadTimeout, "the server sent nothing for {limits.read:g} s"),
    (TimeoutError, TotalTimeout, "not complete within {limits.total:g} s"),
    (aiohttp.ClientConnectorDNSError, NameNotFound, "the name has no address: {cause}"),
    (aiohttp.ClientConnectorError, ConnectFailed, "{cause}"),
    (aiohttp.ServerDisconnectedError, Disconnected, "the server closed the connection without an answer"),
    (aiohttp.ClientPayloadError, Disconnected, "the connection ended before the body did"),
    (aiohttp.ClientResponseError, ProtocolError, "the answer is not HTTP: {cause}"),
    (aiohttp.ClientOSError, Disconnected, "the connection broke: {cause}"),
    (aiohttp.ClientConnectionError, Disconnected, "the connection was closed"),
    (aiohttp.ClientError, ProtocolError, "{cause}"),
    (Bomb, BodyBomb, "{cause}"),
    (TooLarge, BodyTooLarge, "the body has {cause}"),
    (BodyError, BadBody, "the body cannot be decoded: {cause}"),
    (ValueError, ProtocolError, "the request cannot be sent: {cause}"),
)

#: The errors that `translate` knows; anything else is a bug and stays as it is.
FOREIGN = tuple(row[0] for row in _TABLE)


def translate(error: Exception, url: URL, limits: Limits) -> FetchError:
    """Return the fetch error for one of the FOREIGN errors; raise it `from` the original."""
    _, ours, text = next(row for row in _TABLE if isinstance(error, row[0]))
    message = text.format(limits=limits, cause=_cause(error))
    return ours(f"{url.host_port_subcomponent or url}: {message}")


def _cause(error: Exception) -> str:
    """Return what an error says, on one short line."""
    if isinstance(error, aiohttp.ClientConnectorError):
        error = error.os_error
    if isinstance(error, aiohttp.ClientResponseError):
        text = error.message
    elif isinstance(error, OSError) and error.strerror:
        text = error.strerror
    else:
        text = str(error)
    line = " ".join(text.split())
    return (line or type(error).__name__)[:200]
