#!/usr/bin/env python3
"""What it costs to have a page read in another process.

    python benchmarks/offload.py [--loop asyncio|uvloop] [--rounds N] [--calls N] [--long N]

First, pages of 50 KB go to two workers that do nearly nothing with them: CPU time of the main process a
page, with our executor, with `concurrent.futures.ProcessPoolExecutor` and with `anyio.to_process`. Then
two workers do 20 ms of work on each: what of their time is lost, against the same work in two plain
processes that are given all of it at once. Rounds are interleaved; figures are medians.
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from itertools import pairwise
from multiprocessing import get_context
from time import monotonic, perf_counter, process_time
from typing import Any

import anyio
import msgspec
import uvloop
from anyio import to_process
from multidict import CIMultiDict
from table import print_table

from crawler.executors.process.executor import ProcessExecutor
from crawler.executors.process.target import spider_target
from crawler.model import Request, Response
from crawler.page import Page
from crawler.placement import Placement
from crawler.spider import Spider

WORKERS = 2
URL = "http://docs.test/folder/page.html"
BODY = (b"<p>A line of text as there are many.</p>\n" * 1_300)[:50_000]
HEADERS = {
    "Server": "nginx/1.22.1",
    "Date": "Mon, 23 Nov 2026 10:00:00 GMT",
    "Content-Type": "text/html; charset=utf-8",
    "Content-Length": "50000",
    "Last-Modified": "Sun, 22 Nov 2026 10:00:00 GMT",
    "Connection": "keep-alive",
    "ETag": '"637c9d5e-c350"',
    "Accept-Ranges": "bytes",
}
SECONDS = 0.02

Send = Callable[[], Awaitable[Any]]
Cost = tuple[float, float]


class Item(msgspec.Struct):
    url: str
    size: int
    title: str = "A title"


class Pages(Spider):
    start = (URL,)
    turns: int = 0

    def brief(self, page: Page) -> Iterator[Item]:
        yield Item(page.url, len(page.body))

    def long(self, page: Page) -> Iterator[dict[str, float]]:
        began = monotonic()
        busy(self.turns)
        yield {"worker": os.getpid(), "began": began, "ended": monotonic()}


def read(url: str, body: bytes) -> Item:
    return Item(url, len(body))


def busy(turns: int) -> int:
    found = 0
    for turn in range(turns):
        found ^= turn * turn
    return found


def turns_for(seconds: float) -> int:
    """Return how many turns keep this machine busy for so long."""
    turns = 100_000
    taken = min(_timed(turns) for _ in range(5))
    return int(turns * seconds / taken)


def _timed(turns: int) -> float:
    began = process_time()
    busy(turns)
    return process_time() - began


def page() -> Page:
    return Page(Response(Request(URL, "brief"), 200, CIMultiDict(HEADERS), BODY))


async def dispatch(send: Send, calls: int) -> Cost:
    """Return seconds on the clock and of this process's CPU; twice as many at a time as there are workers."""
    left = iter(range(calls))

    async def sender() -> None:
        for _ in left:
            await send()

    began, cpu = perf_counter(), process_time()
    async with anyio.create_task_group() as senders:
        for _ in range(2 * WORKERS):
            senders.start_soon(sender)
    return perf_counter() - began, process_time() - cpu


@asynccontextmanager
async def ours(name: str, turns: int = 0) -> AsyncIterator[Send]:
    placed = Placement(run="process", workers=WORKERS).full()
    executor = ProcessExecutor("pages", spider_target(Pages(turns=turns)), placed, print)
    sent = page()
    await executor.open()
    try:
        yield lambda: executor.call(name, sent, URL)
    finally:
        await executor.close()


@asynccontextmanager
async def pool() -> AsyncIterator[Send]:
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as executor:
        yield lambda: loop.run_in_executor(executor, read, URL, BODY)


@asynccontextmanager
async def anyio_process() -> AsyncIterator[Send]:
    limiter = anyio.CapacityLimiter(WORKERS)
    yield lambda: to_process.run_sync(read, URL, BODY, limiter=limiter)


