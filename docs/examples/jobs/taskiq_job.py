"""Crawls as taskiq jobs. The worker: taskiq worker taskiq_job:broker"""

import asyncio
import os
import signal
import threading
from types import FrameType
from typing import Annotated, Any

from crawl_job import Later, crawl_job
from taskiq import Context, TaskiqDepends, TaskiqEvents, TaskiqState
from taskiq.depends.progress_tracker import ProgressTracker, TaskState
from taskiq_redis import RedisAsyncResultBackend, RedisStreamBroker

REDIS = os.environ.get("REDIS", "redis://127.0.0.1:6379/0")

# Streams know which job was not acknowledged; lists, and channels, lose those of a worker that is killed.
broker = RedisStreamBroker(
    REDIS,
    consumer_id="0",  # jobs that were there before the first worker count as well
    idle_timeout=600_000,  # a job of a killed worker comes again after so many milliseconds
    unacknowledged_lock_timeout=10,  # whoever is killed while looking for such jobs keeps nobody from it
).with_result_backend(RedisAsyncResultBackend(REDIS, result_ex_time=24 * 3600))

stopping = threading.Event()


@broker.on_event(TaskiqEvents.WORKER_STARTUP)
async def hear_signals(state: TaskiqState) -> None:
    """The worker waits for its jobs when it is told to end, but does not tell them."""
    before = signal.getsignal(signal.SIGINT)  # what taskiq sends to the process that runs jobs
    assert callable(before)

    def heard(number: int, frame: FrameType | None) -> None:
        stopping.set()
        before(number, frame)

    signal.signal(signal.SIGINT, heard)


@broker.task
async def crawl_site(
    name: str,
    options: dict[str, Any],
    context: Annotated[Context, TaskiqDepends()],
    progress: Annotated[ProgressTracker[dict[str, int]], TaskiqDepends()],
) -> dict[str, int]:
    """Crawl a site; options are those of `Crawl`."""

    async def tell(figures: dict[str, int]) -> bool:
        await progress.set_progress(TaskState.STARTED, figures)
        return stopping.is_set()

    try:
        return await crawl_job(name, options, tell)
    except Later as later:
        await asyncio.sleep(later.seconds)
        await context.requeue()  # raises what says that there is no result yet
        raise
