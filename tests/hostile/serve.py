"""The hostile server, in a process of its own: many hosts, addresses not to contact, names that lie.

    python -m tests.hostile.serve WORLD.json RECORD.json

Says "ready" once it listens, and writes down what it has observed when its standard input ends.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
import time
from collections import Counter
from contextlib import AsyncExitStack, suppress
from pathlib import Path

from .attacks.bombs import make_bombs
from .attacks.every import ENDPOINTS
from .names import answer_names
from .record import Hit, Record
from .table import Endpoint
from .wire import Ask
from .world import SENTINELS, World

_LONGEST = 120.0  # seconds that one attack goes on at most


class Talk(asyncio.StreamReaderProtocol):
    """A connection that says at once when the other side goes away, whatever its handler does."""

    def __init__(self, server: HostileServer) -> None:
        self._reader = asyncio.StreamReader(limit=2**20)
        super().__init__(self._reader, self._connected)
        self._server = server
        self._task: asyncio.Task[None] | None = None

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._task = asyncio.ensure_future(self._server.converse(reader, writer))

    def eof_received(self) -> bool | None:
        self._go()
        return super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self._go()
        super().connection_lost(exc)

    def _go(self) -> None:
        if self._task is not None:
            self._task.cancel()


class HostileServer:
    """Plays all hosts, and notes what it sees."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.record = Record()
        self._hosts = {address: ENDPOINTS[name] for name, address in world.addresses.items()}
        self._times: Counter[tuple[str, str]] = Counter()
        self._asked: Counter[str] = Counter()
        self._open: Counter[tuple[str, int]] = Counter()
        self._connections = itertools.count(1)

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        address, port = writer.get_extra_info("sockname")[:2]
        self.record.contacts.append((address, port))
        number = next(self._connections)
        try:
            if address in self._hosts:
                while await self._one(reader, writer, address, port, number):
                    pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # whoever asked has left
        finally:
            with suppress(RuntimeError):  # the loop is over
                writer.close()

    async def _one(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, address: str, port: int, number: int
    ) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        await asyncio.sleep(0)  # who has left by now is told so first
        hit = self._hit(head, address, port, number)
        length = int(hit.header("Content-Length") or 0)
        await reader.readexactly(length)
        place = (address, port)
        self._open[place] += 1
        endpoint = self._hosts[address]
        ask = Ask(hit, self.world, self._count(hit), endpoint.name, self._asked[address], writer)
        try:
            async with asyncio.timeout(_LONGEST):
                await self._answer(ask, endpoint)
                await writer.drain()
        except TimeoutError:
            ask.keep = False
        except (asyncio.CancelledError, ConnectionError):
            hit.left = not hit.ended
            raise
        finally:
            self._open[place] -= 1
            hit.ended = hit.ended or time.monotonic()
        return ask.keep

    def _hit(self, head: str, address: str, port: int, number: int) -> Hit:
        first, *lines = head[:-4].split("\r\n")
        method, target, _ = first.split(" ", 2)
        headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        now, others = time.monotonic(), self._open[address, port]
        hit = Hit(address, port, number, method, target, headers, now, others=others)
        self.record.hits.append(hit)
        return hit

    def _count(self, hit: Hit) -> int:
        key = (hit.address, hit.target.partition("?")[0])
        self._times[key] += 1
        self._asked[hit.address] += 1
        return self._times[key]

    async def _answer(self, ask: Ask, endpoint: Endpoint) -> None:
        """Answer as the host would: ordinary pages of its own, and the rest by its endpoint.

        An endpoint answers for robots.txt only when it says so.
        """
        path = ask.path
        if path == "/robots.txt":
            await (endpoint.answer(ask) if endpoint.robots else ask.page("", status="404 Not Found"))
        elif path == "/":
            links = "".join(f'<a href="{link}">there</a>' for link in (*endpoint.links, "/healthy"))
            await ask.page(f"<title>front</title>{links}")
        elif path == "/healthy":
            await ask.page("<title>healthy</title>")
        elif endpoint.robots:
            await ask.page("<title>page</title>")
        else:
            await endpoint.answer(ask)


async def main() -> None:
    """Listen, say so, and go on until standard input ends."""
    world, written = World.read(Path(sys.argv[1])), Path(sys.argv[2])
    server, loop = HostileServer(world), asyncio.get_running_loop()
    everywhere = ["0.0.0.0", "::"] if world.own else [*world.addresses.values(), *SENTINELS[:1]]
    ports = (world.port, world.second, 80) if world.own else (world.port, world.second)
    async with AsyncExitStack() as stack:
        for address, port in itertools.product(everywhere, ports):
            listening = await loop.create_server(lambda: Talk(server), address, port, backlog=200)
            stack.callback(listening.close)
        if world.own:
            stack.callback((await answer_names(world, server.record)).close)
        make_bombs(world)
        print("ready", flush=True)
        await loop.run_in_executor(None, sys.stdin.read)
        server.record.write(written)


if __name__ == "__main__":
    asyncio.run(main())