async def compare_dispatch(rounds: int, calls: int) -> Mapping[str, list[Cost]]:
    costs: dict[str, list[Cost]] = {}
    async with ours("brief") as one, pool() as two, anyio_process() as three:
        contenders = {"ours": one, "ProcessPoolExecutor": two, "anyio.to_process": three}
        for turn in range(rounds + 1):
            for name, send in contenders.items():
                cost = await dispatch(send, calls)
                if turn:  # the first round warms up
                    costs.setdefault(name, []).append(cost)
    return costs


async def compare_long(rounds: int, calls: int) -> tuple[list[Cost], list[float], list[float]]:
    """Return what our rounds cost, the seconds of plain processes doing the same, and our workers' gaps."""
    turns = turns_for(SECONDS)
    costs, plain, gaps = [], [], []
    async with ours("long", turns) as send:
        done: list[dict[str, float]] = []

        async def noted() -> None:
            done.extend(await send())

        await dispatch(send, 4 * WORKERS)
        for _ in range(rounds):
            plain.append(await asyncio.to_thread(in_plain_processes, turns, calls))
            done.clear()
            costs.append(await dispatch(noted, calls))
            gaps.append(gaps_in(done))
    return costs, plain, gaps


def gaps_in(done: list[dict[str, float]]) -> float:
    """Return which part of their time workers were between two calls."""
    free = whole = 0.0
    for worker in {call["worker"] for call in done}:
        calls = sorted((call["began"], call["ended"]) for call in done if call["worker"] == worker)
        free += sum(after[0] - before[1] for before, after in pairwise(calls))
        whole += calls[-1][1] - calls[0][0]
    return free / whole


def in_plain_processes(turns: int, calls: int) -> float:
    """Return the seconds from when all of them are told to go until the last is done."""
    processes = [
        subprocess.Popen(
            [sys.executable, __file__, "--plain", str(turns), str(calls // WORKERS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # as our workers are: the kernel shares out by session
        )
        for _ in range(WORKERS)
    ]
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()  # it is ready
    began = perf_counter()
    for process in processes:
        assert process.stdin is not None
        process.stdin.close()
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()  # it is done
    seconds = perf_counter() - began
    for process in processes:
        assert process.stdout is not None
        process.stdout.close()
        process.wait()
    return seconds


def run_plainly(turns: int, calls: int) -> None:
    print("ready", flush=True)
    sys.stdin.read()
    for _ in range(calls):
        busy(turns)
    print("done", flush=True)


async def measure(options: argparse.Namespace) -> None:
    print(f"Pages of {len(BODY):,} bytes to {WORKERS} workers and back, {options.loop}\n")
    costs = await compare_dispatch(options.rounds, options.calls)
    mine = [cpu for _, cpu in costs["ours"]]
    rows = []
    for name, taken in costs.items():
        micros = [1e6 * cpu / options.calls for _, cpu in taken]
        ratio = statistics.median(cpu / own for (_, cpu), own in zip(taken, mine, strict=True))
        rate = statistics.median(options.calls / wall for wall, _ in taken)
        spread = f"{min(micros):.0f}-{max(micros):.0f}"
        rows.append([name, spread, f"{statistics.median(micros):.0f}", f"{rate:.0f}", f"{ratio:.1f}"])
    print_table(["executor", "range", "main CPU µs/page", "pages/s", "CPU / ours"], rows)

    long, plain, gaps = await compare_long(options.rounds, options.long)
    loss = statistics.median(1 - alone / wall for (wall, _), alone in zip(long, plain, strict=True))
    share = statistics.median(cpu / (WORKERS * wall) for wall, cpu in long)
    each = statistics.median(cpu / options.long for _, cpu in long)
    print(f"\n{options.long} calls of {1e3 * SECONDS:g} ms on {WORKERS} workers, {options.rounds} rounds")
    print(f"workers between two calls: {statistics.median(gaps):.2%} of their time")
    print(f"throughput lost against plain processes: {loss:.1%}")
    print(f"main CPU: {1e6 * each:.0f} µs a call, {share:.2%} of {WORKERS} cores")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--loop", choices=("asyncio", "uvloop"), default="uvloop")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--calls", type=int, default=2_000)
    parser.add_argument("--long", type=int, default=200)
    parser.add_argument("--plain", type=int, nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.plain:
        run_plainly(*options.plain)
        return
    factory = uvloop.new_event_loop if options.loop == "uvloop" else asyncio.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(measure(options))


if __name__ == "__main__":
    main()
