#!/usr/bin/env python3
"""What a long queue costs: memory, disk and time, as requests are added and then worked off.

    python benchmarks/longqueue.py --requests 1000000 --hosts 1000

Each row is a process's resident memory after so many requests; with the state file it should hardly grow.
"""

import argparse
import asyncio
import resource
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from time import perf_counter, process_time

from crawler.contracts import Settlement, Store
from crawler.model import Reason, Request
from crawler.store import MemoryStore, SqliteStore

BATCH = 500


def resident() -> float:
    """Megabytes of memory that this process has now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def requests(first: int, number: int, hosts: int) -> list[Request]:
    """Requests as a crawl finds them, spread over hosts."""
    return [
        Request(f"https://host{n % hosts}.example/section/{n // hosts % 100}/page-{n}.html")
        for n in range(first, first + number)
    ]


async def fill(store: Store, total: int, hosts: int, step: int) -> None:
    """Add requests, and say after every step what they cost so far."""
    began, cpu = perf_counter(), process_time()
    for first in range(0, total, BATCH):
        await store.add(requests(first, BATCH, hosts))
        if (first + BATCH) % step == 0:
            done = first + BATCH
            rate, each = done / (perf_counter() - began), 1e6 * (process_time() - cpu) / done
            print(f"| {done:>9,} queued | {resident():7.0f} MB | {rate:9,.0f} /s | {each:5.1f} µs CPU |")


async def work_off(store: Store, number: int, hosts: int) -> None:
    """Lend and settle requests in turn from all hosts."""
    began, cpu, done = perf_counter(), process_time(), 0
    names = [f"https://host{n}.example" for n in range(hosts)]
    while done < number:
        for host in names:
            leases = await store.claim({host: 1}, owner="me", now=0.0, ttl=60.0)
            await store.settle([Settlement(lease, Reason.OK) for lease in leases], now=0.0)
            done += len(leases)
            if done >= number or not leases:
                break
    rate, each = done / (perf_counter() - began), 1e6 * (process_time() - cpu) / done
    print(f"| {done:>9,} done   | {resident():7.0f} MB | {rate:9,.0f} /s | {each:5.1f} µs CPU |")


async def measure(options: argparse.Namespace) -> None:
    """Fill a store, work some of it off, and open it again."""
    with tempfile.TemporaryDirectory(prefix="crawler-queue-") as folder:
        path = Path(folder) / "state.db"
        print(f"| {'before':>16} | {resident():7.0f} MB |")
        async with AsyncExitStack() as stack:
            if options.store == "memory":
                store: Store = MemoryStore()
            else:
                store = await stack.enter_async_context(SqliteStore(path))
            await fill(store, options.requests, options.hosts, max(BATCH, options.requests // 10))
            await work_off(store, options.requests // 10, options.hosts)
        if options.store == "sqlite":
            print(f"state file: {path.stat().st_size / options.requests:.0f} bytes a request")
            began = perf_counter()
            async with SqliteStore(path):
                print(f"opened again in {perf_counter() - began:.2f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure what a long queue costs.")
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--hosts", type=int, default=1_000)
    parser.add_argument("--store", choices=["sqlite", "memory"], default="sqlite")
    asyncio.run(measure(parser.parse_args()))


if __name__ == "__main__":
    main()
