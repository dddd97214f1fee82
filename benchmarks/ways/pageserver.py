#!/usr/bin/env python3
"""A web server that answers late and costs little: what stands for a far host on loopback.

    python benchmarks/ways/pageserver.py [--latency 50]

Serves `/robots.txt`, which allows everything, and `/page/N` for any number N: 10 KB of HTML, the same but
for its number. Every answer comes so many milliseconds after its request. It prints its address, and for each
`/cost` it is asked, the CPU seconds it has used, as text. It ends when its input does.
"""

import argparse
import asyncio
import json
import resource
import sys
from functools import partial
from typing import cast

import uvloop

WORDS = "The quick brown fox jumps over the lazy dog, and page {number} says so again and again. "
SIZE = 10_000  # bytes of a page, about
DIGITS = 8  # a page's number takes so many places, so that all pages are of one length


def _answer(body: bytes, kind: str) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}; charset=utf-8\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _page() -> tuple[bytes, bytes]:
    """A page's answer before its number, and after it."""
    mark = "#" * DIGITS
    text = "".join(f"<p>{WORDS.format(number='this')}</p>\n" for _ in range(SIZE // (len(WORDS) + 8)))
    page = f"<!doctype html>\n<title>Page {mark}</title>\n<h1>A page</h1>\n{text}"
    before, _, after = _answer(page.encode(), "text/html").partition(mark.encode())
    return before, after


class Counted:
    """How many answers there were."""

    answers = 0


class Late(asyncio.Protocol):
    """One connection: each request is answered when its time has come.

    Args:
        seconds: from a request to its answer.
        counted: counts the answers of all connections.
    """

    before, after = _page()
    robots = _answer(b"User-agent: *\nAllow: /\n", "text/plain")

    def __init__(self, seconds: float, counted: Counted) -> None:
        self._seconds = seconds
        self._counted = counted
        self._call_later = asyncio.get_running_loop().call_later
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection's way out."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is not derived from it

    def data_received(self, data: bytes) -> None:
        """Take the requests that are complete; they have no bodies."""
        *heads, self._rest = (self._rest + data).split(b"\r\n\r\n")
        for head in heads:
            path = head[4 : head.index(b" ", 4)]
            self._call_later(self._seconds, self._answer, path)

    def _answer(self, path: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(self._answer_to(path))

    def _answer_to(self, path: bytes) -> bytes:
        self._counted.answers += 1
        if path.startswith(b"/page/"):
            return self.before + path[6:].rjust(DIGITS, b"0") + self.after
        if path == b"/cost":
            used = resource.getrusage(resource.RUSAGE_SELF)
            cost = [self._counted.answers, used.ru_utime + used.ru_stime]
            return _answer(json.dumps(cost).encode(), "application/json")
        return self.robots


async def serve(seconds: float) -> None:
    """Serve on a free port of loopback until the input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(partial(Late, seconds, Counted()), "127.0.0.1", 0, backlog=1024)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    async with server:
        await loop.run_in_executor(None, sys.stdin.buffer.read)


def main() -> None:
    """Read the latency, serve."""
    parser = argparse.ArgumentParser(description="Serve pages that come late.")
    parser.add_argument("--latency", type=float, default=50, help="milliseconds (default: 50)")
    given = parser.parse_args()
    uvloop.run(serve(given.latency / 1000))


if __name__ == "__main__":
    main()
