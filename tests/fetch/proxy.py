"""A small real proxy on loopback, which notes what it is shown."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class SmallProxy:
    """A proxy for absolute-form requests and for CONNECT (RFC 9112, section 3.2; RFC 9110, 9.3.6).

    Args:
        auth: the Proxy-Authorization that it wants; empty for none.
        answer: what it answers to every request instead of doing it.
    """

    auth: str = ""
    answer: bytes = b""
    port: int = 0
    heads: list[str] = field(default_factory=list)
    through: list[bytes] = field(default_factory=list)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[SmallProxy]:
        """Serve, and end all that is still open."""
        server = await asyncio.start_server(self._begin, "127.0.0.1", self.port)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in self.tasks:
                task.cancel()
            await asyncio.gather(*self.tasks)

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def handle() -> None:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self._serve(reader, writer)
            writer.transport.abort()

        task = asyncio.ensure_future(handle())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            self.heads.append(head)
            if self.answer:
                writer.write(self.answer)
                await writer.drain()
                return
            if self.auth and f"Proxy-Authorization: {self.auth}\r\n" not in head:
                writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
                continue
            method, target, _ = head.split(" ", 2)
            if method == "CONNECT":
                await self._tunnel(target, reader, writer)
                return
            await self._forward(head, target, writer)

    async def _tunnel(self, target: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, _, port = target.rpartition(":")
        there, back = await asyncio.open_connection("127.0.0.1" if host.endswith(".test") else host, port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        try:
            await asyncio.gather(self._copy(reader, back), self._copy(there, writer))
        finally:
            back.transport.abort()

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            self.through.append(data)
            writer.write(data)
            await writer.drain()
        writer.close()

    async def _forward(self, head: str, target: str, writer: asyncio.StreamWriter) -> None:
        url = urlsplit(target)
        host = "127.0.0.1" if (url.hostname or "").endswith(".test") else url.hostname
        there, back = await asyncio.open_connection(host, url.port)
        lines = [line for line in head.splitlines()[1:] if not line.startswith("Proxy-")]
        back.write("\r\n".join([f"GET {url.path} HTTP/1.1", "Connection: close", *lines, "", ""]).encode())
        writer.write(await there.read())
        await writer.drain()
        back.transport.abort()
