"""One request as it came, and the connection to answer on, byte by byte as an attack wants it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass

from .record import Hit
from .world import World

Header = tuple[str, str]
HTML: Header = ("Content-Type", "text/html; charset=utf-8")


@dataclass
class Ask:
    """A request, and the verbs to answer it.

    Attributes:
        times: how often its path has been asked for on this host; 1 for the first time.
        name: of the endpoint that the host is.
        asked: how many requests the host has had.
    """

    hit: Hit
    world: World
    times: int
    name: str
    asked: int
    writer: asyncio.StreamWriter
    keep: bool = True

    @property
    def path(self) -> str:
        return self.hit.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.hit.target.partition("?")[2]

    def trapped(self, most: int) -> bool:
        """Say whether the host has been asked more often than any trap should be."""
        return self.asked > most

    async def page(self, body: str | bytes = "", *headers: Header, status: str = "200 OK") -> None:
        """Answer in full, with a length; a page of HTML unless the headers say otherwise."""
        data = body.encode() if isinstance(body, str) else body
        named = {name.lower() for name, _ in headers}
        usual = [HTML] if "content-type" not in named else []
        self.over()  # before anything is sent: who asks again may have seen all of it
        self.head(status, *usual, *headers, ("Content-Length", str(len(data))))
        self.writer.write(data)
        await self.writer.drain()

    async def redirect(self, location: str, *headers: Header, status: int = 302) -> None:
        """Answer with a redirect; the location is sent as it is."""
        await self.page("moved", ("Location", location), *headers, status=f"{status} Found")

    def head(self, status: str, *headers: Header) -> None:
        """Write the status line and the headers."""
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers), "", ""]
        self.writer.write("\r\n".join(lines).encode("utf-8", "surrogateescape"))

    async def send(self, data: bytes | str) -> None:
        """Write bytes as they are; waits while the other side takes none."""
        self.writer.write(data.encode() if isinstance(data, str) else data)
        await self.writer.drain()

    async def chunks(self, data: Iterable[bytes]) -> None:
        """Write chunks of the chunked coding, without the last one."""
        for piece in data:
            await self.send(b"%x\r\n%s\r\n" % (len(piece), piece))

    async def pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def breathe(self) -> None:
        """Leave the processor to others in the short run, where attacks go on beside each other."""
        await asyncio.sleep(0 if self.world.long else 0.05)

    async def silence(self) -> None:
        """Say nothing more, until the other side goes away."""
        await asyncio.sleep(3600)

    def over(self) -> None:
        """Note that the answer has been given."""
        self.hit.ended = time.monotonic()

    def hang_up(self, *, rudely: bool = False) -> None:
        """End the connection after this; rudely: what is unsent is lost."""
        self.keep = False
        self.over()
        if rudely:
            self.writer.transport.abort()
