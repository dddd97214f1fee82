"""What `patterns.py` measures: the jobs, and the ways each of them is done."""

import os
from dataclasses import dataclass

#: Processes, and threads for what computes.
CORES = os.cpu_count() or 1
THREADS = 13  # of pools that download
DRIVERS = 8  # threads that call the blocking driver


@dataclass(frozen=True)
class Way:
    """A row of a table: what it is called there, and what runs, as `ways.one` takes it.

    Attributes:
        runs: the way, and the function it calls; `module:function` each.
        at_a_time: if other than the job's.
        ours: whether it is aiocrawl's.
    """

    label: str
    runs: tuple[str, ...]
    at_a_time: int | None = None
    ours: bool = False


@dataclass(frozen=True)
class Column:
    """How the pages are downloaded: so many at a time, how many in all, in how many rounds."""

    at_a_time: int
    pages: int
    rounds: int = 100

    @property
    def label(self) -> str:
        """What the column is called."""
        return f"{self.at_a_time}" if self.pages <= 1000 else f"{self.at_a_time}, {self.pages:,} pages"


@dataclass(frozen=True)
class Job:
    """A job that is done in several ways: the module that has its items, how many, how many at a time."""

    module: str
    count: int
    at_a_time: int
    ways: tuple[Way, ...]


# What takes long and hardly varies is measured less often, and with fewer pages.
COLUMNS = (
    Column(1, 150, rounds=1),
    Column(4, 400, rounds=1),
    Column(8, 1000, rounds=1),
    Column(13, 1000),
    Column(200, 1000),
    Column(200, 5000, rounds=2),
)

GET = "requests.get"
SESSION = "requests, a Session a thread"
URLLIB = "urllib.request"
AIOHTTP = "aiohttp alone"
FETCH_ALL = "aiocrawl: fetch_all"
AIOHTTP_UVLOOP = f"{AIOHTTP}, on uvloop"
FETCH_ALL_RUN = f"{FETCH_ALL}, crawler.run"

#: Functions that fetch a page, in threads; one after the other at 1.
IN_THREADS = {GET: "requested:get", SESSION: "requested:session", URLLIB: "urlopened:get"}
#: What fetches all pages on an event loop.
ON_LOOP = {
    AIOHTTP: "aiohttped:gathered",
    FETCH_ALL: "ours:fetched",
    AIOHTTP_UVLOOP: "aiohttped:gathered_uvloop",
    FETCH_ALL_RUN: "ours:fetched_by_run",
}

POLITE = Job("pages", 6, 200, (Way(FETCH_ALL, ("ours:fetched_politely",), ours=True),))

# The same pages as with a pool of threads, in further ways.
DOWNLOAD = Job(
    "pages",
    1000,
    THREADS,
    (
        Way("ThreadPoolExecutor.map", ("pools:executor_threads", "requested:session")),
        Way("threads and a queue", ("pools:queued_threads", "requested:session")),
        Way("ProcessPoolExecutor.map", ("pools:executor_processes", "requested:session")),
        Way("multiprocessing.Pool.map", ("pools:process_pool", "requested:session")),
        Way('crawler.map, run="thread"', ("ours:in_threads", "requested:session"), ours=True),
    ),
)


def _standard(call: str, *, threads: int, processes: int = CORES) -> tuple[Way, ...]:
    """The ways that take any function: in so many threads, and in so many processes."""
    return (
        Way("plain loop", ("pools:loop", call)),
        Way("ThreadPool.map", ("pools:thread_pool", call), threads),
        Way("ThreadPoolExecutor.map", ("pools:executor_threads", call), threads),
        Way("threads and a queue", ("pools:queued_threads", call), threads),
        Way("asyncio.to_thread, gather", ("pools:to_thread", call), threads),
        Way('crawler.map, run="thread"', ("ours:in_threads", call), threads, ours=True),
        Way("ProcessPoolExecutor.map", ("pools:executor_processes", call), processes),
        Way("multiprocessing.Pool.map", ("pools:process_pool", call), processes),
        Way('crawler.map, run="process"', ("ours:in_processes", call), processes, ours=True),
    )


PARSE = Job("parsed", 1000, CORES, _standard("parsed:title_and_links", threads=CORES))
EXTRACT = Job("extracted", 100, CORES, _standard("extracted:pairs", threads=CORES))
DRIVER = Job("driven", 100, DRIVERS, _standard("driven:row", threads=DRIVERS, processes=DRIVERS))
