"""Descriptors run out: fetching pauses, says so once, and no page fails."""

from __future__ import annotations

import asyncio
import errno
import resource
import socket
import subprocess
import sys
from typing import Any

import pytest

from crawler.events import Event, FetchPaused
from crawler.fetch.shortage import is_short
from crawler.model import Request

HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


def lowest_free() -> int:
    with socket.socket() as newest:
        return newest.fileno()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_fetch_without_descriptors_waits_for_some(kit: Any, run: Any, host: str) -> None:
    async def main() -> None:
        told: list[Event] = []
        async with kit.answering(HELLO) as peer, kit.fetcher(tell=told.append) as fetcher:
            await asyncio.to_thread(socket.getaddrinfo, "localhost", 80)  # what it loads, it keeps open
            limits = resource.getrlimit(resource.RLIMIT_NOFILE)
            resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free(), limits[1]))
            url = f"http://{host}:{peer.port}/"
            try:
                tasks = [asyncio.create_task(fetcher.fetch(Request(url))) for _ in range(3)]
                while not told:
                    await asyncio.sleep(0.01)
                await asyncio.sleep(0.5)  # some more attempts
                assert not any(task.done() for task in tasks)
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, limits)
            assert [(await task).body for task in tasks] == [b"hello"] * 3
            assert told == [FetchPaused("too many open files")]

    run(main())


def test_idle_connections_are_closed_first(kit: Any, run: Any) -> None:
    async def main() -> None:
        async with kit.answering(HELLO) as one, kit.answering(HELLO) as two, kit.fetcher() as fetcher:
            await fetcher.fetch(Request(one.url))  # whose connection is kept
            limits = resource.getrlimit(resource.RLIMIT_NOFILE)
            # Both ends of a connection are in this process.
            resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free(), limits[1]))
            try:
                assert (await fetcher.fetch(Request(two.url))).body == b"hello"
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, limits)

    run(main())


def test_a_waiting_fetch_can_be_cancelled(kit: Any, run: Any) -> None:
    async def main() -> None:
        told: list[Event] = []
        async with kit.answering(HELLO) as peer, kit.fetcher(tell=told.append) as fetcher:
            limits = resource.getrlimit(resource.RLIMIT_NOFILE)
            resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free(), limits[1]))
            try:
                first, second = (asyncio.create_task(fetcher.fetch(Request(peer.url))) for _ in range(2))
                while not told:
                    await asyncio.sleep(0.01)
                first.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await first
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, limits)
            assert (await second).body == b"hello"

    run(main())


def address(host: str) -> Any:
    return (socket.AF_INET, socket.SOCK_STREAM, 0, "", (host, 80))


@pytest.mark.parametrize(
    ("error", "short"),
    [
        (OSError(errno.EMFILE, ""), True),
        (OSError(errno.ENFILE, ""), True),
        (OSError(errno.ENOBUFS, ""), True),
        (OSError(errno.ECONNREFUSED, ""), False),
        (OSError("several errors"), False),
        (socket.gaierror(socket.EAI_NONAME, "no such name"), False),
        (OSError(errno.EADDRNOTAVAIL, ""), True),
    ],
)
def test_which_errors_are_a_shortage(error: OSError, short: bool) -> None:
    assert is_short(error, [address("127.0.0.1")]) is short


def test_an_address_that_this_machine_cannot_reach_is_no_shortage_of_ports() -> None:
    # A link-local address without its link: there is no way to it, whichever port is used.
    nowhere: Any = (socket.AF_INET6, socket.SOCK_STREAM, 0, "", ("fe80::1", 80, 0, 0))
    assert not is_short(OSError(errno.EADDRNOTAVAIL, ""), [nowhere])
    assert not is_short(OSError(errno.EADDRNOTAVAIL, ""))


_CRAWL = """
import asyncio, resource, socket, sys
from crawler import Crawl, Page, Request, Spider
from crawler.events import FetchPaused, Visited

class Many(Spider):
    async def starts(self):
        for number in range(60):
            yield Request(f"http://127.0.0.1:{sys.argv[1]}/{number}")
    async def parse(self, page: Page):
        yield {"path": page.url.rpartition("/")[2]}

events = []
async def main():
    crawl = Crawl(
        Many(),
        fetch={"allow": ["127.0.0.1"], "concurrency": 20},
        politeness={"delay": 0, "robots": False, "retries": 0, "per_host": 100},
        scope={"hosts": ["127.0.0.1"]},
        listeners=[events.append],
    )
    async with crawl:
        found = {item["path"] async for item in crawl.items()}
    paused = sum(isinstance(event, FetchPaused) for event in events)
    wrong = [str(e.outcome) for e in events if isinstance(e, Visited) and e.outcome.reason != "ok"]
    print(len(found), paused, wrong)

with asyncio.Runner() as runner:
    runner.run(asyncio.sleep(0))  # with what it keeps open
    with socket.socket() as newest:
        few = newest.fileno() + 10
    resource.setrlimit(resource.RLIMIT_NOFILE, (few, few))
    runner.run(main())
"""


def test_a_crawl_with_few_descriptors_fetches_every_page(kit: Any) -> None:
    peer: Any = None

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await reader.readuntil(b"\r\n\r\n")
            # All descriptors are in use for a while, and there is much more to ask for.
            while peer.opened < 8:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.3 if peer.opened < 12 else 0.01)
            writer.write(HELLO)

    async def main() -> str:
        nonlocal peer
        async with kit.serve(slow) as peer:
            child = await asyncio.create_subprocess_exec(
                sys.executable, "-c", _CRAWL, str(peer.port), stdout=subprocess.PIPE
            )
            out, _ = await asyncio.wait_for(child.communicate(), 60)
        return out.decode()

    assert asyncio.run(main()) == "60 1 []\n"
