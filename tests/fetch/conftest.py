"""Loopback servers, certificates and both event loops for the tests of the fetch room."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any, NamedTuple

import pytest
import trustme
import uvloop

from crawler.fetch import HttpFetcher, Limits
from crawler.policy.address import AddressRule

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@dataclass
class Peer:
    """A running server: where it is, and what it has seen."""

    port: int
    scheme: str
    opened: int = 0
    heads: list[str] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    handlers: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    async def all_gone(self) -> None:
        """Wait until no handler is running any more: every connection has ended."""
        async with asyncio.timeout(5):
            while self.handlers:
                await asyncio.wait(self.handlers)


@asynccontextmanager
async def _serve(handler: Handler, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[Peer]:
    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def handle() -> None:
            try:
                await handler(reader, writer)
            except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                pass  # the client has left, or the test is over
            finally:
                writer.transport.abort()

        peer.opened += 1
        task = asyncio.ensure_future(handle())
        peer.handlers.add(task)
        task.add_done_callback(peer.handlers.discard)

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
    peer = Peer(server.sockets[0].getsockname()[1], "https" if tls else "http")
    try:
        yield peer
    finally:
        server.close()
        for task in peer.handlers:
            task.cancel()
        await asyncio.gather(*peer.handlers)


class Kit(NamedTuple):
    """What the tests work with."""

    serve: Callable[..., AbstractAsyncContextManager[Peer]]
    answering: Callable[..., AbstractAsyncContextManager[Peer]]
    fetcher: Callable[..., HttpFetcher]


def _answering(answer: bytes | Callable[[str], bytes], *, then: str = "next", tls: Any = None) -> Any:
    """Serve the same bytes, or what a function makes of the request's head, to every request.

    `then` says what comes after it: the "next" request, "close", "reset", or "stall".
    """

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            peer.heads.append(head)
            peer.asked.set()
            writer.write(answer if isinstance(answer, bytes) else answer(head))
            await writer.drain()
            if then == "stall":
                # The end of the connection is the only thing that may come.
                assert await reader.read() == b""
                return
            if then == "reset":
                sock = writer.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return
            if then == "close":
                writer.close()
                await writer.wait_closed()
                return

    peer: Peer

    @asynccontextmanager
    async def serve() -> AsyncIterator[Peer]:
        nonlocal peer
        async with _serve(handler, tls=tls) as peer:
            yield peer

    return serve()


def _fetcher(*, allow: tuple[str, ...] = ("127.0.0.0/8", "::1/128"), **options: Any) -> HttpFetcher:
    limits = {name: options.pop(name) for name in Limits.__struct_fields__ if name in options}
    options = {"user_agent": "test/1", "concurrency": 4, **options}
    return HttpFetcher(Limits(**limits), address=AddressRule([ip_network(net) for net in allow]), **options)


@pytest.fixture
def kit() -> Kit:
    return Kit(_serve, _answering, _fetcher)


@pytest.fixture(params=LOOPS)
def run(request: pytest.FixtureRequest) -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """Run a coroutine on one of the event loops; it must leave no descriptor open."""

    def run(main: Coroutine[Any, Any, Any]) -> Any:
        with asyncio.Runner(loop_factory=LOOPS[request.param]) as runner:
            runner.run(asyncio.sleep(0))  # uvloop opens a pipe for good with its first loop
        before = set(os.listdir("/proc/self/fd"))
        with asyncio.Runner(loop_factory=LOOPS[request.param]) as runner:
            result = runner.run(main)
        assert set(os.listdir("/proc/self/fd")) - before == set()
        return result

    return run


@pytest.fixture(scope="session")
def ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def client_tls(ca: trustme.CA) -> ssl.SSLContext:
    """A client's context that trusts the tests' own authority."""
    context = ssl.create_default_context()
    ca.configure_trust(context)
    return context


@pytest.fixture(scope="session")
def server_tls(ca: trustme.CA) -> Callable[[str], ssl.SSLContext]:
    """Make a server's context with a certificate for the name."""

    def make(name: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ca.issue_cert(name).configure_cert(context)
        return context

    return make
