"""Worker processes: one is started, called and ended, as a crawl does."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from time import perf_counter

from crawler.cli.doctor.row import Row, Wanted
from crawler.cli.wording import in_words
from crawler.errors import CrawlerError

#: Seconds to answer a call in.
_LIMIT = 20.0


def rows(wanted: Wanted) -> Iterator[Row]:
    """Tell whether code can run in worker processes, and whether their memory can be limited."""
    from crawler.cli import platform

    try:
        seconds, limited = platform.run(_started())
    except CrawlerError as error:
        yield Row(
            "processes",
            f"no worker process: {error}",
            'nothing can run in a process here: use run="thread" for stages and callbacks',
            ("run: thread",),
        )
        return
    limit = "can" if limited else f"cannot, on {sys.platform},"
    yield Row(
        "processes",
        f"a worker process was ready in {in_words(seconds)}, and ended; their memory {limit} be limited",
    )


async def _started() -> tuple[float, bool]:
    from crawler import offload

    began = perf_counter()
    async with offload.process(memory_limited, workers=1, timeout=_LIMIT) as call:
        seconds = perf_counter() - began
        return seconds, await call()


def memory_limited() -> bool:
    """Say, in a worker process, whether its memory is limited."""
    try:
        import resource
    except ImportError:  # Windows
        return False
    return resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY
