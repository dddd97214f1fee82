"""What several tests share: event loops to run on, and a look at what a crawl leaves behind."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from unittest.mock import Mock

import aioresponses.core
import pytest
import uvloop
from aiohttp import ClientResponse, StreamReader
from aiohttp.client_proto import ResponseHandler
from aioresponses import aioresponses as mocked

T = TypeVar("T")
RunOn = Callable[[Coroutine[Any, Any, T]], T]

# Who runs the tests in the background may have told them to ignore these, and with them all that they start.
for _number, _handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, _handler)

LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.fixture(params=LOOPS)
def run_on(request: pytest.FixtureRequest) -> RunOn[Any]:
    """Run a coroutine to its end, once on asyncio's own loop and once on uvloop."""

    def run(main: Coroutine[Any, Any, T]) -> T:
        with asyncio.Runner(loop_factory=LOOPS[request.param]) as runner:
            return runner.run(main)

    return run


@contextmanager
def nothing_left() -> Iterator[None]:
    """Fail when the block leaves a task, a thread, or an open file or socket behind."""
    gc.collect()
    tasks, threads, files = asyncio.all_tasks(), set(threading.enumerate()), _open_files()
    yield
    assert asyncio.all_tasks() - tasks == set()
    assert {thread for thread in threading.enumerate() if not _goes(thread)} - threads == set()
    gc.collect()
    assert _open_files() - files == set()


def _goes(thread: threading.Thread) -> bool:
    """Say whether a thread is asyncio's own, of Python 3.11, that waits for a process: it ends with that."""
    if not thread.name.startswith("asyncio-waitpid-"):
        return False
    thread.join(timeout=10)
    return not thread.is_alive()


def _open_files() -> set[tuple[str, str]]:
    found = set()
    for number in os.listdir("/proc/self/fd"):
        try:
            found.add((number, os.readlink(f"/proc/self/fd/{number}")))
        except FileNotFoundError:
            continue  # the descriptor of the listing itself
    # With its first stream, uvloop's loop opens /dev/null, to have a descriptor to spare.
    return {(number, name) for number, name in found if name != "/dev/null"}


@pytest.fixture(scope="module")
def what_was_there() -> Iterator[None]:
    """Leave alone what thousands of tests have loaded: a look at all of it takes a tenth of a second."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(name="nothing_left")
def _nothing_left(what_was_there: None) -> Callable[[], Any]:
    return nothing_left


@dataclass(frozen=True)
class DemoElsewhere:
    """The demo site in a process of its own, so that its tasks and sockets are not ours."""

    url: str
    pages: frozenset[str]


_SERVE = """
import asyncio, json, sys
from crawler.demo import serve

async def main():
    async with serve(30) as site:
        print(json.dumps({"url": site.url, "pages": sorted(site.pages)}), flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)

asyncio.run(main())
"""


@pytest.fixture(scope="session")
def demo_elsewhere() -> Iterator[DemoElsewhere]:
    server = subprocess.Popen(
        [sys.executable, "-c", _SERVE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert server.stdin is not None
    assert server.stdout is not None
    try:
        said = json.loads(server.stdout.readline())
        yield DemoElsewhere(said["url"], frozenset(said["pages"]))
    finally:
        server.stdin.close()
        server.stdout.close()
        server.wait(10)


class _MockedResponse(ClientResponse):
    """What aioresponses 0.7.9 would have to make for aiohttp 3.14, which wants a writer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"stream_writer": Mock(output_size=0), **kwargs})


@pytest.fixture
def mocked_answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[mocked]:
    """aioresponses, for a spider tested alone: answers by URL, in front of the real fetcher."""
    monkeypatch.setattr(aioresponses.core, "ClientResponse", _MockedResponse)
    monkeypatch.setattr(
        aioresponses.core,
        "stream_reader_factory",
        lambda loop=None: StreamReader(ResponseHandler(loop=loop), limit=2**26, loop=loop),
    )
    with mocked() as answers:
        yield answers
