"""A loop whose clock jumps, and mirrors on real sockets that keep a log."""

from __future__ import annotations

import asyncio
import json
import selectors
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Any

import pytest


class _Jumping(selectors.DefaultSelector):
    """Waits for nothing: when no file is ready, the time has come."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        assert timeout is not None, "everybody waits, and nothing will ever happen"
        ready = super().select(0)
        if not ready:
            self.now += max(timeout, 0.0)
        return ready


class _JumpingLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now


@pytest.fixture(scope="session")
def virtually() -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """Run a coroutine on asyncio, in a time that passes as soon as everybody waits for it."""

    def run(main: Coroutine[Any, Any, Any]) -> Any:
        async def whole() -> Any:
            try:
                return await main
            finally:
                assert asyncio.all_tasks() == {asyncio.current_task()}

        with asyncio.Runner(loop_factory=_JumpingLoop) as runner:
            return runner.run(whole())

    return run


@dataclass(frozen=True)
class Mirrors:
    """Servers in a process of their own; each URL says after how many seconds, and what, it answers."""

    ports: list[int]

    def url(self, mirror: int, seconds: float, status: int = 200, name: str = "x") -> str:
        return f"http://127.0.0.1:{self.ports[mirror]}/{name}/{seconds}/{status}"

    async def log(self, name: str) -> dict[int, dict[str, float]]:
        """What each mirror saw of the requests of this name: when they were asked, answered and left."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.ports[0])
        writer.write(f"GET /log/{name} HTTP/1.1\r\n\r\n".encode())
        told = (await reader.read()).partition(b"\r\n\r\n")[2]
        writer.close()
        await writer.wait_closed()
        return {int(mirror): times for mirror, times in json.loads(told).items()}


_SERVE = """
import asyncio, json, sys, time

LOG = {}

class Mirror(asyncio.Protocol):
    def __init__(self, number):
        self.number, self.seen, self.timer = number, None, None

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        path = data.split()[1].decode()
        if path == "/robots.txt":
            self.transport.write(b"HTTP/1.1 404 Not Found\\r\\nContent-Length: 0\\r\\n\\r\\n")
            return
        name, *rest = path[1:].split("/")
        if name == "log":
            body = json.dumps(LOG.get(rest[0], {})).encode()
            self.transport.write(b"HTTP/1.1 200 OK\\r\\nConnection: close\\r\\n\\r\\n" + body)
            self.transport.close()
            return
        self.seen = LOG.setdefault(name, {}).setdefault(self.number, {"asked": time.monotonic()})
        self.timer = asyncio.get_running_loop().call_later(float(rest[0]), self.answer, int(rest[1]))

    def answer(self, status):
        self.seen["answered"] = time.monotonic()
        if not status:
            self.transport.abort()
            return
        body = b"mirror %d" % self.number
        head = b"HTTP/1.1 %d X\\r\\nContent-Type: text/plain\\r\\nContent-Length: %d\\r\\n\\r\\n"
        self.transport.write(head % (status, len(body)) + body)

    def connection_lost(self, error):
        if self.timer is not None:
            self.timer.cancel()
        if self.seen is not None:
            self.seen["left"] = time.monotonic()

async def main():
    loop = asyncio.get_running_loop()
    servers = []
    for number in range(4):
        servers.append(await loop.create_server(lambda number=number: Mirror(number), "127.0.0.1", 0))
    print(json.dumps([server.sockets[0].getsockname()[1] for server in servers]), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)

asyncio.run(main())
"""


@pytest.fixture(scope="session")
def mirrors() -> Iterator[Mirrors]:
    server = subprocess.Popen(
        [sys.executable, "-c", _SERVE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert server.stdin is not None
    assert server.stdout is not None
    try:
        yield Mirrors(json.loads(server.stdout.readline()))
    finally:
        server.stdin.close()
        server.stdout.close()
        server.wait(10)
