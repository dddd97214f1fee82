"""Faults between the server and the callback: names, connections, bodies, trees; and of what is started."""

from __future__ import annotations

import errno
import importlib
import os
import socket
from collections.abc import Callable
from typing import Any

from crawler.errors import BodyError
from crawler.testing.durability.faults.calls import Faults, place, replace
from crawler.testing.durability.faults.files import trouble


def tear_net(faults: Faults) -> None:
    """Put the hooks of all kinds of calls between the server and the callback in place."""
    # Named as text: only the fetcher knows its library, and only the page its parser.
    resolver, _, _ = place("aiohttp.connector", "DefaultResolver.resolve")
    resolver.resolve = _failing(faults, "resolve", resolver.resolve, _no_name)
    # A name is looked up for every new connection, so that there is more than one look.
    replace("crawler.fetch.connector", "_DNS_TTL", lambda _: 0)
    replace(
        "aiohappyeyeballs", "start_connection", lambda real: _failing(faults, "connect", real, _no_connection)
    )
    replace("aiohttp", "ClientResponse.start", lambda real: _failing(faults, "answer", real, _no_answer))
    replace("aiohttp", "StreamReader.readany", lambda real: _failing(faults, "read", real, _no_rest))
    replace("crawler.fetch.body", "decoder", lambda real: _decoder(faults, real))
    replace("crawler.page.page", "LexborHTMLParser", lambda real: _parser(faults, real))
    replace("anyio", "open_process", lambda real: _failing(faults, "spawn", real, _no_process))
    replace("threading", "Thread.start", lambda real: _thread(faults, real))


def _failing(
    faults: Faults, kind: str, real: Callable[..., Any], error: Callable[[int], BaseException]
) -> Callable[..., Any]:
    """Return a coroutine function that raises `error(call)` when its call is due."""

    async def failing(*args: Any, **kwargs: Any) -> Any:
        call = faults.due(kind)
        if call:
            raise faults.raised(error(call))
        return await real(*args, **kwargs)

    return failing


def _no_name(call: int) -> BaseException:
    if call % 2:
        return socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
    return socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def _no_connection(call: int) -> BaseException:
    return ConnectionRefusedError(errno.ECONNREFUSED, "Connect call failed ('127.0.0.1', 80)")


def _no_answer(call: int) -> BaseException:
    aiohttp = importlib.import_module("aiohttp")
    found: BaseException = aiohttp.ServerDisconnectedError()
    return found


def _no_rest(call: int) -> BaseException:
    aiohttp = importlib.import_module("aiohttp")
    found: BaseException = (
        aiohttp.ClientOSError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))
        if call % 2
        else aiohttp.ClientPayloadError("Response payload is not completed")
    )
    return found


def _no_process(call: int) -> BaseException:
    number = errno.EAGAIN if call % 2 else errno.ENOMEM
    return OSError(number, os.strerror(number))


def _decoder(faults: Faults, real: Callable[..., Any]) -> Callable[..., Any]:
    def decoder(*args: Any) -> Any:
        found = real(*args)
        call = faults.due("decode")
        if call:
            words = "damaged gzip data" if call % 2 else "truncated gzip data: it ends after 10 bytes"
            error = faults.raised(BodyError(words))

            def fails(*_: Any) -> Any:
                raise error

            for verb in ("feed", "steps") if call % 2 else ("finish",):
                setattr(found, verb, fails)
        return found

    return decoder


def _parser(faults: Faults, real: Callable[..., Any]) -> Callable[..., Any]:
    wrong = importlib.import_module("selectolax.lexbor").SelectolaxError

    def parser(*args: Any, **kwargs: Any) -> Any:
        call = faults.due("parse")
        if call:
            raise faults.raised(MemoryError() if call % 2 else wrong("Can't parse HTML."))
        return real(*args, **kwargs)

    return parser


def _thread(faults: Faults, real: Callable[..., Any]) -> Callable[..., Any]:
    def start(thread: Any) -> None:
        if faults.due("thread"):
            trouble(faults, errno.EAGAIN)
            raise faults.raised(RuntimeError("can't start new thread"))
        real(thread)

    return start
